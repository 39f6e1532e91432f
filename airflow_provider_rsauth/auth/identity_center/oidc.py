"""The device authorization of IAM Identity Center (the ``sso-oidc`` API, OAuth 2.0, RFC 8628)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from airflow_provider_rsauth.auth.aws import unsigned_client
from airflow_provider_rsauth.auth.broker import utc_now
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import RsAuthError, SignInDenied, SignInRefused
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn, Registration, Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.quiet import withholding_debug_logs

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL, SLOWER = 5, 5
"""Seconds between two questions, and how many more after "slow down" (RFC 8628, 3.2 and 3.5)."""

USED_UP = ("ExpiredTokenException", "InvalidGrantException")
REGISTRATION_UNKNOWN = ("InvalidClientException", "UnauthorizedClientException")

Request = Callable[[], dict[str, Any]]
"""Makes a request when it is sent, so that no frame of an error's traceback holds it."""


class Oidc:
    """
    Asks Identity Center for tokens.

    :param session: which Identity Center.
    """

    def __init__(self, session: SsoSession) -> None:
        self._session = session

    def register(self) -> Registration:
        """Make this software known (RegisterClient)."""
        scopes = {"scopes": list(self._session.scopes)} if self._session.scopes else {}
        answer = self._ask(
            "register_client",
            lambda: {"clientName": "airflow-provider-rsauth", "clientType": "public", **scopes},
        )
        expires_at = datetime.fromtimestamp(answer["clientSecretExpiresAt"], UTC)
        return Registration(answer["clientId"], answer["clientSecret"], expires_at)

    def start(self, registration: Registration) -> PendingSignIn:
        """
        Begin a sign-in (StartDeviceAuthorization).

        :param registration: the client that asks.
        :raises SignInRefused: there is no such start URL in that region.
        """
        try:
            answer = self._ask(
                "start_device_authorization",
                lambda: {**_client(registration), "startUrl": self._session.start_url},
            )
        except SignInRefused as error:
            if error.code != "InvalidRequestException":
                raise
            raise SignInRefused(
                f"IAM Identity Center in {self._session.region} does not know the start URL {self._session.start_url}.",
                remedy="Copy sso_start_url from the AWS access portal; sso_region is the region of Identity Center, "
                "which may not be that of Redshift.",
                code=error.code,
            ) from None
        return PendingSignIn(
            user_code=answer["userCode"],
            url=answer["verificationUriComplete"],
            plain_url=answer["verificationUri"],
            device_code=answer["deviceCode"],
            expires_at=utc_now() + timedelta(seconds=answer["expiresIn"]),
            interval=answer.get("interval", DEFAULT_INTERVAL),
            registration=registration,
        )

    def redeem(self, pending: PendingSignIn) -> Token | PendingSignIn | None:
        """
        Ask whether the person has approved (CreateToken).

        :param pending: the sign-in that waits.
        :return: the token; the sign-in that still waits, with the interval to keep; ``None`` for one that cannot
            be approved any more, being expired or used.
        :raises SignInDenied: the person said no.
        """
        try:
            return self._token(
                lambda: {"grantType": DEVICE_CODE, "deviceCode": pending.device_code}, pending.registration
            )
        except RsAuthError as error:
            if error.code == "AuthorizationPendingException":
                return pending
            if error.code == "SlowDownException":
                return replace(pending, interval=pending.interval + SLOWER)
            if error.code in (*USED_UP, *REGISTRATION_UNKNOWN):
                return None
            if error.code == "AccessDeniedException":
                raise SignInDenied(
                    f"The sign-in to {self._session.start_url} with the code {pending.user_code} was denied in the browser.",
                    remedy="Run it again and approve, if the denial was a mistake; if nobody here denied it, tell who "
                    "looks after Identity Center.",
                    code=error.code,
                ) from None
            raise

    def refresh(self, token: Token) -> Token | str:
        """
        Get the next access token without asking anybody (CreateToken).

        :param token: one with refresh token and registration.
        :return: the token, or the code with which Identity Center refuses to go on.
        """
        assert token.refresh_token  # noqa: S101 - the caller has looked
        assert token.registration  # noqa: S101 - the same
        try:
            issued = self._token(
                lambda: {"grantType": "refresh_token", "refreshToken": token.refresh_token},
                token.registration,
            )
        except RsAuthError as error:
            if error.code in (*USED_UP, *REGISTRATION_UNKNOWN, "AccessDeniedException"):
                return error.code
            raise
        # An answer without a refresh token means that the old one stays good.
        return issued if issued.refresh_token else replace(issued, refresh_token=token.refresh_token)

    def _token(self, request: Request, registration: Registration) -> Token:
        answer = self._ask("create_token", lambda: {**_client(registration), **request()})
        expires_at = utc_now() + timedelta(seconds=answer["expiresIn"])
        return Token(answer["accessToken"], expires_at, answer.get("refreshToken"), registration)

    def _ask(self, operation: str, request: Request) -> dict[str, Any]:
        with withholding_debug_logs():
            return asking_aws(lambda: getattr(self._client, operation)(**request()))

    @cached_property
    def _client(self) -> Any:
        return unsigned_client("sso-oidc", self._session.region)


def _client(registration: Registration) -> dict[str, str]:
    return {"clientId": registration.client_id, "clientSecret": registration.client_secret}
