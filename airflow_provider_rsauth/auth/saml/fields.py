"""The fields of a sign-in at a corporate identity provider, in the words of Redshift's JDBC and ODBC drivers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from airflow_provider_rsauth.auth.fields import ARN, RequiredSecret, Ui, matching

SECTION = "Identity provider"

HOST = r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*"
_NO_SLASH = "the name of a host, without https://, slashes and blanks, such as idp.example.com"

IdpHost = Annotated[
    str,
    matching(HOST, _NO_SLASH),
    Ui("IdP host", "Host of the corporate identity provider, without slashes.", SECTION),
]
OptionalIdpHost = Annotated[
    str | None,
    matching(HOST, _NO_SLASH),
    Ui("IdP host", "Host of the corporate identity provider, without slashes.", SECTION),
]
IdpPort = Annotated[
    int,
    Field(ge=1, le=65535),
    Ui("IdP port", "Port of the identity provider, 1 to 65535; 443 when empty.", SECTION),
]
PreferredRole = Annotated[
    str | None,
    matching(ARN, "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/RedshiftReader"),
    Ui(
        "Preferred role",
        "ARN of the role to take of those that the identity provider offers; needed if there are several.",
        SECTION,
    ),
]
PartnerId = Annotated[
    str,
    matching(r"[^\s<>\"]{1,512}", "the identifier of a relying party, without blanks"),
]
ClientSecret = Annotated[
    RequiredSecret, Ui("Client secret", "Secret of the application in Entra ID.", SECTION)
]
