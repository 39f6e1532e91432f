"""AD FS: the sign-on page that the identity provider starts from, by form and by Kerberos."""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from airflow_provider_rsauth.sandbox.idp.pages import Page, html, saml_form
from airflow_provider_rsauth.sandbox.idp.tokens import Tokens

if TYPE_CHECKING:
    from werkzeug import Response

    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

SIGN_ON, INTEGRATED = "/adfs/ls/IdpInitiatedSignOn.aspx", "/adfs/ls/wia"
COOKIE = "MSISAuth"
USER_AGENTS = (
    *("MSIE 6.0", "MSIE 7.0", "MSIE 8.0", "MSIE 9.0", "MSIE 10.0", "Trident/7.0"),
    *("MSAuthHost/1.0/In-Domain", "MSIPC", "Windows Rights Management Client", "MS_WorkFoldersClient"),
)
"""Parts of the user agents that AD FS offers integrated sign-in to (WIASupportedUserAgents), as it is installed."""
WRONG_PASSWORD = "Incorrect user ID or password. Type the correct user ID and password, and try again."

LOGIN = """<!DOCTYPE html>
<html lang="en-US"><head><meta charset="utf-8"><title>Sign In</title></head>
<body><div id="loginArea"><div id="loginMessage">Sign in with your organizational account</div>
<form method="post" id="loginForm" autocomplete="off" novalidate="novalidate" action="{action}">
<div class="fieldMargin error smallText"><span id="errorText" for="" role="alert">{error}</span></div>
<input id="userNameInput" name="UserName" type="email" value="" placeholder="someone@example.com" />
<input id="passwordInput" name="Password" type="password" placeholder="Password" />
<input id="kmsiInput" type="checkbox" name="Kmsi" value="true" />
<span id="submitButton" class="submit" role="button">Sign in</span>
<input id="optionForms" type="hidden" name="AuthMethod" value="FormsAuthentication" />
</form></div>{choices}
</body></html>
"""
CHOICES = """
<div id="authOptions"><form id="options" method="post" action="{action}">
<input id="optionSelection" type="hidden" name="AuthMethod" />
<div class="optionText">Sign in using an X.509 certificate</div></form></div>"""
ERROR = """<!DOCTYPE html>
<html lang="en-US"><head><meta charset="utf-8"><title>Error</title></head>
<body><div id="errorArea"><div id="openingMessage">An error occurred</div>
<div id="errorMessage">An error occurred. Contact your administrator for more information.</div>
<ul><li>Activity ID: {activity}</li><li>Relying party: {party}</li></ul></div></body></html>
"""


class Adfs:
    """
    The pages of AD FS.

    :param provider: whose people they sign in.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._cookies = Tokens()
        self.pages: dict[tuple[str, str], Page] = {
            ("GET", SIGN_ON): self.ask,
            ("POST", SIGN_ON): self.sign_in,
            ("GET", INTEGRATED): self.sign_in_by_ticket,
        }

    def ask(self, request: Any) -> Response:
        """Show the login page, or sign in whom cookie or ticket make known."""
        if request.args.get("loginToRp") != self._provider.login_to_rp:
            return self._unknown_party(request)
        if user := self._cookies.subject(request.cookies.get(COOKIE, "")):
            return self._done(user)
        if _ticket(request) is not None:
            return self.sign_in_by_ticket(request)
        if self._provider.adfs_integrated and self._takes_tickets_of(request):
            return html("", 302, {"Location": f"{INTEGRATED}?{request.query_string.decode()}"})
        return self._login_page()

    def sign_in(self, request: Any) -> Response:
        """Check user and password."""
        if request.args.get("loginToRp") != self._provider.login_to_rp:
            return self._unknown_party(request)
        user = request.form.get("UserName", "")
        by_form = request.form.get("AuthMethod") == "FormsAuthentication"
        if not by_form or not self._provider.knows(user, request.form.get("Password", "")):
            return self._login_page(WRONG_PASSWORD)
        if self._provider.adfs_redirects:
            answer = html("", 302, {"Location": self._action()})
            answer.autocorrect_location_header = False
            answer.set_cookie(COOKIE, self._cookies.make(user), path="/adfs", secure=True, httponly=True)
            return answer
        return self._done(user)

    def sign_in_by_ticket(self, request: Any) -> Response:
        """Ask for a Kerberos ticket until a good one comes."""
        if request.args.get("loginToRp") != self._provider.login_to_rp:
            return self._unknown_party(request)
        ticket, check = _ticket(request), self._provider.kerberos
        principal = check(ticket) if ticket and check else None
        if principal is None:
            return html("", 401, {"WWW-Authenticate": "Negotiate"})
        return self._done(principal.lower())

    def _takes_tickets_of(self, request: Any) -> bool:
        agent = request.headers.get("User-Agent", "")
        return any(part in agent for part in self._provider.adfs_user_agents)

    def _done(self, user: str) -> Response:
        response = self._provider.saml_response(user)
        return html(saml_form(self._provider.recipient, response))

    def _login_page(self, error: str = "") -> Response:
        action = escape(self._action())
        choices = CHOICES.format(action=action) if self._provider.adfs_choices else ""
        return html(LOGIN.format(action=action, error=error, choices=choices))

    def _action(self) -> str:
        query = urlencode({"loginToRp": self._provider.login_to_rp, "client-request-id": uuid4()}, safe=":")
        start = self._provider.base_url if self._provider.adfs_action == "absolute" else ""
        return f"{start}{SIGN_ON}?{query}"

    def _unknown_party(self, request: Any) -> Response:
        party = escape(request.args.get("loginToRp", ""))
        return html(ERROR.format(activity=uuid4(), party=party))


def _ticket(request: Any) -> bytes | None:
    kind, _, content = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "negotiate":
        return None
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return b""
