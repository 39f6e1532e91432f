"""Which IAM Identity Center is signed in to."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1

SCOPES = ("sso:account:access",)
"""What a client registers for to list accounts, get role credentials, and be given a refresh token."""


@dataclass(frozen=True, slots=True)
class SsoSession:
    """
    A sign-in to IAM Identity Center, as an ``sso-session`` of the AWS config file describes it.

    :param start_url: the AWS access portal.
    :param region: the region of Identity Center.
    :param name: the name of the ``sso-session``; ``None`` without one.
    :param scopes: what the client registers for; without any there are no refresh tokens, as in a legacy profile.
    """

    start_url: str
    region: str
    name: str | None = None
    scopes: tuple[str, ...] = SCOPES

    @property
    def cache_key(self) -> str:
        """The name under which the AWS CLI and the SDKs keep the token (SDKs and Tools Reference Guide)."""
        return sha1((self.name or self.start_url).encode(), usedforsecurity=False).hexdigest()

    @property
    def pending_key(self) -> str:
        """The name under which a sign-in that waits for a person is kept; it is ours alone."""
        return f"rsauth-pending-{self.cache_key}"
