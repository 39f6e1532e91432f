"""The parts that the pages of all products have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug import Response

Page = Callable[[Any], "Response"]
"""What answers a request."""

SAML_FORM = """<!doctype html>
<html><head><title>{title}</title></head>
<body><form method="POST" name="hiddenform" action="{action}">
<input type="hidden" name="SAMLResponse" value="{response}" />{more}
<noscript><p>Script is disabled. Click Submit to continue.</p><input type="submit" value="Submit" /></noscript>
</form><script>window.setTimeout('document.forms[0].submit()', 0);</script></body></html>
"""


def saml_form(action: str, response: str, title: str = "Working...", more: str = "") -> str:
    """
    Write the page that a browser would send on to AWS by itself.

    :param action: the page of AWS.
    :param response: the SAML response in base64, escaped if need be.
    :param more: further inputs.
    """
    return SAML_FORM.format(action=escape(action), response=response, title=title, more=more)


def html(content: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a page, which nobody keeps."""
    from werkzeug import Response

    kept = {"Cache-Control": "no-cache, no-store", **(headers or {})}
    return Response(content, status, kept, mimetype="text/html")


def json_answer(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer an API call."""
    import json

    from werkzeug import Response

    kept = {"Cache-Control": "no-cache, no-store", **(headers or {})}
    return Response(json.dumps(content), status, kept, mimetype="application/json")
