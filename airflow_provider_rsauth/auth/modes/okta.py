"""Sign in at Okta with user and password."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.fields import LOGIN, PASSWORD, RequiredSecret, Ui, matching
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.auth.identity_provider.okta_status import explain
from airflow_provider_rsauth.auth.identity_provider.sign_in_page import saml_response_of
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.saml.fields import SECTION, IdpHost, IdpPort
from airflow_provider_rsauth.auth.saml.mode import SamlMode

_ID = matching(r"[\w.-]{1,255}", "one part of the application's embed link, without slashes")


class Okta(SamlMode):
    """A person at Okta."""

    name: ClassVar[str] = "okta"
    title: ClassVar[str] = "Okta"
    summary: ClassVar[str] = "a person at Okta"
    fields_in_words: ClassVar[str] = (
        "`login`, `password`, `idp_host`, `app_id`; `app_name`, `preferred_role` (optional)"
    )
    example_login: ClassVar[dict[str, str]] = {"login": "jane@example.com", "password": "Example-Passw0rd"}
    example_extra: ClassVar[dict[str, Any]] = {
        "idp_host": "example.okta.com",
        "app_id": "0oa2hylwrpM8UGehd1t7",
        "db_user": "etl",
    }

    login: Annotated[str, LOGIN]
    password: Annotated[RequiredSecret, PASSWORD]
    idp_host: IdpHost
    idp_port: IdpPort = 443
    app_id: Annotated[
        str,
        _ID,
        Ui(
            "Okta App ID",
            "Application; what follows amazon_aws in its embed link: …/home/amazon_aws/0oa2hylwrpM8UGehd1t7/272.",
            SECTION,
        ),
    ]
    app_name: Annotated[
        str, _ID, Ui("Okta App name", "What stands before the App ID there; amazon_aws when empty.", SECTION)
    ] = "amazon_aws"

    def saml_response(self, context: SignInContext) -> str:
        """
        Sign in at Okta and return its SAML response in Base64.

        :param context: what the mode may use.
        """
        http = IdentityProviderHttp(self.idp_host, self.idp_port, self.ca_bundle)
        page = http.post(
            "/api/v1/authn",
            json=lambda: {"username": self.login, "password": self.password.get_secret_value()},
        )
        token = self._session_token(page.status, page.text)
        context.register_secret(token)
        page = http.get(f"/home/{self.app_name}/{self.app_id}", {"onetimetoken": token})
        return saml_response_of(page, f"Okta at {self.idp_host}")

    def _session_token(self, status: int, text: str) -> str:
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = {}
        answer = answer if isinstance(answer, dict) else {}
        if answer.get("status") in ("SUCCESS", "PASSWORD_WARN") and answer.get("sessionToken"):
            return str(answer["sessionToken"])
        raise self._refused(status, answer)

    def _refused(self, status: int, answer: dict[str, Any]) -> RsAuthError:
        return explain(f"Okta at {self.idp_host}", status, answer)
