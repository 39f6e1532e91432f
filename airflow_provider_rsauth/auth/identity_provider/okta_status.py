"""What Okta's answers to user and password mean (Authentication API), and what a user does about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.auth.errors import RsAuthError, SignInRefused, Throttled

_MACHINE = "Sign in with a user for machines whose sign-on policy asks for no second factor, or through IAM Identity Center."

_STATUS: dict[str, tuple[str, str]] = {
    "MFA_REQUIRED": ("asks for a second factor, which nobody can give on a worker", _MACHINE),
    "MFA_CHALLENGE": ("asks for a second factor, which nobody can give on a worker", _MACHINE),
    "MFA_ENROLL": ("wants the person to set up a second factor", _MACHINE),
    "MFA_ENROLL_ACTIVATE": ("wants the person to set up a second factor", _MACHINE),
    "PASSWORD_EXPIRED": (
        "says that the password has expired",
        "Have the person change it at Okta, then in the connection.",
    ),
    "PASSWORD_RESET": (
        "says that the password is to be reset",
        "Have the person set a new one, then fill it in here.",
    ),
    "RECOVERY": ("says that the account is being recovered", "Have the person finish that at Okta."),
    "LOCKED_OUT": (
        "says that the account is locked after too many wrong passwords",
        "Have it unlocked, and correct the password of the connection first: each task run is another try.",
    ),
}
TOO_MANY = "E0000047"
_CODES: dict[str, tuple[str, str]] = {
    "E0000004": ("does not accept user and password", "Check login and password of the connection."),
    "E0000006": (
        "does not allow this sign-in",
        "Assign the application to the user, or change the sign-on policy.",
    ),
    TOO_MANY: ("limits the rate of sign-ins", "Run fewer tasks at once, or let the task try again later."),
    "E0000014": ("says that the password cannot be used any more", "Have the person change it at Okta."),
    "E0000022": ("has no sign-in by user and password at this address", "Correct idp_host."),
}


def explain(provider: str, status: int, answer: Mapping[str, Any]) -> RsAuthError:
    """
    Return the error for an answer without a session.

    :param provider: what the identity provider is called.
    :param status: the HTTP status.
    :param answer: the answer.
    """
    state, code = str(answer.get("status", "")), str(answer.get("errorCode", ""))
    what, remedy = _STATUS.get(state) or _CODES.get(code) or ("", "")
    told = state or code or f"HTTP {status}"
    if not what:
        what = "answers what is no sign-in"
        remedy = "Check idp_host: it is the host of your Okta organisation, such as example.okta.com."
    kind = Throttled if code == TOO_MANY else SignInRefused
    return kind(f"{provider} {what} ({told}).", remedy=remedy, code=told)
