"""The clients that registered at IAM Identity Center."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field, replace

from airflow_provider_rsauth.sandbox.aws.errors import AwsError


@dataclass(frozen=True, slots=True)
class Client:
    """
    A registered client.

    :param grant_types: the grants it registered for; empty for all.
    """

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    issued_at: float
    expires_at: float

    def may_use(self, grant_type: str) -> bool:
        """Whether the client registered for a grant type."""
        return not self.grant_types or grant_type in self.grant_types

    @property
    def gets_refresh_tokens(self) -> bool:
        """Whether its access tokens come with a refresh token; AWS wants a scope for it."""
        return bool(self.scopes) and self.may_use("refresh_token")


class Clients:
    """All clients; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}

    def register(
        self, name: str, scopes: tuple[str, ...], grant_types: tuple[str, ...], seconds: float
    ) -> Client:
        """Register a client for a while."""
        now = time.time()
        client_id, client_secret = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        client = Client(client_id, client_secret, name, scopes, grant_types, now, now + seconds)
        with self._lock:
            self._clients[client_id] = client
        return client

    def identify(self, client_id: str, client_secret: str) -> Client:
        """
        Tell which client it is.

        :raises AwsError: ``InvalidClientException``, also when its secret has expired.
        """
        with self._lock:
            client = self._clients.get(client_id)
        if client is None or not hmac.compare_digest(client.client_secret.encode(), client_secret.encode()):
            raise AwsError("InvalidClientException", "Invalid client provided", 401)
        if time.time() >= client.expires_at:
            raise AwsError("InvalidClientException", "Client secret has expired", 401)
        return client

    def expire(self) -> None:
        """Let the secrets of all clients run out."""
        with self._lock:
            self._clients = {key: replace(each, expires_at=0) for key, each in self._clients.items()}

    def forget_all(self) -> None:
        """Forget all clients."""
        with self._lock:
            self._clients.clear()
