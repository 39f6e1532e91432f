"""Which IAM Identity Center is signed in to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

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

    def is_that_of(self, record: Mapping[str, Any]) -> bool:
        """
        Tell whether a record of the cache is about this Identity Center.

        :param record: the record.
        """
        start_url, region = record.get("startUrl", self.start_url), record.get("region", self.region)
        return (str(start_url).rstrip("#/"), region) == (self.start_url.rstrip("#/"), self.region)

    @property
    def full_key(self) -> str:
        """A name that also tells apart what two config files call by one name."""
        return sha1(f"{self.name} {self.start_url} {self.region}".encode(), usedforsecurity=False).hexdigest()
