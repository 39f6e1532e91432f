"""The fields that name a secret in AWS Secrets Manager."""

from __future__ import annotations

import re
from typing import Annotated

from airflow_provider_rsauth.auth.fields import Ui, matching
from airflow_provider_rsauth.auth.target import REGION

SECTION = "AWS Secrets Manager"

_NAME = r"[\w/+=.@!-]{1,512}"
_ARN = rf"arn:aws[a-z-]*:secretsmanager:(?P<region>{REGION}):\d{{12}}:secret:{_NAME}"

SECRET_ID = matching(
    rf"(?:{_ARN}|{_NAME})",
    "the name or ARN of a secret, such as redshift/etl or arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX",
)
SECRET_ID_UI = Ui(
    "Secret", "Name of the secret, or its ARN, which a secret of another account needs.", SECTION
)
SecretVersion = Annotated[
    str | None,
    matching(r"[\w/+=.@!-]{1,256}", "a staging label, such as AWSPREVIOUS, or the ID of a version"),
    Ui("Version", "Staging label or ID of the secret's version; AWSCURRENT when empty.", SECTION),
]


def region_in(secret_id: str) -> str | None:
    """
    Return the region that the ARN of a secret shows.

    :param secret_id: the name or ARN of a secret.
    """
    match = re.fullmatch(_ARN, secret_id)
    return match["region"] if match else None
