"""Who signs in at IAM Identity Center: device codes that wait for a person, and the tokens for them."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from enum import Enum

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.sso_clients import Client

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
FREE_POLLS = 2
"""AWS's own CLI asks twice at once before it waits for the first time."""


class Verdict(Enum):
    """What the person said to a device code."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(slots=True, eq=False)
class DeviceAuthorization:
    """A device code, and what became of it."""

    device_code: str = field(repr=False)
    user_code: str
    client: Client
    expires_at: float
    verdict: Verdict = Verdict.PENDING
    is_used: bool = False
    polls: int = 0
    polled_at: float = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether a person may still decide."""
        return self.verdict is Verdict.PENDING and time.time() < self.expires_at


@dataclass(frozen=True, slots=True)
class Session:
    """A person's sign-in through a client; its tokens end with it."""

    session_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and, for a client that may have one, a refresh token."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)


class SignIns:
    """All device codes and tokens; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.forget_all()

    def forget_all(self) -> None:
        """Forget codes and tokens."""
        with self._lock:
            self._authorizations: dict[str, DeviceAuthorization] = {}
            self._access_tokens: dict[str, tuple[Session, float]] = {}
            self._refresh_tokens: dict[str, Session] = {}

    def authorize(self, client: Client, seconds: float) -> DeviceAuthorization:
        """Make a device code that waits for a person."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
        authorization = DeviceAuthorization(
            secrets.token_urlsafe(32), f"{code[:4]}-{code[4:]}", client, time.time() + seconds
        )
        with self._lock:
            self._authorizations[authorization.device_code] = authorization
        return authorization

    def waiting(self, user_code: str | None = None) -> list[DeviceAuthorization]:
        """List what waits for a person, oldest first: all, or that of a user code."""
        with self._lock:
            return [
                each
                for each in self._authorizations.values()
                if each.is_waiting and user_code in (None, each.user_code)
            ]

    def decide(self, verdict: Verdict, user_code: str | None = None) -> bool:
        """Approve or deny what waits; whether anything did."""
        with self._lock:
            waiting = self.waiting(user_code)
            for each in waiting:
                each.verdict = verdict
            return bool(waiting)

    def redeem(self, client: Client, device_code: str, interval: float, seconds: float) -> Token:
        """
        Give a token for an approved device code, once.

        :param interval: how long a client has to wait between two polls.
        :param seconds: how long the access token lives.
        :raises AwsError: as long as the code is not approved, and when it never will be.
        """
        with self._lock:
            authorization = self._authorizations.get(device_code)
            if (
                authorization is None
                or authorization.is_used
                or authorization.client.client_id != client.client_id
            ):
                raise AwsError("InvalidGrantException", "Invalid device code provided")
            if time.time() >= authorization.expires_at:
                raise AwsError("ExpiredTokenException", "Device code has expired")
            if authorization.verdict is Verdict.DENIED:
                raise AwsError("AccessDeniedException", "User denied the authorization request")
            if authorization.verdict is Verdict.PENDING:
                raise _not_yet(authorization, interval)
            authorization.is_used = True
            return self._issue(Session(secrets.token_hex(8), client.client_id), client, seconds)

    def refresh(self, client: Client, refresh_token: str, seconds: float) -> Token:
        """
        Give a new token for a refresh token, which stays valid.

        :raises AwsError: ``InvalidGrantException`` for a token that is unknown, dead or another client's.
        """
        with self._lock:
            session = self._refresh_tokens.get(refresh_token)
            if session is None or session.client_id != client.client_id:
                raise AwsError("InvalidGrantException", "Invalid refresh token provided")
            return self._issue(session, client, seconds)

    def session(self, access_token: str) -> Session | None:
        """Tell whose access token it is; ``None`` for one that is unknown or dead."""
        with self._lock:
            session, expires_at = self._access_tokens.get(access_token, (None, 0.0))
        return session if time.time() < expires_at else None

    def end(self, session: Session) -> None:
        """Sign out: all tokens of the session die."""
        with self._lock:
            self._access_tokens = {k: v for k, v in self._access_tokens.items() if v[0] != session}
            self._refresh_tokens = {k: v for k, v in self._refresh_tokens.items() if v != session}

    def expire_device_codes(self) -> None:
        """Let the time of all device codes run out."""
        with self._lock:
            for each in self._authorizations.values():
                each.expires_at = 0

    def expire_access_tokens(self) -> None:
        """Let all access tokens die."""
        with self._lock:
            self._access_tokens.clear()

    def expire_refresh_tokens(self) -> None:
        """Let all refresh tokens die."""
        with self._lock:
            self._refresh_tokens.clear()

    def _issue(self, session: Session, client: Client, seconds: float) -> Token:
        access_token = secrets.token_urlsafe(48)
        self._access_tokens[access_token] = (session, time.time() + seconds)
        if not client.gets_refresh_tokens:
            return Token(access_token, None)
        refresh_token = secrets.token_urlsafe(48)
        self._refresh_tokens[refresh_token] = session
        return Token(access_token, refresh_token)


def _not_yet(authorization: DeviceAuthorization, interval: float) -> AwsError:
    now = time.time()
    is_hasty = authorization.polls >= FREE_POLLS and now - authorization.polled_at < interval
    authorization.polls += 1
    authorization.polled_at = now
    if is_hasty:
        return AwsError("SlowDownException", "Polled faster than the interval allows")
    return AwsError("AuthorizationPendingException", "Authorization is still pending")
