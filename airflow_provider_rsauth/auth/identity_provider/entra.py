"""What Microsoft Entra ID answers to user and password: an assertion, or a code of its own."""

from __future__ import annotations

import base64
import binascii
import json
import re

from airflow_provider_rsauth.auth.errors import SignInRefused
from airflow_provider_rsauth.auth.identity_provider.http import Page

HOSTS = {
    "commercial": "login.microsoftonline.com",
    "us-gov": "login.microsoftonline.us",
    "cn": "login.chinacloudapi.cn",
}
"""Where each of Microsoft's clouds signs people in."""

_CODE = re.compile(r"AADSTS\d{4,8}")
_MACHINE = (
    "Sign in with a user for machines that Conditional Access leaves out, or through IAM Identity Center."
)

_MEANING: dict[str, tuple[str, str]] = {
    "AADSTS50126": ("does not accept user and password", "Check login and password of the connection."),
    "AADSTS50034": ("does not know the user", "Check login and idp_tenant."),
    "AADSTS50053": (
        "has locked the account after too many wrong passwords",
        "Correct the password of the connection first: each task run is another try.",
    ),
    "AADSTS50055": (
        "says that the password has expired",
        "Have the person change it, then in the connection.",
    ),
    "AADSTS50056": (
        "has no password of the user",
        "A user of a federated domain has none there; use its own provider.",
    ),
    "AADSTS50057": ("says that the account is disabled", "Have it enabled, or sign in with another user."),
    "AADSTS50076": ("asks for a second factor, which nobody can give on a worker", _MACHINE),
    "AADSTS50079": ("wants the person to set up a second factor", _MACHINE),
    "AADSTS50158": ("asks for a second factor of another provider", _MACHINE),
    "AADSTS53000": ("refuses by Conditional Access: it wants a compliant device", _MACHINE),
    "AADSTS53001": ("refuses by Conditional Access: it wants a device of the domain", _MACHINE),
    "AADSTS53003": ("refuses by Conditional Access", _MACHINE),
    "AADSTS65001": (
        "wants consent to the application",
        "Have an administrator consent to it for the organisation (Entra ID, Enterprise applications, Permissions).",
    ),
    "AADSTS700016": ("does not know the application", "Correct client_id or idp_tenant."),
    "AADSTS7000215": (
        "does not accept the client secret",
        "Fill in the secret's value, not its ID; make a new one if it has expired.",
    ),
    "AADSTS7000222": (
        "says that the client secret has expired",
        "Make a new one and fill it in as client_secret.",
    ),
    "AADSTS90002": (
        "does not know the tenant",
        "Correct idp_tenant, or idp_partition if it is in another cloud.",
    ),
}

_RESPONSE = (
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Status><samlp:StatusCode '
    'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>'
)


def saml_response_from(page: Page) -> str:
    """
    Return the SAML response that AWS takes, made of the assertion in an answer.

    :param page: the answer of the token endpoint.
    :raises SignInRefused: there is none.
    """
    try:
        answer = json.loads(page.text)
    except (ValueError, RecursionError):
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise _explain(page, answer)
    try:
        assertion = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        raise SignInRefused(
            "Microsoft Entra ID answers with a token that is no SAML assertion.",
            remedy="Set the application up for SAML sign-on with AWS; resource and client_id are the same application.",
            code="NoSamlResponse",
        ) from None
    return base64.b64encode(_RESPONSE.format(assertion=assertion).encode()).decode()


def _explain(page: Page, answer: dict[str, object]) -> SignInRefused:
    """Repeat Microsoft's code, not its text: that may hold the user's name and addresses."""
    found = _CODE.search(str(answer.get("error_description", "")))
    code = found[0] if found else str(answer.get("error", f"HTTP {page.status}"))[:60]
    what, remedy = _MEANING.get(
        code,
        (
            "does not let the person in",
            f"Look {code} up at https://login.microsoftonline.com/error; sign in there in a browser with the same user.",
        ),
    )
    return SignInRefused(f"Microsoft Entra ID {what} ({code}).", remedy=remedy, code=code)
