"""How a client proves that it knows its password: as it is, or as an md5 hash with the server's salt."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal, Protocol

from airflow_provider_rsauth.sandbox import wire

Authentication = Literal["md5", "cleartext"]


class Challenge(Protocol):
    """One question to one client."""

    @property
    def request(self) -> bytes:
        """The message that asks."""

    def proves(self, answer: str, user: str, password: str) -> bool:
        """Whether the answer was made with this password."""

    def proves_stored(self, answer: str, user: str, stored: str) -> bool:
        """Whether the answer was made with the password that PostgreSQL keeps as this hash."""


class Md5Challenge:
    """The client sends ``md5(md5(password + user) + salt)``."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(4)

    @property
    def request(self) -> bytes:
        return wire.authentication_request(wire.AUTHENTICATION_MD5, self._salt)

    def proves(self, answer: str, user: str, password: str) -> bool:
        return self.proves_stored(answer, user, md5(password.encode() + user.encode()))

    def proves_stored(self, answer: str, user: str, stored: str) -> bool:
        expected = md5(stored.removeprefix("md5").encode() + self._salt)
        return stored.startswith("md5") and hmac.compare_digest(answer.encode(), expected.encode())


class CleartextChallenge:
    """The client sends the password itself."""

    @property
    def request(self) -> bytes:
        return wire.authentication_request(wire.AUTHENTICATION_CLEARTEXT)

    def proves(self, answer: str, user: str, password: str) -> bool:
        return hmac.compare_digest(answer.encode(), password.encode())

    def proves_stored(self, answer: str, user: str, stored: str) -> bool:
        return hmac.compare_digest(md5(answer.encode() + user.encode()).encode(), stored.encode())


def md5(data: bytes) -> str:
    """Hash as PostgreSQL writes it."""
    return "md5" + hashlib.md5(data, usedforsecurity=False).hexdigest()


CHALLENGES: dict[Authentication, type[Md5Challenge | CleartextChallenge]] = {
    "md5": Md5Challenge,
    "cleartext": CleartextChallenge,
}
