"""The fields that hold a token of an identity provider, or say where it is and what it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from airflow_provider_rsauth.auth.fields import Ui, matching
from airflow_provider_rsauth.auth.tokens.token import problem_with

IDENTITY_CENTER = "IAM Identity Center token"
WEB_IDENTITY = "Web identity"

_FILE = matching(
    r"~?/[^\x00-\x1f]{1,4000}", "the absolute path of a file that every worker has, not the token itself"
)


def _token(value: SecretStr) -> SecretStr:
    if problem := problem_with(value):
        raise ValueError(problem)
    return value


def _jwt(value: SecretStr) -> SecretStr:
    if problem := problem_with(value, is_jwt=True):
        raise ValueError(problem)
    return value


def _capital(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


Token = Annotated[
    SecretStr | None,
    AfterValidator(lambda value: value and _token(value)),
    Ui("Token", "The token itself; one that is renewed belongs in a file or a secret.", IDENTITY_CENTER),
]
TokenFile = Annotated[
    str | None,
    _FILE,
    Ui(
        "Token file",
        "Absolute path of a file on the workers that holds the token; read for each login.",
        IDENTITY_CENTER,
    ),
]
TokenType = Annotated[
    Literal["ACCESS_TOKEN", "EXT_JWT", "SUBJECT_TOKEN"] | None,
    BeforeValidator(_capital),
    Ui(
        "Token type",
        "What the token is; with none given, AWS is asked for a SUBJECT_TOKEN.",
        IDENTITY_CENTER,
        words=(
            "Access token of IAM Identity Center (ACCESS_TOKEN)",
            "JWT of a trusted token issuer (EXT_JWT)",
            "Token of GetIdentityCenterAuthToken (SUBJECT_TOKEN)",
        ),
    ),
]
IdentityNamespace = Annotated[
    str | None,
    Field(max_length=127),
    Ui(
        "Identity namespace",
        "Namespace of the identity provider in Redshift; needed only where there are several of Identity Center.",
        IDENTITY_CENTER,
    ),
]
WebIdentityToken = Annotated[
    SecretStr | None,
    AfterValidator(lambda value: value and _jwt(value)),
    Ui("JWT", "The JWT itself; one that is renewed belongs in a file.", WEB_IDENTITY),
]
WebIdentityTokenFile = Annotated[
    str | None,
    _FILE,
    Ui(
        "JWT file",
        "Absolute path of a file on the workers that holds the JWT, such as that which Kubernetes renews; read for each "
        "credential.",
        WEB_IDENTITY,
    ),
]
