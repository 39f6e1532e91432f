"""Sign in at AD FS: with user and password, or with the worker's Kerberos ticket."""

from __future__ import annotations

import os
from typing import Annotated, Any, ClassVar

from pydantic import SecretStr, model_validator

from airflow_provider_rsauth.auth.fields import LOGIN, PASSWORD, Ui
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.auth.identity_provider.kerberos import (
    INTEGRATED_USER_AGENT,
    integrated,
    negotiate,
)
from airflow_provider_rsauth.auth.identity_provider.sign_in_page import fill_in, saml_response_of
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.saml.fields import SECTION, IdpHost, IdpPort, PartnerId
from airflow_provider_rsauth.auth.saml.mode import SamlMode

KERBEROS_IDENTITY = ("KRB5CCNAME", "KRB5_CLIENT_KTNAME", "KRB5_CONFIG")
PAGE = "/adfs/ls/IdpInitiatedSignOn.aspx"


class Adfs(SamlMode):
    """A person at Active Directory Federation Services; without user and password, integrated Windows sign-in."""

    name: ClassVar[str] = "adfs"
    title: ClassVar[str] = "AD FS"
    summary: ClassVar[str] = "a person at AD FS, by password or by the worker's Kerberos ticket"
    fields_in_words: ClassVar[str] = (
        "`idp_host`; `login` and `password`, or neither; `login_to_rp`, `idp_port`, `preferred_role` (optional)"
    )
    example_login: ClassVar[dict[str, str]] = {"login": "jane@example.com", "password": "Example-Passw0rd"}
    example_extra: ClassVar[dict[str, Any]] = {"idp_host": "adfs.example.com", "db_user": "etl"}

    login: Annotated[str | None, LOGIN] = None
    password: Annotated[SecretStr | None, PASSWORD] = None
    idp_host: IdpHost
    idp_port: IdpPort = 443
    login_to_rp: Annotated[
        PartnerId,
        Ui("Relying party", "Relying party (loginToRp); urn:amazon:webservices when empty.", SECTION),
    ] = "urn:amazon:webservices"

    @model_validator(mode="after")
    def _is_a_person_or_a_ticket(self) -> Adfs:
        for name, other in (("login", "password"), ("password", "login")):
            if not getattr(self, name) and getattr(self, other):
                raise ValueError(
                    f"{name}: missing beside the {other}. Fill in both, or neither for integrated Windows sign-in "
                    "with the worker's Kerberos ticket"
                )
        return self

    def fingerprint(self, context: SignInContext) -> str:
        """
        Return whose ticket it is, where that is asked for.

        :param context: what the mode may use.
        """
        return "" if self.login else repr([os.environ.get(name) for name in KERBEROS_IDENTITY])

    def saml_response(self, context: SignInContext) -> str:
        """
        Sign in at AD FS and return its SAML response in Base64.

        :param context: what the mode may use.
        """
        parameters = {"loginToRp": self.login_to_rp}
        provider = f"AD FS at {self.idp_host}"
        if not (self.login and self.password):
            proof = negotiate(self.idp_host, provider)
            http = IdentityProviderHttp(
                self.idp_host, self.idp_port, self.ca_bundle, proof, INTEGRATED_USER_AGENT
            )
            return saml_response_of(integrated(http.get(PAGE, parameters), provider), provider)
        http = IdentityProviderHttp(self.idp_host, self.idp_port, self.ca_bundle)
        page = http.get(PAGE, parameters)
        page = fill_in(http, page, self.login, self.password, provider)
        return saml_response_of(page, provider)
