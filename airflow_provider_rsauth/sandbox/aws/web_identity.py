"""The operation AssumeRoleWithWebIdentity: a role for whom a trusted OpenID Connect issuer vouches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.federation import (
    SESSION_NAME,
    answer,
    duration,
    expired_token,
    invalid_token,
    needed,
    trusted_role,
)
from airflow_provider_rsauth.sandbox.aws.identities import Identities
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.issuing import UnsignedOperation
    from airflow_provider_rsauth.sandbox.idp.oidc import OidcIssuer

ACTION = "sts:AssumeRoleWithWebIdentity"
CLAIMS = ("aud", "exp", "iat", "iss", "sub")
NOT_A_TOKEN = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)
WRONG_SIGNATURE = "Token signature invalid"


class WebIdentity:
    """
    The part of STS for OpenID Connect.

    :param identities: the roles, and the registered issuers.
    :param issuer: the only one whose keys can be had here.
    """

    def __init__(self, identities: Identities, issuer: OidcIssuer) -> None:
        self._identities = identities
        self._issuer = issuer
        self.operations: dict[str, UnsignedOperation] = {
            "AssumeRoleWithWebIdentity": self.assume_role_with_web_identity
        }

    def assume_role_with_web_identity(self, request: AwsRequest) -> Mapping[str, Any]:
        """Give keys of a session of a role."""
        role_arn, session_name = needed(request, "RoleArn"), needed(request, "RoleSessionName")
        token = needed(request, "WebIdentityToken")
        if not SESSION_NAME.fullmatch(session_name):
            text = (
                "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            )
            value = f"1 validation error detected: Value '{session_name}' at 'roleSessionName'"
            raise AwsError("ValidationError", f"{value} {text}")
        issuer = str(_claims(token, None)["iss"])
        name = issuer.removeprefix("https://")
        provider_arn = self._identities.arn(f"oidc-provider/{name}")
        client_ids = self._identities.oidc_client_ids(provider_arn)
        if client_ids is None:
            raise invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
        if issuer != self._issuer.issuer:
            raise invalid_token(NO_KEY)
        claims = _claims(token, self._issuer.public_key)
        audience = _audience(claims["aud"], client_ids)
        context = {f"{name}:aud": audience, f"{name}:sub": str(claims["sub"])}
        role = trusted_role(self._identities, role_arn, provider_arn, ACTION, context)
        seconds = duration(request, role)
        session = self._identities.assume(role_arn, seconds, session_name, request.text("Policy"))
        facts = {"SubjectFromWebIdentityToken": str(claims["sub"]), "Audience": audience}
        return {**answer(session), **facts, "Provider": provider_arn}


def _claims(token: str, key: Any) -> dict[str, Any]:
    """Read a token, and verify it where a key is given."""
    import jwt

    options: Any = {"require": [*CLAIMS], "verify_aud": False, "verify_exp": False}
    try:
        if key is None:
            return jwt.decode(token, options=options | {"verify_signature": False})
        claims = jwt.decode(token, key, algorithms=["RS256"], options=options)
        ends_at, now = int(claims["exp"]), int(time.time())
    except jwt.InvalidSignatureError:
        raise invalid_token(WRONG_SIGNATURE) from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise invalid_token(NOT_A_TOKEN) from None
    if now >= ends_at:
        text = f"Token expired: current date/time {now} must be before the expiration date/time {ends_at}"
        raise expired_token(text)
    return claims


def _audience(claim: str | Sequence[str], client_ids: Sequence[str]) -> str:
    audiences = [claim] if isinstance(claim, str) else [*claim]
    if found := next((each for each in audiences if each in client_ids), None):
        return found
    raise invalid_token("Incorrect token audience")
