"""Log in as a person of IAM Identity Center whose identity is propagated by a token (trusted identity propagation)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import model_validator

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.target import Target
from airflow_provider_rsauth.auth.tokens.fields import IdentityNamespace, Token, TokenFile, TokenType
from airflow_provider_rsauth.auth.tokens.issuer import issue_token
from airflow_provider_rsauth.auth.tokens.mode import TokenMode
from airflow_provider_rsauth.auth.tokens.token import problem_with

ISSUED = "SUBJECT_TOKEN"
"""The type of the tokens that GetIdentityCenterAuthToken issues. Without a type the server breaks off the login."""


class IdentityCenterToken(TokenMode):
    """A token that carries the identity of a person of IAM Identity Center; without one, AWS issues it."""

    name: ClassVar[str] = "identity_center_token"
    title: ClassVar[str] = "IAM Identity Center token"
    summary: ClassVar[str] = (
        "a person of IAM Identity Center by a token (trusted identity propagation), or by AWS credentials that carry the "
        "person's identity"
    )
    fields_in_words: ClassVar[str] = (
        "`token`, `token_file` or `secret_id` with `secret_version` and `aws_conn_id`, and `token_type`; or none of these "
        "but `aws_conn_id` with identity-enhanced credentials; `identity_namespace` (optional)"
    )
    example_extra: ClassVar[dict[str, Any]] = {
        "token_file": "/var/run/secrets/identity-center/token",
        "token_type": "EXT_JWT",
    }
    token_field: ClassVar[str] = "token"  # noqa: S105 - the name of a field
    asks_for_a_token: ClassVar[bool] = True

    token: Token = None
    token_file: TokenFile = None
    token_type: TokenType = None
    identity_namespace: IdentityNamespace = None

    @model_validator(mode="after")
    def _type_fits_token(self) -> Self:
        if not any(map(self._given, self.sources())):
            if self.token_type not in (None, ISSUED):
                raise ValueError(
                    f"token_type: there is no token, and the one that AWS issues is a {ISSUED}. Clear it, or fill in "
                    "token, token_file or secret_id"
                )
        elif not self.token_type:
            raise ValueError(
                "token_type: missing. Say what the token is: ACCESS_TOKEN, EXT_JWT or SUBJECT_TOKEN"
            )
        elif self.token and (problem := problem_with(self.token, is_jwt=self.is_jwt)):
            raise ValueError(f"token: {problem}")
        return self

    @property
    def is_jwt(self) -> bool:
        """Whether the token has to be a JWT; AWS's own are opaque."""
        return self.token_type == "EXT_JWT"  # noqa: S105 - a type

    def presented_as(self) -> dict[str, str]:
        """Return what the driver's own plugin for such tokens would tell it."""
        namespace = {"identity_namespace": self.identity_namespace} if self.identity_namespace else {}
        plugin = "redshift_connector.plugin.IdpTokenAuthPlugin"
        return {"credentials_provider": plugin, "token_type": self.token_type or ISSUED, **namespace}

    def token_login(self, context: SignInContext, session: AwsSession | None, target: Target) -> Credential:
        """
        Return the token as a credential; without one, a token that AWS issues for the person.

        :param context: what the mode may use.
        :param session: the AWS identity, where AWS is asked.
        :param target: the cluster or workgroup.
        """
        if not session or self.secret_id or not self.asks_aws:
            return super().token_login(context, session, target)
        issued = issue_token(target, session, context, self.presented_as())
        context.register_secret(issued.password)
        return issued
