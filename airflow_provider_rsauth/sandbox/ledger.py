"""The temporary database credentials of one cluster or workgroup: the AWS side writes, the gateway reads."""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

REMEMBER_EXPIRED = timedelta(hours=1)
"""How long an expired password is still told apart from a wrong one."""


@dataclass(frozen=True, slots=True)
class TemporaryCredential:
    """
    A login that AWS issued.

    :param login: the user name to log in with, such as ``IAM:alice``.
    :param password: its password; never shown by ``repr``.
    :param role: the PostgreSQL role behind it.
    :param database: the only database it opens; ``None`` for any.
    :param groups: the groups the session joins.
    :param auto_create: whether a missing role is created at login.
    :param expires_at: from when it is refused.
    :param api: the API that issued it, such as ``redshift:GetClusterCredentials``.
    :param target: the cluster or workgroup it is for.
    """

    login: str
    password: str = field(repr=False)
    role: str
    expires_at: datetime
    api: str
    target: str
    database: str | None = None
    groups: tuple[str, ...] = ()
    auto_create: bool = False

    def is_expired(self) -> bool:
        """Whether it is refused by now."""
        return datetime.now(UTC) >= self.expires_at


def new_password() -> str:
    """Make a password as long as those that Amazon Redshift issues."""
    return secrets.token_urlsafe(128)


class CredentialLedger:
    """
    What was issued for one target; safe to use from several threads.

    :param target: the cluster's or workgroup's name.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._issued: dict[str, list[TemporaryCredential]] = defaultdict(list)

    def issue(self, credential: TemporaryCredential) -> TemporaryCredential:
        """Let a credential in from now on, and forget those that expired long ago."""
        with self._lock:
            self._prune()
            self._issued[credential.login].append(credential)
        return credential

    def find(self, login: str, has_password: Callable[[str], bool]) -> TemporaryCredential | None:
        """
        Find the credential that a client presents, expired or not.

        :param login: the user name of the client.
        :param has_password: tells whether the client's answer was made with this password.
        """
        with self._lock:
            candidates = self._issued.get(login, [])[::-1]
        return next((each for each in candidates if has_password(each.password)), None)

    def revoke(self, login: str | None = None) -> None:
        """Forget all credentials, or those of one login: their passwords are wrong from now on."""
        with self._lock:
            if login is None:
                self._issued.clear()
            else:
                self._issued.pop(login, None)

    def _prune(self) -> None:
        oldest = datetime.now(UTC) - REMEMBER_EXPIRED
        for login in list(self._issued):
            self._issued[login] = [each for each in self._issued[login] if each.expires_at > oldest]
            if not self._issued[login]:
                del self._issued[login]
