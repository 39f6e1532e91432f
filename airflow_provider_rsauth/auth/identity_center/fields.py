"""The fields that say which Identity Center, account and role."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from airflow_provider_rsauth.auth.fields import Ui, matching
from airflow_provider_rsauth.auth.target import REGION

SECTION = "IAM Identity Center"


def _with_leading_zeros(value: Any) -> Any:
    return f"{value:012d}" if type(value) is int else value


StartUrl = Annotated[
    str | None,
    matching(
        r"https://[^\s/?#]+(/[^\s?#]*)?", "the https:// address of the AWS access portal, without ? or #"
    ),
    Ui(
        "Start URL",
        "AWS access portal, such as https://mycompany.awsapps.com/start; or name a profile that has it.",
        SECTION,
    ),
]
SsoRegion = Annotated[
    str | None,
    matching(REGION, "an AWS region, such as us-east-1"),
    Ui(
        "SSO region",
        "AWS region of IAM Identity Center, which may not be that of Redshift.",
        SECTION,
        shown=True,
    ),
]
AccountId = Annotated[
    str | None,
    BeforeValidator(_with_leading_zeros),
    matching(r"\d{12}", "an AWS account ID: 12 digits"),
    Ui("AWS account ID", "Account to work in, 12 digits.", SECTION),
]
SsoRoleName = Annotated[
    str | None,
    matching(r"[\w+=,.@-]{1,64}", "the name of a permission set, such as RedshiftReadOnly"),
    Ui(
        "IAM role name",
        "Role in that account, as the access portal shows it: the permission set's name.",
        SECTION,
    ),
]
StoreKind = Annotated[
    Literal["file", "variable"],
    Ui(
        "Keep the sign-in in",
        "Where the person's sign-in is kept: the AWS CLI's files when empty. An Airflow Variable is for workers that "
        "do not share a home.",
        SECTION,
        words=("Files in ~/.aws/sso/cache (file)", "Airflow Variable (variable)"),
    ),
]
