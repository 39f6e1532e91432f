"""What a field of a connection is: declared once, for validation, form, documentation and tests alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

SIGN_IN = "Sign in"
TARGET = "Cluster or workgroup"
DATABASE_USER = "Database user"
ROLE = "IAM role"
DRIVER = "TLS and driver"


@dataclass(frozen=True, slots=True)
class Ui:
    """
    How a field appears to people.

    :param label: its label.
    :param help: what it is for, in AWS's words.
    :param section: the form's section that it stands in.
    :param standard: the attribute of the Airflow connection that holds it (``host``, ``login``, …); by
        default it is kept in the connection's extra.
    :param shown: whether a wrong value may be repeated in a message; not where a secret could be pasted.
    :param words: the words for the choices of a field that has choices, in their order.
    """

    label: str
    help: str
    section: str
    standard: str = ""
    shown: bool = False
    words: tuple[str, ...] = ()


class Settings(BaseModel):
    """A group of fields. Frozen; unknown fields are refused; no error shows a value by itself."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=False,
    )

    @classmethod
    def ui(cls, name: str) -> Ui:
        """
        Return how a field appears to people.

        :param name: the field's key.
        """
        return next(item for item in cls.model_fields[name].metadata if isinstance(item, Ui))

    def __repr__(self) -> str:
        """Show which fields are set; a value could be a secret pasted into the wrong field."""
        return f"{type(self).__name__}({', '.join(sorted(self.model_fields_set))})"

    __str__ = __repr__


def matching(pattern: str, wanted: str) -> AfterValidator:
    """
    Check a text against a pattern.

    :param pattern: a regular expression for the whole text.
    :param wanted: what the text should be, to finish the sentence "must be …".
    """
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str | None) -> str | None:
        if value is not None and not compiled.fullmatch(value):
            raise ValueError(f"must be {wanted}")
        return value

    return AfterValidator(check)


def _split(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("[") else re.split(r"[,\n]", value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, list | tuple):
        return tuple(
            item.strip() if isinstance(item, str) else item for item in value if item not in (None, "")
        )
    return value


def _without_blanks(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for item in value if item)


def _flag(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


TextList = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_without_blanks)]
"""Several texts: a JSON list, a comma-separated text, or one a line."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or false, also as the texts that forms and URLs carry."""

AwsConnId = Annotated[
    str | None,
    Ui(
        "AWS connection ID",
        "Airflow connection of type Amazon Web Services. Empty: the worker's own identity (environment, "
        "container or instance role).",
        SIGN_IN,
    ),
]

ARN = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"

RoleArn = Annotated[
    str | None,
    matching(ARN, "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/RedshiftReader"),
    Ui(
        "IAM role to assume",
        "ARN of a role to assume before AWS is asked, for instance in the cluster's account.",
        ROLE,
    ),
]
ExternalId = Annotated[
    str | None,
    matching(r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits or one of + = , . @ : / -"),
    Ui("External ID", "External ID that the role's trust policy asks for.", ROLE),
]
RoleSessionName = Annotated[
    str | None,
    matching(r"[\w+=,.@-]{2,64}", "2 to 64 letters, digits or one of + = , . @ -"),
    Ui(
        "Role session name",
        "Name of the role session in CloudTrail; airflow-provider-rsauth when empty.",
        ROLE,
    ),
]
AuthProfileName = Annotated[
    str | None,
    matching(
        r"[a-zA-Z0-9-]{1,63}", "the name of an authentication profile: up to 63 letters, digits and hyphens"
    ),
    Ui(
        "Authentication profile",
        "Authentication profile kept in Redshift; its options are for what the connection leaves open.",
        TARGET,
    ),
]
RequiredSecret = Annotated[SecretStr, Field(min_length=1)]

LOGIN = Ui(
    "Login",
    "Database user; where there is an AWS identity, the same as db_user, which wins. With a corporate identity provider: "
    "the person there.",
    SIGN_IN,
    standard="login",
)
PASSWORD = Ui("Password", "Password of the database user, or of the person.", SIGN_IN, standard="password")


def _one_word(value: SecretStr) -> SecretStr:
    if re.search(r"[\s\x00-\x1f\x7f]", value.get_secret_value()):
        raise ValueError("has a blank or line break in it. Copy it again, in one piece")
    return value


AwsSecret = Annotated[RequiredSecret, AfterValidator(_one_word)]
"""A secret of AWS; a line break from copying would end up in an HTTP header, and that in an error."""
