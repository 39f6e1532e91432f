"""The clusters and workgroups of a sandbox: each with its gateway and its ledger, all on one PostgreSQL."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from airflow_provider_rsauth.sandbox.admission import Admission
from airflow_provider_rsauth.sandbox.aws.issuing import IssuingTarget
from airflow_provider_rsauth.sandbox.challenge import CHALLENGES, Authentication
from airflow_provider_rsauth.sandbox.database import Address
from airflow_provider_rsauth.sandbox.gateway import Gateway
from airflow_provider_rsauth.sandbox.ledger import CredentialLedger
from airflow_provider_rsauth.sandbox.logins import LoginLog
from airflow_provider_rsauth.sandbox.roles import Roles
from airflow_provider_rsauth.sandbox.session import Post
from airflow_provider_rsauth.sandbox.target import Target
from airflow_provider_rsauth.sandbox.tokens import Tokens


class Front:
    """
    Opens gateways in front of PostgreSQL.

    :param backend: where PostgreSQL is.
    :param roles: its users and groups.
    :param tls: the certificate of all gateways.
    :param log: the record of login attempts.
    :param authentication: how clients prove their passwords.
    :param tokens: what clients may show instead.
    :param connection_limit: tells how many sessions each target allows.
    """

    def __init__(
        self,
        backend: Address,
        roles: Roles,
        tls: ssl.SSLContext,
        log: LoginLog,
        authentication: Authentication,
        tokens: Tokens,
        connection_limit: Callable[[], int | None],
    ) -> None:
        self._backend = backend
        self._roles = roles
        self._tls = tls
        self._log = log
        self._new_challenge = CHALLENGES[authentication]
        self._tokens = tokens
        self._connection_limit = connection_limit

    def open(
        self, names: Iterable[str], stack: ExitStack, *, is_serverless: bool
    ) -> dict[str, IssuingTarget]:
        """
        Open a gateway for each name.

        :param names: cluster identifiers or workgroup names.
        :param stack: closes the gateways again.
        :param is_serverless: whether they are workgroups.
        """
        return {name: self._open(name, stack, is_serverless) for name in names}

    def _open(self, name: str, stack: ExitStack, is_serverless: bool) -> IssuingTarget:
        ledger = CredentialLedger(name)
        admission = Admission(ledger, self._roles, self._tokens, self._connection_limit)
        gateway = Gateway(Post(admission, self._new_challenge, self._tls, self._backend, self._log))
        stack.callback(gateway.stop)
        gateway.start()
        target = Target(name, gateway.port, is_serverless)
        return IssuingTarget(
            target, ledger, str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) if is_serverless else ""
        )
