"""A database credential, and how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

EXPIRY_MARGIN = timedelta(seconds=30)
"""A credential with less than this left is not handed out any more: the login itself takes time."""

SHORTEST_RENEWAL_LEAD = timedelta(seconds=60)
RENEWAL_LEAD_OF_LIFETIME = 0.2


class Perishable(Protocol):
    """Something that stops working at a known moment."""

    @property
    def issued_at(self) -> datetime:
        """When it was issued, UTC."""

    @property
    def expires_at(self) -> datetime | None:
        """When it stops working, UTC; ``None`` for never."""


class Origin(Enum):
    """Where a credential comes from."""

    ISSUED = "AWS issued it for this login"
    SECRET = "it is kept in Secrets Manager"  # noqa: S105 - words
    FILE = "a file of the worker holds it"
    CONNECTION = "the connection keeps it"


@dataclass(frozen=True, slots=True)
class Credential:
    """
    User and password, or a token, for one login, with the moment they stop working.

    :param user: the name to log in with, prefix included (``IAM:``, ``IAMA:``, ``IAMR:``); empty for a token.
    :param password: the password or token; never shown by ``repr``.
    :param issued_at: when it was issued, UTC.
    :param expires_at: when it stops working, UTC; ``None`` for one that does not expire.
    :param api: the IAM action that gave it, such as ``redshift:GetClusterCredentials``; empty for a stored password.
    :param origin: where it comes from.
    :param presented_as: what the driver is told of a token (its plugin and such); empty for a password.
    """

    user: str
    password: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None = None
    api: str = ""
    origin: Origin = Origin.ISSUED
    presented_as: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_token(self) -> bool:
        """Whether it is the token of an identity provider, which says by itself who logs in."""
        return bool(self.presented_as)

    @property
    def is_renewable(self) -> bool:
        """Whether another one may be had by asking again."""
        return self.origin is not Origin.CONNECTION

    def is_same_as(self, other: Credential) -> bool:
        """
        Tell whether another credential would be refused where this one was.

        :param other: the other credential.
        """
        return (self.user, self.password) == (other.user, other.password)


class Freshness(Enum):
    """What may be done with a credential."""

    FRESH = "use it"
    STALE = "use it, and renew it"
    EXPIRED = "renew it before use"


def freshness(credential: Perishable, now: datetime) -> Freshness:
    """
    Tell what may be done with a credential.

    :param credential: the credential.
    :param now: the present, UTC.
    """
    if credential.expires_at is None:
        return Freshness.FRESH
    left = credential.expires_at - now
    if left <= EXPIRY_MARGIN:
        return Freshness.EXPIRED
    lifetime = credential.expires_at - credential.issued_at
    renewal_lead = max(SHORTEST_RENEWAL_LEAD, lifetime * RENEWAL_LEAD_OF_LIFETIME)
    return Freshness.STALE if left <= renewal_lead else Freshness.FRESH
