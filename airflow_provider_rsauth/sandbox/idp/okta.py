"""Okta: the authentication API, and the app's page that a session token opens once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.idp.pages import Page, html, json_answer, saml_form
from airflow_provider_rsauth.sandbox.idp.tokens import Tokens

if TYPE_CHECKING:
    from werkzeug import Response

    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

AUTHN, HOME = "/api/v1/authn", "/home/"
LIFETIME = timedelta(minutes=5)
MALFORMED, INVALID, WRONG_PASSWORD, THROTTLED = "E0000003", "E0000001", "E0000004", "E0000047"
ERRORS: Mapping[str, tuple[int, str]] = {
    INVALID: (400, "Api validation failed: authRequest"),
    MALFORMED: (400, "The request body was not well-formed."),
    WRONG_PASSWORD: (401, "Authentication failed"),
    THROTTLED: (429, "API call exceeded rate limit due to too many requests."),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000009": (500, "Internal Server Error"),
}
"""Status and summary by code."""

NEEDS_STATE = frozenset(
    {"MFA_REQUIRED", "MFA_ENROLL", "PASSWORD_EXPIRED", "PASSWORD_WARN", "PASSWORD_RESET", "RECOVERY"}
)
FACTOR = {"id": "ostf1fmaMGJLMNGNLIVG", "factorType": "token:software:totp", "provider": "OKTA"}

SIGN_IN = """<!DOCTYPE html>
<html lang="en"><head><title>Example - Sign In</title></head>
<body><div id="okta-login-container"></div><noscript>Javascript is required.</noscript></body></html>
"""
NOT_FOUND = """<!DOCTYPE html>
<html lang="en"><head><title>Example - Page Not Found</title></head><body><h2>Page Not Found</h2></body></html>
"""


class Okta:
    """
    What Okta answers.

    :param provider: whose people it signs in.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._tokens = Tokens()
        self.pages: dict[tuple[str, str], Page] = {("POST", AUTHN): self.authenticate}

    def page(self, request: Any) -> Page | None:
        """Tell which page shows an app."""
        return self.open_app if request.method == "GET" and request.path.startswith(HOME) else None

    def authenticate(self, request: Any) -> Response:
        """Check user and password, and say how it goes on."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return refusal(MALFORMED)
        user, password = body.get("username"), body.get("password")
        if not isinstance(user, str) or not isinstance(password, str):
            return refusal(INVALID)
        status = self._provider.okta_status
        if status in ERRORS:
            return refusal(status)
        if not self._provider.knows(user, password):
            return refusal(WRONG_PASSWORD)
        return json_answer(self._progress(status, user))

    def open_app(self, request: Any) -> Response:
        """Show the app's page to whom a session token stands for."""
        if request.path != f"{HOME}{self._provider.app_name}/{self._provider.app_id}":
            return html(NOT_FOUND, 404)
        user = self._tokens.use_up(request.args.get("onetimetoken", ""))
        if user is None:
            return html(SIGN_IN)
        response = self._provider.saml_response(user, prefix="saml2")
        escaped = response.replace("+", "&#x2b;").replace("=", "&#x3d;").replace("/", "&#x2f;")
        relay = '\n<input name="RelayState" type="hidden" value=""/>'
        return html(saml_form(self._provider.recipient, escaped, "Signing in...", relay))

    def _progress(self, status: str, user: str) -> dict[str, Any]:
        ends_at = (datetime.now(UTC) + LIFETIME).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        person = {"id": "00ub0oNGTSWTBKOLGLNR", "profile": {"login": user, "locale": "en"}}
        if status == "SUCCESS":
            token = {"sessionToken": self._tokens.make(user)}
            return {"expiresAt": ends_at, "status": status, **token, "_embedded": {"user": person}}
        if status not in NEEDS_STATE:  # such as LOCKED_OUT
            return {"status": status, "_links": {}}
        embedded: dict[str, Any] = {"user": person}
        if status.startswith("MFA"):
            embedded["factors"] = [FACTOR]
        state = {"stateToken": secrets.token_urlsafe(24)}
        return {**state, "expiresAt": ends_at, "status": status, "_embedded": embedded, "_links": {}}


def refusal(code: str) -> Response:
    """Answer with an error as the API has it."""
    status, summary = ERRORS[code]
    facts = {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorCauses": []}
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "0"} if code == THROTTLED else {}
    return json_answer({**facts, "errorId": f"oae{secrets.token_hex(8)}"}, status, headers)
