"""What is kept of a sign-in, in the form of the AWS CLI's token cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from airflow_provider_rsauth.auth.identity_center.session import SsoSession


@dataclass(frozen=True, slots=True)
class Registration:
    """
    What Identity Center knows this software as.

    :param client_id: the client.
    :param client_secret: its secret.
    :param expires_at: until when it is known, UTC.
    """

    client_id: str
    client_secret: str = field(repr=False)
    expires_at: datetime

    def record(self) -> dict[str, str]:
        """Return it as the cache keeps it."""
        return {
            "clientId": self.client_id,
            "clientSecret": self.client_secret,
            "registrationExpiresAt": _text(self.expires_at),
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """
        Read it from a record.

        :raises KeyError: it is not in there.
        :raises ValueError: its time cannot be read.
        """
        expires_at = _moment(record["registrationExpiresAt"])
        return cls(_word(record["clientId"]), _word(record["clientSecret"]), expires_at)


@dataclass(frozen=True, slots=True)
class Token:
    """
    What a person's approval is worth: an access token and, for clients registered with scopes, a refresh token.

    :param access_token: the token.
    :param expires_at: when it stops working, UTC.
    :param refresh_token: gets the next access token without asking anybody.
    :param registration: the client that it was given to; only this one may refresh it.
    """

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    registration: Registration | None = None

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be printed."""
        client = self.registration.client_secret if self.registration else None
        return tuple(filter(None, (self.access_token, self.refresh_token, client)))

    def record(self, session: SsoSession) -> dict[str, str]:
        """
        Return it as the AWS CLI's cache keeps it.

        :param session: what it signs in to.
        """
        return {
            "startUrl": session.start_url,
            "region": session.region,
            "accessToken": self.access_token,
            "expiresAt": _text(self.expires_at),
            **(self.registration.record() if self.registration else {}),
            **({"refreshToken": self.refresh_token} if self.refresh_token else {}),
        }

    @classmethod
    def read(cls, record: Mapping[str, Any] | None, session: SsoSession) -> Self | None:
        """
        Read what the AWS CLI, an SDK or this package wrote; ``None`` where it is no token for this sign-in.

        :param record: what is in the cache.
        :param session: what it has to sign in to; two config files may use one name for different ones.
        """
        if not session.is_that_of(record or {}):
            return None
        try:
            token, expires_at = _word((record or {})["accessToken"]), _moment((record or {})["expiresAt"])
        except _UNREADABLE:
            return None
        refresh_token = (record or {}).get("refreshToken")
        try:
            registration = Registration.read(record or {})
        except _UNREADABLE:
            registration = None
        return cls(token, expires_at, refresh_token if isinstance(refresh_token, str) else None, registration)


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """
    A sign-in that waits for a person (OAuth 2.0 device authorization, RFC 8628).

    :param user_code: what the person compares or types.
    :param url: where to approve; the code is in it.
    :param plain_url: the same without the code.
    :param device_code: what is exchanged for a token when the person has approved.
    :param expires_at: until when it can be approved, UTC.
    :param interval: how many seconds must lie between two questions.
    :param registration: the client that asks.
    :param asked_at: when it was last asked whether the person has approved, UTC; by whichever process.
    """

    user_code: str
    url: str
    plain_url: str
    device_code: str = field(repr=False)
    expires_at: datetime
    interval: int
    registration: Registration
    asked_at: datetime | None = None

    @property
    def next_question_at(self) -> datetime | None:
        """When it may be asked again whether the person has approved, UTC; ``None`` for at once."""
        return self.asked_at + timedelta(seconds=self.interval) if self.asked_at else None

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be printed."""
        return self.device_code, self.registration.client_secret

    def record(self) -> dict[str, Any]:
        """Return it as it is kept until somebody approves."""
        return {
            "userCode": self.user_code,
            "verificationUriComplete": self.url,
            "verificationUri": self.plain_url,
            "deviceCode": self.device_code,
            "expiresAt": _text(self.expires_at),
            "interval": self.interval,
            **({"askedAt": self.asked_at.isoformat()} if self.asked_at else {}),
            **self.registration.record(),
        }

    @classmethod
    def read(cls, record: Mapping[str, Any] | None) -> Self | None:
        """
        Read a kept one; ``None`` where there is none.

        :param record: what is kept.
        """
        try:
            return cls(
                user_code=(record or {})["userCode"],
                url=(record or {})["verificationUriComplete"],
                plain_url=(record or {})["verificationUri"],
                device_code=(record or {})["deviceCode"],
                expires_at=_moment((record or {})["expiresAt"]),
                interval=int((record or {})["interval"]),
                registration=Registration.read(record or {}),
                asked_at=_moment((record or {})["askedAt"]) if "askedAt" in (record or {}) else None,
            )
        except _UNREADABLE:
            return None


_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a record raises that somebody else wrote, or that was written halfway."""


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("not a text")
    return value


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    """Read a time as the versions of the AWS CLI have written it: with Z, UTC or an offset."""
    moment = datetime.fromisoformat(text.strip().replace("UTC", "+00:00"))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
