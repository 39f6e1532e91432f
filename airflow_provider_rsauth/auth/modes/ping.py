"""Sign in at PingFederate with user and password."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.fields import LOGIN, PASSWORD, RequiredSecret, Ui
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.auth.identity_provider.sign_in_page import fill_in, saml_response_of
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.saml.fields import SECTION, IdpHost, IdpPort, PartnerId
from airflow_provider_rsauth.auth.saml.mode import SamlMode

PAGE = "/idp/startSSO.ping"


class Ping(SamlMode):
    """A person at PingFederate."""

    name: ClassVar[str] = "ping"
    title: ClassVar[str] = "PingFederate"
    summary: ClassVar[str] = "a person at PingFederate"
    fields_in_words: ClassVar[str] = (
        "`login`, `password`, `idp_host`; `partner_sp_id`, `idp_port`, `preferred_role` (optional)"
    )
    example_login: ClassVar[dict[str, str]] = {"login": "jane@example.com", "password": "Example-Passw0rd"}
    example_extra: ClassVar[dict[str, Any]] = {"idp_host": "ping.example.com", "db_user": "etl"}

    login: Annotated[str, LOGIN]
    password: Annotated[RequiredSecret, PASSWORD]
    idp_host: IdpHost
    idp_port: IdpPort = 443
    partner_sp_id: Annotated[
        PartnerId,
        Ui("Partner SP ID", "Service provider (partner_spid); urn:amazon:webservices when empty.", SECTION),
    ] = "urn:amazon:webservices"

    def saml_response(self, context: SignInContext) -> str:
        """
        Sign in at PingFederate and return its SAML response in Base64.

        :param context: what the mode may use.
        """
        provider = f"PingFederate at {self.idp_host}"
        http = IdentityProviderHttp(self.idp_host, self.idp_port, self.ca_bundle)
        page = http.get(PAGE, {"PartnerSpId": self.partner_sp_id})
        page = fill_in(http, page, self.login, self.password, provider)
        return saml_response_of(page, provider)
