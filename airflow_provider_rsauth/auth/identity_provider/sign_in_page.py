"""Filling in the sign-in page of an identity provider, as a person does in a browser."""

from __future__ import annotations

from pydantic import SecretStr

from airflow_provider_rsauth.auth.errors import SignInRefused
from airflow_provider_rsauth.auth.identity_provider.html_form import forms_of, hidden_value, remark_of
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp, Page

SAML_RESPONSE = "SAMLResponse"

_CHECK = (
    "Check login and password of the connection. If the person has to give a second factor, sign in with a user for "
    "machines that needs none, or through IAM Identity Center."
)


def saml_response_of(page: Page, provider: str) -> str:
    """
    Return the SAML response that a page sends on to AWS.

    :param page: the page after the sign-in.
    :param provider: what the identity provider is called.
    :raises SignInRefused: it has none; what it says to the person is repeated.
    """
    if response := hidden_value(page, SAML_RESPONSE):
        return response
    remark = remark_of(page)
    said = f" It says: {remark}" if remark else ""
    if any("password" in form.kinds.values() for form in forms_of(page)):
        raise SignInRefused(
            f"{provider} does not accept user and password.{said}", remedy=_CHECK, code="NotSignedIn"
        )
    raise SignInRefused(
        f"{provider} answers without a SAML response (HTTP {page.status}).{said}",
        remedy="Sign in there in a browser with the same user: does it ask for more (a second factor, a new password, "
        "consent)? Is the application for AWS assigned to the user?",
        code="NoSamlResponse",
    )


def fill_in(http: IdentityProviderHttp, page: Page, user: str, password: SecretStr, provider: str) -> Page:
    """
    Fill in and send the form of a sign-in page.

    :param http: leads to the identity provider.
    :param page: the sign-in page.
    :param user: the person's name.
    :param password: the person's password.
    :param provider: what the identity provider is called.
    :raises SignInRefused: the page has no such form.
    """
    form = next((form for form in forms_of(page) if form.asks_for_a_person), None)
    if form:
        filled_in = form.filled_in
        return http.post(form.action or page.url, form=lambda: filled_in(user, password.get_secret_value()))
    remark = remark_of(page)
    raise SignInRefused(
        f"{provider} shows no form for user and password (HTTP {page.status})."
        + (f" It says: {remark}" if remark else ""),
        remedy="Open the address in a browser: is it the sign-in page, and does it ask for user and password? Correct "
        "idp_host, idp_port or the application's identifier.",
        code="NoForm",
    )
