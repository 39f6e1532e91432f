"""Who may log in to a target, as which role, and in Redshift's own words why not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_rsauth.sandbox import wire
from airflow_provider_rsauth.sandbox.challenge import Challenge
from airflow_provider_rsauth.sandbox.ledger import CredentialLedger, TemporaryCredential
from airflow_provider_rsauth.sandbox.refusal import (
    INVALID_AUTHORIZATION,
    TOO_MANY_CONNECTIONS,
    UNDEFINED_OBJECT,
    Refusal,
)
from airflow_provider_rsauth.sandbox.roles import Roles
from airflow_provider_rsauth.sandbox.tokens import Tokens

TEMPORARY_PREFIXES = ("IAM:", "IAMA:", "IAMR:")


@dataclass(frozen=True, slots=True)
class Admitted:
    """
    A client that may enter.

    :param role: the PostgreSQL role it becomes.
    :param credential: the temporary credential it showed; ``None`` for a stored password.
    :param joined: the groups to leave when the session ends.
    """

    role: str
    credential: TemporaryCredential | None = None
    joined: tuple[str, ...] = ()


class Admission:
    """
    The decision for one target; safe to use from several threads.

    :param ledger: the temporary credentials of the target.
    :param roles: the users and groups of the database.
    :param tokens: the tokens that are good for it, too.
    :param connection_limit: tells how many sessions there may be; ``None`` for any number.
    """

    def __init__(
        self,
        ledger: CredentialLedger,
        roles: Roles,
        tokens: Tokens,
        connection_limit: Callable[[], int | None],
    ) -> None:
        self.target = ledger.target
        self._ledger = ledger
        self._roles = roles
        self.tokens = tokens
        self._connection_limit = connection_limit
        self._lock = threading.Lock()
        self._sessions = 0

    def admit(self, startup: wire.Startup, challenge: Challenge, answer: str) -> Admitted:
        """
        Check a client: password, then user, then limit, then groups.

        :param startup: who wants to go where.
        :param challenge: what the client was asked.
        :param answer: what it answered.
        :raises Refusal: when it must stay outside.
        """
        credential = self._ledger.find(startup.user, lambda pw: challenge.proves(answer, startup.user, pw))
        if credential is None:
            self._check_stored_password(startup.user, challenge, answer)
        else:
            self._check_temporary(credential, startup)
        return self._enter(startup.user, credential)

    def admit_token(self, startup: wire.Startup, token: str) -> Admitted:
        """
        Check a client that shows a token instead of a password; its user is created if it does not exist.

        :param startup: who wants to go where.
        :param token: what it shows.
        :raises Refusal: when it must stay outside.
        """
        login = self.tokens.check(startup, token, self.target)
        credential = TemporaryCredential(
            login.role, token, login.role, login.expires_at, login.api, self.target, auto_create=True
        )
        return self._enter(login.role, credential)

    def _enter(self, user: str, credential: TemporaryCredential | None) -> Admitted:
        role = self._role(user, credential)
        self._occupy(credential)
        try:
            return Admitted(role, credential, self._join_groups(role, credential))
        except BaseException:
            self._vacate()
            raise

    def leave(self, admitted: Admitted) -> None:
        """End what :meth:`admit` began."""
        self._vacate()
        self._roles.leave(admitted.role, admitted.joined)

    def _check_stored_password(self, user: str, challenge: Challenge, answer: str) -> None:
        if user.startswith(TEMPORARY_PREFIXES):
            raise Refusal(INVALID_AUTHORIZATION, f'IAM authentication failed for user "{user}"')
        if not challenge.proves_stored(answer, user, self._roles.stored_password(user)):
            raise Refusal(INVALID_AUTHORIZATION, f'password authentication failed for user "{user}"')

    def _check_temporary(self, credential: TemporaryCredential, startup: wire.Startup) -> None:
        if credential.is_expired():
            raise Refusal(INVALID_AUTHORIZATION, "IAM Authentication token has expired", credential)
        if credential.database not in (None, startup.database):
            text = f'IAM authentication failed for user "{startup.user}"'
            raise Refusal(INVALID_AUTHORIZATION, text, credential)

    def _role(self, user: str, credential: TemporaryCredential | None) -> str:
        if credential is None:
            return user
        if credential.auto_create:
            self._roles.create_if_missing(credential.role)
        elif not self._roles.user_exists(credential.role):
            raise Refusal(UNDEFINED_OBJECT, f'user "{user}" does not exist', credential)
        return credential.role

    def _join_groups(self, role: str, credential: TemporaryCredential | None) -> tuple[str, ...]:
        groups = credential.groups if credential else ()
        for group in groups:
            if not self._roles.group_exists(group):
                raise Refusal(UNDEFINED_OBJECT, f'group "{group}" does not exist', credential)
        return self._roles.join(role, groups)

    def _occupy(self, credential: TemporaryCredential | None) -> None:
        limit = self._connection_limit()
        with self._lock:
            if limit is not None and self._sessions >= limit:
                text = f'connection limit "{limit}" exceeded for non-bootstrap users'
                raise Refusal(TOO_MANY_CONNECTIONS, text, credential)
            self._sessions += 1

    def _vacate(self) -> None:
        with self._lock:
            self._sessions -= 1
