"""Entra ID: the token endpoint, which gives a SAML assertion for a password."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from airflow_provider_rsauth.sandbox.idp.pages import Page, json_answer

if TYPE_CHECKING:
    from werkzeug import Response

    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

SAML2 = "urn:ietf:params:oauth:token-type:saml2"
TOKEN = "/oauth2/token"


class Refusal(NamedTuple):
    """How a refusal looks; the text may speak of the form's fields."""

    status: int
    error: str
    text: str
    suberror: str = ""


ERRORS: Mapping[str, Refusal] = {
    "AADSTS50034": Refusal(
        400, "invalid_grant", "The user account {{EUII Hidden}} does not exist in the {tenant} directory."
    ),
    "AADSTS50053": Refusal(
        400,
        "invalid_grant",
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    ),
    "AADSTS50055": Refusal(400, "invalid_grant", "The password is expired.", "user_password_expired"),
    "AADSTS50057": Refusal(400, "invalid_grant", "The user account is disabled."),
    "AADSTS50076": Refusal(
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must use multi-factor authentication to access '{resource}'.",
        "basic_action",
    ),
    "AADSTS50079": Refusal(
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must enroll in multi-factor authentication to access '{resource}'.",
        "basic_action",
    ),
    "AADSTS50126": Refusal(
        400, "invalid_grant", "Error validating credentials due to invalid username or password."
    ),
    "AADSTS53003": Refusal(
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        "message_only",
    ),
    "AADSTS65001": Refusal(
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{client_id}'.",
    ),
    "AADSTS70003": Refusal(
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant_type}'.",
    ),
    "AADSTS90002": Refusal(
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
        "the correct cloud. Check with your subscription administrator, this may happen if there are no "
        "active subscriptions for the tenant.",
    ),
    "AADSTS500011": Refusal(
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}.",
    ),
    "AADSTS700016": Refusal(
        400,
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'.",
    ),
    "AADSTS900144": Refusal(
        400, "invalid_request", "The request body must contain the following parameter: '{missing}'."
    ),
    "AADSTS7000215": Refusal(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        "value, not the client secret ID, for a secret added to app '{client_id}'.",
    ),
}
"""The refusals by code."""

REQUIRED = ("grant_type", "client_id", "client_secret", "resource", "username", "password")


class Entra:
    """
    What Entra ID answers.

    :param provider: whose people it signs in.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider

    def page(self, request: Any) -> Page | None:
        """Tell whether a path is some tenant's token endpoint."""
        tenant = request.path.removeprefix("/").removesuffix(TOKEN)
        is_endpoint = request.path.endswith(TOKEN) and tenant and "/" not in tenant
        return self.give_token if is_endpoint and request.method == "POST" else None

    def give_token(self, request: Any) -> Response:
        """Give an assertion for user and password, as text in base64 without padding."""
        form = {**request.form, "tenant": request.path.removeprefix("/").removesuffix(TOKEN)}
        if code := self._problem(form):
            return refusal(code, form)
        content = self._provider.assertion(form["username"])
        return json_answer(
            {
                "token_type": "Bearer",
                "expires_in": "3600",
                "expires_on": str(int(datetime.now(UTC).timestamp()) + 3600),
                "resource": form["resource"],
                "access_token": base64.urlsafe_b64encode(content).decode().rstrip("="),
                "issued_token_type": SAML2,
            }
        )

    def _problem(self, form: Mapping[str, str]) -> str | None:
        provider = self._provider
        if form["tenant"] != provider.tenant:
            return "AADSTS90002"
        if any(not form.get(name) for name in REQUIRED):
            return "AADSTS900144"
        if form["grant_type"] != "password" or form.get("requested_token_type") != SAML2:
            return "AADSTS70003"
        if form["client_id"] != provider.client_id:
            return "AADSTS700016"
        if form["client_secret"] != provider.client_secret:
            return "AADSTS7000215"
        if form["resource"] != provider.client_id:
            return "AADSTS500011"
        if form["username"] not in provider.users:
            return "AADSTS50034"
        if not provider.knows(form["username"], form["password"]):
            return "AADSTS50126"
        return provider.entra_error


def refusal(code: str, form: Mapping[str, str]) -> Response:
    """Answer with an error as Entra ID has it; no password or secret is repeated."""
    facts = ERRORS[code]
    missing = next((name for name in REQUIRED if not form.get(name)), "")
    named = {name: form.get(name, "") for name in ("tenant", "client_id", "resource", "grant_type")}
    now, trace, correlation = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"), str(uuid4()), str(uuid4())
    text = facts.text.format(**named, missing=missing)
    ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    answer: dict[str, Any] = {
        "error": facts.error,
        "error_description": f"{code}: {text} {ids}",
        "error_codes": [int(code.removeprefix("AADSTS"))],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code.removeprefix('AADSTS')}",
    }
    return json_answer(answer | ({"suberror": facts.suberror} if facts.suberror else {}), facts.status)
