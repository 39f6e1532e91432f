"""A company's identity provider: its settings, its people, and what its assertions say."""

from __future__ import annotations

import base64
import secrets
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from airflow_provider_rsauth.sandbox.aws.identities import (
    ALLOW_ALL,
    LONGEST_SESSION,
    SAML_ACTIONS,
    Identities,
    federated_trust,
)
from airflow_provider_rsauth.sandbox.aws.saml_sign_in import SIGN_INS, in_partition
from airflow_provider_rsauth.sandbox.idp.adfs import USER_AGENTS
from airflow_provider_rsauth.sandbox.idp.attributes import attributes, flag
from airflow_provider_rsauth.sandbox.idp.kerberos import TicketCheck
from airflow_provider_rsauth.sandbox.idp.saml import Claims, assertion, response
from airflow_provider_rsauth.sandbox.idp.traffic import Body, PageRequest, Planted, Traffic

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.policy import Document
    from airflow_provider_rsauth.sandbox.idp.server import HttpsServer
    from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

READY_USER, READY_ROLE, PROVIDER_NAME = "jane@example.com", "SamlReader", "Corporate"
ISSUER = "http://adfs.example.com/adfs/services/trust"
HOST = "localhost"


class IdentityProvider:
    """
    An identity provider with one person, whom AWS trusts for one role; safe to use from several threads.

    Its settings may be changed at any time and concern what is answered from then on. Server, keys and role are made
    when somebody first needs them.

    :param identities: where roles and providers are.
    :param tls: makes what the server needs for TLS.
    """

    def __init__(self, identities: Identities, tls: Callable[[], ssl.SSLContext]) -> None:
        self._identities, self._tls = identities, tls
        self._lock = threading.RLock()
        self._server: HttpsServer | None = None
        self._key: SigningKey | None = None
        self._other_key: SigningKey | None = None
        self.password = secrets.token_urlsafe(16)
        self.client_secret = secrets.token_urlsafe(24)
        self.traffic = Traffic()
        self.reset()

    def reset(self) -> None:
        """Put everything back to how it was at the start; requests and planted answers are forgotten."""
        self.traffic.reset()
        self.users: dict[str, str] = {READY_USER: self.password}
        self.kerberos: TicketCheck | None = None
        self._reset_assertions()
        self.login_to_rp = self.partner_sp_id = "urn:amazon:webservices"
        self.adfs_action: Literal["relative", "absolute"] = "relative"
        self.adfs_choices = self.adfs_redirects = self.adfs_integrated = False
        self.adfs_user_agents: Sequence[str] = USER_AGENTS
        self.app_name, self.app_id, self.okta_status = "amazon_aws", "0oa1examplesandbox297", "SUCCESS"
        self.tenant = "11111111-2222-3333-4444-555555555555"
        self.client_id = "66666666-7777-8888-9999-000000000000"
        self.entra_error: str | None = None
        with self._lock:
            if self._key is not None:
                self._register(self._key)

    def _reset_assertions(self) -> None:
        self.issuer = ISSUER
        self.audience: str | None = None
        self.partition = self._identities.partition
        self.seconds, self.age = 300.0, 0.0
        self.session_seconds: float | None = None
        self.refuse_replay = True
        self._other_key = None
        self.roles: list[tuple[str, str]] = [(self._ready_role_arn, self.provider_arn)]
        self.role_first = True
        self.role_session_name: str | None = None
        self.session_duration: int | None = None
        self.db_user: str | None = None
        self.db_groups: Sequence[str] = ()
        self.auto_create: bool | None = None
        self.force_lowercase: bool | None = None
        self.allow_db_user_override: bool | None = None

    @property
    def provider_arn(self) -> str:
        """The ARN under which AWS knows the identity provider."""
        return self._identities.arn(f"saml-provider/{PROVIDER_NAME}")

    @property
    def role_arn(self) -> str:
        """The ARN of the ready role, which is allowed everything."""
        self._own_key()
        return self._ready_role_arn

    @property
    def base_url(self) -> str:
        """Where the pages are; without a slash at the end."""
        return f"https://{self.host}:{self.port}"

    @property
    def host(self) -> str:
        """The name of the server; its certificate holds for 127.0.0.1 as well."""
        return HOST

    @property
    def port(self) -> int:
        """The port of the server, which starts if need be."""
        return self._running().port

    @property
    def recipient(self) -> str:
        """The page of AWS that assertions are for."""
        return SIGN_INS[self.partition].recipient

    @property
    def requests(self) -> list[PageRequest]:
        """The requests so far, oldest first."""
        return self.traffic.requests

    def count(self, path: str | None = None) -> int:
        """Count the requests for a path, or all."""
        return sum(path in (None, request.path) for request in self.requests)

    def hang(self, seconds: float) -> None:
        """Let every request wait for so long; 0 for no more of that."""
        self.traffic.hang(seconds)

    def answer(
        self,
        body: Body,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
        times: int | None = None,
    ) -> None:
        """
        Put an answer in place of the pages.

        :param body: what is sent; a function that gives pieces for one that is made while it is sent.
        :param headers: such as ``Location``.
        :param path: for which path only; by default for all.
        :param times: how often; by default until :meth:`reset`.
        """
        self.traffic.plant(Planted(body, status, headers or {}, path, times))

    def sign_with(self, key: SigningKey | None = None) -> None:
        """Sign with a key that AWS does not know the certificate of, by default a new one."""
        from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

        self._other_key = key or SigningKey()

    def offer(
        self, role_name: str, policy: Document | None = None, longest_session: int = LONGEST_SESSION
    ) -> str:
        """
        Put one more role into the assertions, and create it or change its policy.

        :param policy: what it allows; everything by default.
        :param longest_session: how many seconds its sessions may last.
        :returns: its ARN.
        """
        trust = federated_trust(self.provider_arn, SAML_ACTIONS)
        arn = self._identities.provide_role(
            role_name, ALLOW_ALL if policy is None else policy, trust, longest_session=longest_session
        )
        if (arn, self.provider_arn) not in self.roles:
            self.roles.append((arn, self.provider_arn))
        return arn

    def knows(self, user: str, password: str) -> bool:
        """Whether it is that person."""
        known = self.users.get(user)
        return known is not None and secrets.compare_digest(known.encode(), password.encode())

    def assertion(self, user: str = READY_USER, prefix: str = "") -> bytes:
        """Write an assertion about a person; the prefix is that of its elements."""
        return assertion(self._claims(user), self._signing_key(), prefix)

    def saml_response(self, user: str = READY_USER, prefix: str = "") -> str:
        """Write a response with an assertion about a person, in base64, as STS wants it."""
        content = response(self._claims(user), self._signing_key(), prefix)
        return base64.b64encode(content).decode()

    def stop(self) -> None:
        """Stop the server, if it was started."""
        self.traffic.reset()
        with self._lock:
            if self._server is not None:
                self._server.stop()

    @property
    def _ready_role_arn(self) -> str:
        return self._identities.arn(f"role/{READY_ROLE}")

    def _claims(self, user: str) -> Claims:
        sign_in = SIGN_INS[self.partition]
        pairs = [
            (in_partition(role, self.partition), in_partition(by, self.partition)) for role, by in self.roles
        ]
        redshift = {
            "DbUser": self.db_user,
            "AutoCreate": flag(self.auto_create),
            "ForceLowercase": flag(self.force_lowercase),
            "AllowDbUserOverride": flag(self.allow_db_user_override),
        }
        written = [",".join(pair if self.role_first else pair[::-1]) for pair in pairs]
        name = user if self.role_session_name is None else self.role_session_name
        return Claims(
            subject=user,
            issuer=self.issuer,
            audience=sign_in.audience if self.audience is None else self.audience,
            recipient=sign_in.recipient,
            attributes=attributes(written, name or None, self.session_duration, redshift, self.db_groups),
            seconds=self.seconds,
            age=self.age,
            session_seconds=self.session_seconds,
        )

    def _signing_key(self) -> SigningKey:
        own = self._own_key()
        return self._other_key or own

    def _own_key(self) -> SigningKey:
        from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

        with self._lock:
            if self._key is None:
                self._key = SigningKey()
                self._register(self._key)
            return self._key

    def _register(self, key: SigningKey) -> None:
        self._identities.register_saml_provider(PROVIDER_NAME, key.metadata(ISSUER))
        self._identities.provide_role(READY_ROLE, ALLOW_ALL, federated_trust(self.provider_arn, SAML_ACTIONS))

    def _running(self) -> HttpsServer:
        from airflow_provider_rsauth.sandbox.idp.application import Application
        from airflow_provider_rsauth.sandbox.idp.server import HttpsServer

        with self._lock:
            if self._server is None:
                self._own_key()
                self._server = HttpsServer(Application(self), self._tls())
                self._server.start()
            return self._server
