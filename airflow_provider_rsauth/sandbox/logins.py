"""The record of login attempts, in memory and as a server log."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Login:
    """
    One attempt to log in, let in or refused.

    :param user: the user name that the client gave, prefix included.
    :param message: the refusal as the client saw it; empty when accepted.
    :param api: the API that had issued the password; empty for a stored password.
    :param target: the cluster or workgroup that was called.
    """

    user: str
    database: str
    application_name: str
    accepted: bool
    message: str = ""
    api: str = ""
    expires_at: datetime | None = None
    groups: tuple[str, ...] = ()
    target: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __str__(self) -> str:
        verdict = "authenticated" if self.accepted else "refused"
        facts = (
            f'user "{self.user}" database "{self.database}" application "{self.application_name}" '
            f'groups "{",".join(self.groups)}"'
        )
        reason = f": {self.message}" if self.message else ""
        line = f"{self.at.isoformat(timespec='milliseconds')} {self.target} {verdict} {facts}{reason}"
        return line.replace("\r", " ").replace("\n", " ")


class LoginLog:
    """
    All login attempts, oldest first; safe to use from several threads.

    :param path: the file that gets one line for each attempt.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._logins: list[Login] = []
        path.touch(mode=0o600)

    def add(self, login: Login) -> None:
        """Record an attempt."""
        with self._lock:
            self._logins.append(login)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{login}\n")

    def all(self) -> list[Login]:
        """List the attempts so far."""
        with self._lock:
            return list(self._logins)

    def clear(self) -> None:
        """Forget the attempts so far; the file keeps them."""
        with self._lock:
            self._logins.clear()
