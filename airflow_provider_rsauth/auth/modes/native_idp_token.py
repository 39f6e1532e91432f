"""Log in with a JWT of an identity provider that is registered in Redshift itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.fields import Ui, matching
from airflow_provider_rsauth.auth.tokens.fields import WebIdentityToken, WebIdentityTokenFile
from airflow_provider_rsauth.auth.tokens.mode import TokenMode


class NativeIdpToken(TokenMode):
    """A JWT of an identity provider that Redshift knows by CREATE IDENTITY PROVIDER (Microsoft Entra ID)."""

    name: ClassVar[str] = "native_idp_token"
    title: ClassVar[str] = "Native identity provider token"
    summary: ClassVar[str] = (
        "whom a JWT of an identity provider names that is registered in Redshift itself (Microsoft Entra ID)"
    )
    fields_in_words: ClassVar[str] = (
        "`web_identity_token`, `web_identity_token_file` or `secret_id` with `secret_version` and `aws_conn_id`; "
        "`provider_name` (optional)"
    )
    example_extra: ClassVar[dict[str, Any]] = {
        "web_identity_token_file": "/var/run/secrets/entra/token",
        "provider_name": "oauth_standard",
    }
    token_field: ClassVar[str] = "web_identity_token"  # noqa: S105 - the name of a field

    web_identity_token: WebIdentityToken = None
    web_identity_token_file: WebIdentityTokenFile = None
    provider_name: Annotated[
        str | None,
        matching(r"[^\x00-\x1f]{1,127}", "the name of an identity provider, up to 127 characters"),
        Ui(
            "Provider name",
            "Name of the identity provider in Redshift, as in CREATE IDENTITY PROVIDER.",
            "Native identity provider token",
        ),
    ] = None

    def presented_as(self) -> dict[str, str]:
        """Return what the driver's own plugin for such tokens would tell it."""
        provider = {"provider_name": self.provider_name} if self.provider_name else {}
        return {"credentials_provider": "redshift_connector.plugin.BasicJwtCredentialsProvider", **provider}
