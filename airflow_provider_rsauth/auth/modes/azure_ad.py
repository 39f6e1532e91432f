"""Sign in at Microsoft Entra ID (Azure AD) with user and password."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from airflow_provider_rsauth.auth.fields import LOGIN, PASSWORD, RequiredSecret, Ui, matching
from airflow_provider_rsauth.auth.identity_provider.entra import HOSTS, saml_response_from
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.saml.fields import SECTION, ClientSecret, IdpPort, OptionalIdpHost
from airflow_provider_rsauth.auth.saml.mode import SamlMode


class AzureAd(SamlMode):
    """A person of Microsoft Entra ID, through an application that gives SAML tokens for AWS."""

    name: ClassVar[str] = "azure_ad"
    title: ClassVar[str] = "Microsoft Entra ID"
    summary: ClassVar[str] = "a person of Microsoft Entra ID (Azure AD)"
    fields_in_words: ClassVar[str] = (
        "`login`, `password`, `idp_tenant`, `client_id`, `client_secret`; `idp_partition`, `preferred_role` (optional)"
    )
    example_login: ClassVar[dict[str, str]] = {"login": "jane@example.com", "password": "Example-Passw0rd"}
    example_extra: ClassVar[dict[str, Any]] = {
        "idp_tenant": "11111111-2222-3333-4444-555555555555",
        "client_id": "66666666-7777-8888-9999-000000000000",
        "client_secret": "example-client-secret",
        "db_user": "etl",
    }

    login: Annotated[str, LOGIN]
    password: Annotated[RequiredSecret, PASSWORD]
    idp_tenant: Annotated[
        str,
        matching(r"[\w.-]{1,255}", "the ID or a domain of the tenant"),
        Ui("Tenant", "Tenant of Entra ID, its ID or a domain of it (idp_tenant).", SECTION),
    ]
    client_id: Annotated[
        str,
        matching(r"[\w.:/-]{1,255}", "the application (client) ID"),
        Ui("Client ID", "Application (client) ID in Entra ID.", SECTION),
    ]
    client_secret: ClientSecret
    idp_partition: Annotated[
        Literal["commercial", "us-gov", "cn"],
        Ui(
            "Cloud",
            "Microsoft's cloud that the tenant is in; the commercial one when empty.",
            SECTION,
            words=("Commercial (commercial)", "US Government (us-gov)", "China (cn)"),
        ),
    ] = "commercial"
    idp_host: OptionalIdpHost = None
    idp_port: IdpPort = 443

    def saml_response(self, context: SignInContext) -> str:
        """
        Sign in at Entra ID and return a SAML response in Base64.

        :param context: what the mode may use.
        """
        http = IdentityProviderHttp(self.idp_host or HOSTS[self.idp_partition], self.idp_port, self.ca_bundle)
        page = http.post(
            f"/{self.idp_tenant}/oauth2/token",
            form=lambda: {
                "grant_type": "password",
                "requested_token_type": "urn:ietf:params:oauth:token-type:saml2",
                "username": self.login,
                "password": self.password.get_secret_value(),
                "client_id": self.client_id,
                "client_secret": self.client_secret.get_secret_value(),
                "resource": self.client_id,
            },
        )
        return saml_response_from(page)
