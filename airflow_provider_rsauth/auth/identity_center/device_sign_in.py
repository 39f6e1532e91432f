"""A person's sign-in to IAM Identity Center: used while it lasts, refreshed silently, asked for when it has ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from airflow_provider_rsauth.auth.broker import utc_now
from airflow_provider_rsauth.auth.errors import RsAuthError, SignInDenied, SignInNeeded, SignInRefused
from airflow_provider_rsauth.auth.identity_center.oidc import REGISTRATION_UNKNOWN, USED_UP, Oidc
from airflow_provider_rsauth.auth.identity_center.portal import Portal
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn, Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import SignInStore

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=60)
"""An access token with less than this left is refreshed before use: the calls with it take time."""

REGISTRATION_MARGIN = timedelta(minutes=15)
"""A registration with less than this left does not begin a sign-in, which may wait for a person so long."""


class DeviceSignIn:
    """
    The sign-in to one Identity Center, as a store keeps it. Several processes may use one.

    :param session: which Identity Center.
    :param store: where the sign-in is kept.
    :param register_secret: told every token before anything can print it.
    :param conn_id: the Airflow connection, for remedies.
    """

    def __init__(
        self, session: SsoSession, store: SignInStore, register_secret: Callable[[str], None], conn_id: str
    ) -> None:
        self._session, self._store = session, store
        self._register_secret = register_secret
        self._conn_id = conn_id
        self._oidc, self._portal = Oidc(session), Portal(session)

    def role_credentials(self, account_id: str, role_name: str) -> dict[str, str]:
        """
        Return the keys of a role. Nobody is asked; an access token that has ended is refreshed.

        :param account_id: the AWS account.
        :param role_name: the role, which is named after its permission set.
        :raises SignInNeeded: nobody is signed in, or the sign-in cannot be refreshed.
        :raises NotFound: the person has no such role in the account.
        """
        token = self._token()
        keys = self._portal.role_credentials(token, account_id, role_name)
        if keys is None:
            # The portal may end a session before its time; a refresh tells whether the sign-in still stands.
            token = self._token(refused=token)
            keys = self._portal.role_credentials(token, account_id, role_name)
        if keys is None:
            raise self._needed("has been ended in Identity Center", "UnauthorizedException")
        return keys

    def begin(self) -> PendingSignIn:
        """Return the sign-in that waits for a person; a new one where none does."""
        with self._store.alone(self._session.pending_key):
            pending = self._pending()
            return pending if pending and pending.expires_at > utc_now() else self._start()

    def check(self) -> PendingSignIn | bool:
        """
        Ask whether the person has approved, and keep the token if so.

        :return: the sign-in that still waits; true when it is approved; false where none waits, having run out or
            having been seen to by another process.
        :raises SignInDenied: the person said no.
        """
        with self._store.alone(self._session.pending_key):
            pending = self._pending()
            if pending is None:
                return False
            try:
                outcome = self._oidc.redeem(pending)
            except SignInDenied:
                self._store.remove(self._session.pending_key)
                raise
            if isinstance(outcome, PendingSignIn):
                if outcome.interval != pending.interval:
                    self._store.write(self._session.pending_key, outcome.record())
                return outcome
            if isinstance(outcome, Token):
                self._keep(outcome)
            elif self._is_still(pending):
                log.warning("The sign-in code %s ran out before anybody approved it.", pending.user_code)
            else:
                return self._pending() or False
            self._store.remove(self._session.pending_key)
            return isinstance(outcome, Token)

    def _token(self, refused: Token | None = None) -> Token:
        """Return an access token that works, other than a refused one."""
        held = self._held()
        if held and self._is_good(held, refused):
            return held
        with self._store.alone(self._session.cache_key):
            held = self._held()  # somebody else may have refreshed it meanwhile
            return held if held and self._is_good(held, refused) else self._refreshed(held)

    def _is_good(self, token: Token, refused: Token | None) -> bool:
        is_refused = refused is not None and token.access_token == refused.access_token
        return token.expires_at - utc_now() > TOKEN_MARGIN and not is_refused

    def _refreshed(self, held: Token | None) -> Token:
        if held is None:
            raise self._needed("", "NoToken")
        if not held.refresh_token or not held.registration:
            why = (
                ""
                if self._session.scopes
                else ", and tokens of a profile in the legacy format are not refreshed"
            )
            raise self._needed(f"has ended{why}", "NoRefreshToken")
        if held.registration.expires_at <= utc_now():
            raise self._needed(
                "has ended, and so has the registration that could refresh it", "RegistrationExpired"
            )
        outcome = self._oidc.refresh(held)
        if isinstance(outcome, str):
            # Machines that share Variables share no lock: another one may have been faster.
            newer = self._held()
            if newer and self._is_good(newer, refused=held):
                return newer
            if outcome in USED_UP:
                self._keep(replace(held, refresh_token=None))  # the next need not ask in vain
            raise self._needed(
                f"has ended, and its refresh token is not accepted any more ({outcome})", outcome
            )
        try:
            self._keep(outcome)
        except SignInRefused as error:
            log.warning("The refreshed sign-in is used, but each process has to refresh it: %s", error)
        return outcome

    def _start(self) -> PendingSignIn:
        held = self._held()
        known = held.registration if held else None
        if known and (known.expires_at - utc_now() < REGISTRATION_MARGIN or self._lacks_scopes(held)):
            known = None
        try:
            pending = self._oidc.start(known or self._oidc.register())
        except RsAuthError as error:
            if not known or error.code not in REGISTRATION_UNKNOWN:
                raise
            pending = self._oidc.start(self._oidc.register())
        for secret in pending.secrets():
            self._register_secret(secret)
        self._store.write(self._session.pending_key, pending.record())
        return pending

    def _is_still(self, pending: PendingSignIn) -> bool:
        """Tell whether a sign-in still waits, so that it ran out; another process may have seen to it."""
        kept = self._pending()
        return kept is not None and kept.device_code == pending.device_code

    def _lacks_scopes(self, held: Token | None) -> bool:
        return bool(self._session.scopes) and not (held and held.refresh_token)

    def _keep(self, token: Token) -> None:
        for secret in token.secrets():
            self._register_secret(secret)
        self._store.write(self._session.cache_key, token.record(self._session))

    def _held(self) -> Token | None:
        token = Token.read(self._store.read(self._session.cache_key))
        for secret in token.secrets() if token else ():
            self._register_secret(secret)
        return token

    def _pending(self) -> PendingSignIn | None:
        pending = PendingSignIn.read(self._store.read(self._session.pending_key))
        for secret in pending.secrets() if pending else ():
            self._register_secret(secret)
        return pending

    def _needed(self, ended: str, code: str) -> SignInNeeded:
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
