"""A person's sign-in to IAM Identity Center: asked for, waited for, and worth the keys of a role afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from airflow_provider_rsauth.auth.broker import utc_now
from airflow_provider_rsauth.auth.errors import SignInDenied, SignInRefused
from airflow_provider_rsauth.auth.identity_center.kept_token import KeptToken
from airflow_provider_rsauth.auth.identity_center.oidc import Oidc
from airflow_provider_rsauth.auth.identity_center.portal import Portal
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn, Registration, Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import SignInStore

log = logging.getLogger(__name__)

REGISTRATION_MARGIN = timedelta(minutes=15)
"""A registration with less than this left does not begin a sign-in, which may wait for a person so long."""


class DeviceSignIn:
    """
    The sign-in to one Identity Center, as a store keeps it. Several processes may share one.

    :param session: which Identity Center.
    :param store: where the sign-in is kept.
    :param register_secret: told every token before anything can print it.
    :param conn_id: the Airflow connection, for remedies.
    """

    def __init__(
        self, session: SsoSession, store: SignInStore, register_secret: Callable[[str], None], conn_id: str
    ) -> None:
        self._store, self._register_secret = store, register_secret
        self._token = KeptToken(session, store, register_secret, conn_id)
        self._oidc, self._portal = Oidc(session), Portal(session)
        self._needs_refreshing = bool(session.scopes)
        self._key = f"rsauth-pending-{store.key_of(session)}"

    def role_credentials(self, account_id: str, role_name: str) -> dict[str, str]:
        """
        Return the keys of a role. Nobody is asked; an access token that has ended is refreshed.

        :param account_id: the AWS account.
        :param role_name: the role, which is named after its permission set.
        :raises SignInNeeded: nobody is signed in, or the sign-in cannot be refreshed.
        :raises NotFound: the person has no such role in the account.
        """
        token = self._token.usable()
        keys = self._portal.role_credentials(token, account_id, role_name)
        if keys is None:
            # The portal may end a session before its time; a refresh tells whether the sign-in still stands.
            token = self._token.usable(refused=token)
            keys = self._portal.role_credentials(token, account_id, role_name)
        if keys is None:
            raise self._token.needed("has been ended in Identity Center", "UnauthorizedException")
        return keys

    def begin(self) -> PendingSignIn:
        """Return the sign-in that waits for a person; a new one where none does."""
        with self._store.alone(self._key):
            return self._pending() or self._start()

    def check(self) -> PendingSignIn | bool:
        """
        Ask whether the person has approved, and keep the token if so. Not more often than Identity Center wants it,
        however many processes ask.

        :return: the sign-in that still waits; true when it is approved; false where none waits, having run out or
            having been seen to by another process.
        :raises SignInDenied: the person said no.
        """
        with self._store.alone(self._key):
            pending = self._pending()
            if pending is None:
                return False
            if pending.next_question_at and utc_now() < pending.next_question_at:
                return pending
            try:
                outcome = self._oidc.redeem(pending)
            except SignInDenied:
                self._store.remove(self._key)
                raise
            if isinstance(outcome, PendingSignIn):
                asked = replace(outcome, asked_at=utc_now())
                self._store.write(self._key, asked.record())
                return asked
            if outcome is None and not self._is_still(pending):
                return self._pending() or False
            return self._finish(pending, outcome)

    def _finish(self, pending: PendingSignIn, token: Token | None) -> bool:
        if token:
            self._token.keep(token)
        else:
            log.warning("The sign-in code %s ran out before anybody approved it.", pending.user_code)
        self._store.remove(self._key)
        return token is not None

    def _start(self) -> PendingSignIn:
        pending = self._started_as_known() or self._oidc.start(self._oidc.register())
        for secret in pending.secrets():
            self._register_secret(secret)
        self._store.write(self._key, pending.record())
        return pending

    def _started_as_known(self) -> PendingSignIn | None:
        """Begin with the registration of the token that is kept; ``None`` where that will not do."""
        registration = self._known_registration()
        if registration is None:
            return None
        with suppress(SignInRefused):
            return self._oidc.start(registration)
        return None

    def _known_registration(self) -> Registration | None:
        held = self._token.held()
        if not held or not held.registration or (self._needs_refreshing and not held.refresh_token):
            return None
        ends_soon = held.registration.expires_at - utc_now() < REGISTRATION_MARGIN
        return None if ends_soon else held.registration

    def _is_still(self, pending: PendingSignIn) -> bool:
        """Tell whether a sign-in still waits, so that it ran out; another process may have seen to it."""
        kept = self._pending()
        return kept is not None and kept.device_code == pending.device_code

    def _pending(self) -> PendingSignIn | None:
        """Return the sign-in that waits; one whose time is over is forgotten."""
        pending = PendingSignIn.read(self._store.read(self._key))
        if pending and pending.expires_at <= utc_now():
            self._finish(pending, None)
            return None
        for secret in pending.secrets() if pending else ():
            self._register_secret(secret)
        return pending
