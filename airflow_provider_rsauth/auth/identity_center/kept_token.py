"""The token of a sign-in as a store keeps it, shared by processes and by other tools: used, and refreshed silently."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from airflow_provider_rsauth.auth.broker import utc_now
from airflow_provider_rsauth.auth.errors import SignInNeeded, SignInRefused
from airflow_provider_rsauth.auth.identity_center.oidc import USED_UP, Oidc
from airflow_provider_rsauth.auth.identity_center.records import Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import SignInStore

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=60)
"""An access token with less than this left is refreshed before use: the calls with it take time."""

_OTHERS_MAY_WRITE = (0.0, 0.3, 1.0)
"""Pauses before it is looked again whether somebody else, who shares no lock, has refreshed the token."""


class KeptToken:
    """
    The token of one sign-in.

    :param session: what it signs in to.
    :param store: where it is kept.
    :param register_secret: told every token before anything can print it.
    :param conn_id: the Airflow connection, for remedies.
    """

    def __init__(
        self, session: SsoSession, store: SignInStore, register_secret: Callable[[str], None], conn_id: str
    ) -> None:
        self._session, self._store = session, store
        self._register_secret = register_secret
        self._conn_id = conn_id
        self._key = store.key_of(session)

    def usable(self, refused: Token | None = None) -> Token:
        """
        Return a token whose access token works; nobody is asked.

        :param refused: one that is not accepted any more, although its time is not over.
        :raises SignInNeeded: there is none, or it cannot be refreshed.
        """
        held = self.held()
        if held and _is_good(held, refused):
            return held
        with self._store.alone(self._key):
            held = self.held()  # somebody else may have refreshed it meanwhile
            return held if held and _is_good(held, refused) else self._refreshed(held)

    def held(self) -> Token | None:
        """Return the token as it is kept."""
        token = Token.read(self._store.read(self._key), self._session)
        for secret in token.secrets() if token else ():
            self._register_secret(secret)
        return token

    def keep(self, token: Token) -> None:
        """
        Keep a token.

        :param token: the token.
        :raises SignInRefused: the store does not take it.
        """
        for secret in token.secrets():
            self._register_secret(secret)
        self._store.write(self._key, token.record(self._session))

    def needed(self, ended: str, code: str) -> SignInNeeded:
        """
        Return the error that says that a person has to sign in.

        :param ended: how the sign-in ended; empty if there is none.
        :param code: a code for it.
        """
        where = f"IAM Identity Center at {self._session.start_url}"
        what = (
            f"The sign-in to {where} {ended}."
            if ended
            else f"Nobody is signed in to {where}: there is no token in {self._store.place}."
        )
        remedy = (
            f"Run `rsauth sign-in {self._conn_id}` where the tasks run, or put "
            f"IdentityCenterSignInSensor(redshift_conn_id={self._conn_id!r}) before them: a person approves in a "
            "browser once, and tasks go on."
        )
        if not self._session.scopes:
            remedy += (
                " Give the profile an sso-session, or use start URL and region instead of the profile: such sign-ins "
                "are refreshed without asking."
            )
        return SignInNeeded(what, remedy=remedy, code=code)

    def _refreshed(self, held: Token | None) -> Token:
        if held is None:
            raise self.needed("", "NoToken")
        if not held.refresh_token or not held.registration:
            raise self.needed(f"has ended, {self._why_not_refreshed()}", "NoRefreshToken")
        if held.registration.expires_at <= utc_now():
            raise self.needed(
                "has ended, and so has the registration that could refresh it", "RegistrationExpired"
            )
        outcome = Oidc(self._session).refresh(held)
        if isinstance(outcome, str):
            return self._refreshed_by_another(held, outcome)
        try:
            self.keep(outcome)
        except SignInRefused as error:
            log.warning("The refreshed sign-in is used, but each process has to refresh it: %s", error)
        return outcome

    def _refreshed_by_another(self, held: Token, code: str) -> Token:
        """Return the token that won, where machines that share no lock refreshed one at the same time."""
        for pause in _OTHERS_MAY_WRITE:
            time.sleep(pause)
            newer = self.held()
            if newer and _is_good(newer, refused=held):
                return newer
        if code in USED_UP and newer and newer.refresh_token == held.refresh_token:
            with suppress(SignInRefused):
                self.keep(replace(held, refresh_token=None))  # the next need not ask in vain
        raise self.needed(f"has ended, and its refresh token is not accepted any more ({code})", code)

    def _why_not_refreshed(self) -> str:
        if self._session.scopes:
            return "and its token has no refresh token (any more)"
        return "and tokens of a profile in the legacy format are not refreshed"


def _is_good(token: Token, refused: Token | None) -> bool:
    is_refused = refused is not None and token.access_token == refused.access_token
    return token.expires_at - utc_now() > TOKEN_MARGIN and not is_refused
