"""Sign in to AWS with a JWT of an OpenID Connect provider: Kubernetes, a CI system, a company's own."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import SecretStr, model_validator

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.fields import RoleArn
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.tokens.fields import WebIdentityToken, WebIdentityTokenFile
from airflow_provider_rsauth.auth.tokens.token import from_file, one_of
from airflow_provider_rsauth.auth.tokens.web_identity import WebIdentityRole

_FILE, _TOKEN = "web_identity_token_file", "web_identity_token"


class WebIdentity(AwsMode):
    """A role that trusts an OpenID Connect provider, assumed with a JWT of it (AssumeRoleWithWebIdentity)."""

    name: ClassVar[str] = "web_identity"
    title: ClassVar[str] = "Web identity"
    summary: ClassVar[str] = (
        "an IAM role that is assumed with the JWT of an OpenID Connect provider (Kubernetes, a CI system, your own)"
    )
    fields_in_words: ClassVar[str] = "`role_arn`, and `web_identity_token_file` or `web_identity_token`"
    example_extra: ClassVar[dict[str, Any]] = {
        "role_arn": "arn:aws:iam::123456789012:role/RedshiftReader",
        _FILE: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    }

    role_arn: RoleArn
    web_identity_token: WebIdentityToken = None
    web_identity_token_file: WebIdentityTokenFile = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        sources = (_FILE, _TOKEN)
        one_of([name for name in sources if getattr(self, name)], sources)
        if self.external_id:
            raise ValueError(
                "external_id: not used when a role is assumed with a token. Clear it; what the token has to say stands as "
                "conditions in the role's trust policy"
            )
        return self

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Assume the role and return its session. The file is read each time: whoever wrote it may have renewed it.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known; its STS is asked.
        :raises UnusableToken: the file cannot be read, or holds no JWT.
        :raises SignInRefused: the role does not trust the token.
        """
        token, field = self._token(), _FILE if self.web_identity_token_file else _TOKEN
        context.register_secret(token.get_secret_value())
        return WebIdentityRole(token, field, self.role_arn or "", self.role_session_name).assume(region)

    def session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the same: the role has been assumed.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        return self.base_session(context, region)

    def _token(self) -> SecretStr:
        if self.web_identity_token_file:
            return from_file(self.web_identity_token_file, _FILE, is_jwt=True)
        assert self.web_identity_token  # noqa: S101 - the settings are refused without either
        return self.web_identity_token
