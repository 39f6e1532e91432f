"""PingFederate: single sign-on that the identity provider starts, with its HTML form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.idp.pages import Page, html, saml_form
from airflow_provider_rsauth.sandbox.idp.tokens import Tokens

if TYPE_CHECKING:
    from werkzeug import Response

    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

START = "/idp/startSSO.ping"
RESUME = "/resumeSAML20/idp/startSSO.ping"
COOKIE = "PF"
WRONG_PASSWORD = "We didn't recognize the username or password you entered. Please try again."

LOGIN = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><title>Sign On</title><base href="{base}/"/></head>
<body><div class="ping-container"><form method="POST" action="{action}" autocomplete="off">
<div class="ping-messages">{error}</div>
<input id="username" type="text" size="36" name="pf.username" value="" autocorrect="off" autocapitalize="off" />
<input id="password" type="password" size="36" name="pf.pass" />
<input type="hidden" name="pf.ok" value="" />
<input type="hidden" name="pf.cancel" value="" />
<input type="hidden" name="pf.adapterId" id="pf.adapterId" value="HTMLFormAdapter" />
<a onclick="postOk();" id="signOnButton" title="Sign On">Sign On</a>
</form></div></body></html>
"""
PROBLEM = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><title>Error</title></head>
<body><div class="ping-container"><div class="ping-header">Error - Single Sign-on</div>
<div class="ping-messages"><div class="ping-error">{text}</div></div></div></body></html>
"""


class PingFederate:
    """
    The pages of PingFederate.

    :param provider: whose people they sign in.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._started = Tokens()
        self.pages: dict[tuple[str, str], Page] = {("GET", START): self.ask}

    def page(self, request: Any) -> Page | None:
        """Tell which page continues what was started, for a path that is made for that."""
        path = request.path
        is_one = request.method == "POST" and path.startswith("/idp/") and path.endswith(RESUME)
        return self.sign_in if is_one else None

    def ask(self, request: Any) -> Response:
        """Show the login page."""
        if request.args.get("PartnerSpId") != self._provider.partner_sp_id:
            return html(PROBLEM.format(text="Unexpected system error: unknown partner connection."), 500)
        cookie = self._started.make("a browser")
        return self._login_page(self._started.make(cookie), cookie)

    def sign_in(self, request: Any) -> Response:
        """Check user and password; only who was shown the login page may send them."""
        started = request.path.removeprefix("/idp/").removesuffix(RESUME)
        cookie = request.cookies.get(COOKIE)
        if not cookie or self._started.subject(started) != cookie:
            return html(PROBLEM.format(text="The page you are trying to resume has expired."), 400)
        user = request.form.get("pf.username", "")
        if not self._provider.knows(user, request.form.get("pf.pass", "")):
            return self._login_page(started, cookie, f'<div class="ping-error">{WRONG_PASSWORD}</div>')
        self._started.use_up(started)
        response = self._provider.saml_response(user, prefix="saml")
        return html(saml_form(self._provider.recipient, response, "Submit Form"))

    def _login_page(self, started: str, cookie: str, error: str = "") -> Response:
        action = f"/idp/{started}{RESUME}"
        answer = html(LOGIN.format(base=self._provider.base_url, action=action, error=error))
        answer.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True)
        return answer
