"""The page where a person approves or denies a sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.sso_oidc import DEVICE_PATH
from airflow_provider_rsauth.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from airflow_provider_rsauth.sandbox.aws.identity_center import IdentityCenter

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sandbox: authorize device</title></head>
<body><main><h1>Authorize device</h1>
{content}
</main></body>
</html>
"""
ASK_CODE = """<form method="get">
<p><label for="user_code">Code that your device shows</label>
<input id="user_code" name="user_code" autocomplete="off" autofocus required></p>
<p><button>Continue</button></p>
</form>"""
ASK_PERSON = """<p>Does your device show this code? <strong id="code">{code}</strong></p>
<p><strong id="client">{client}</strong> wants to act as {user} in the sandbox.</p>
<form method="post">
<input type="hidden" name="user_code" value="{code}">
<p><button name="verdict" value="approve">Approve</button>
<button name="verdict" value="deny">Deny</button></p>
</form>"""
UNKNOWN = """<p role="alert">No sign-in waits with the code {code}: it is wrong, expired, or was answered before.</p>
"""
DONE = """<p role="status">{done}. You can close this page.</p>"""


class DevicePage:
    """
    The WSGI application of the page; all else is passed on.

    :param center: whose sign-ins it shows.
    :param others: the application that all else is for.
    """

    def __init__(self, center: IdentityCenter, others: WSGIApplication) -> None:
        self._center = center
        self._others = others

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        from werkzeug import Request, Response

        request = Request(environ)
        if not _is_page(request):
            return self._others(environ, start_response)
        status, content = self._answer(request) if request.method == "POST" else self._ask(request)
        return Response(PAGE.format(content=content), status, mimetype="text/html")(environ, start_response)

    def _ask(self, request: Any) -> tuple[int, str]:
        if not (code := _code(request.args)):
            return 200, ASK_CODE
        for each in self._center.sign_ins.waiting(code):
            facts = {"code": code, "client": each.client.name, "user": self._center.user_name}
            return 200, ASK_PERSON.format(**{name: escape(value) for name, value in facts.items()})
        return 404, UNKNOWN.format(code=escape(code)) + ASK_CODE

    def _answer(self, request: Any) -> tuple[int, str]:
        code = _code(request.form)
        decide, done = {
            "approve": (self._center.approve, "Request approved"),
            "deny": (self._center.deny, "Request denied"),
        }.get(request.form.get("verdict", ""), (None, ""))
        if decide is None:
            return 400, ASK_CODE
        try:
            decide(code)
        except SandboxError:
            return 404, UNKNOWN.format(code=escape(code)) + ASK_CODE
        return 200, DONE.format(done=done)


def _is_page(request: Any) -> bool:
    """Whether a browser asks: an AWS client that wants a bucket of that name signs its call."""
    is_signed = "Authorization" in request.headers or not {*request.args} <= {"user_code"}
    return request.path == DEVICE_PATH and request.method in ("GET", "POST") and not is_signed


def _code(fields: Any) -> str:
    """Read the user code as a person types it: in small letters, without the hyphen, with blanks."""
    code = "".join(each for each in fields.get("user_code", "").upper() if not each.isspace() and each != "-")
    return f"{code[:4]}-{code[4:]}" if code else ""
