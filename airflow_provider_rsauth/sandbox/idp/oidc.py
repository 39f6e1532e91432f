"""An OpenID Connect issuer, such as that of a Kubernetes cluster, whose tokens AWS trusts."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow_provider_rsauth.sandbox.aws.identities import ALLOW_ALL, Identities, federated_trust

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

ISSUER = "https://oidc.sandbox.example.com/id/5A1DB0C5"
AUDIENCE, SUBJECT = "sts.amazonaws.com", "system:serviceaccount:airflow:worker"
READY_ROLE = "WebIdentityReader"
WEB_IDENTITY_ACTION = "sts:AssumeRoleWithWebIdentity"
HOUR = 3600


class OidcIssuer:
    """
    An issuer of web identity tokens, and one role that trusts them; safe to use from several threads.

    Key and role are made when somebody first needs them.

    :param identities: where roles and providers are.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._lock = threading.Lock()
        self._key: SigningKey | None = None
        self._other_key: SigningKey | None = None
        self.issuer, self.audience, self.subject = ISSUER, AUDIENCE, SUBJECT

    def reset(self) -> None:
        """Sign with the known key again."""
        self._other_key = None

    @property
    def role_arn(self) -> str:
        """The ARN of the ready role, which trusts the ready subject for the ready audience."""
        self._own_key()
        return self._identities.arn(f"role/{READY_ROLE}")

    @property
    def public_key(self) -> Any:
        """What verifies the tokens."""
        return self._own_key().private_key.public_key()

    def token(
        self,
        audience: str | Sequence[str] | None = None,
        subject: str | None = None,
        seconds: float = HOUR,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """
        Write a token.

        :param audience: whom it is for; by default who the ready role wants it to be for.
        :param subject: whom it is about.
        :param seconds: how long it is good for; less than nothing for one that is over.
        :param claims: what it says besides or instead, such as ``iss``.
        """
        import jwt

        own = self._own_key()
        now = int(time.time())
        facts = {
            "iss": self.issuer,
            "aud": audience or self.audience,
            "sub": subject or self.subject,
            "iat": now,
            "nbf": now,
            "exp": int(now + seconds),
            "jti": str(uuid4()),
            **(claims or {}),
        }
        return jwt.encode(facts, (self._other_key or own).private_key, "RS256", {"kid": "sandbox"})

    def sign_with(self, key: SigningKey | None = None) -> None:
        """Sign with a key that AWS does not know, by default a new one."""
        from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

        self._other_key = key or SigningKey()

    def _own_key(self) -> SigningKey:
        from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

        with self._lock:
            if self._key is None:
                self._key = SigningKey("rsauth sandbox OIDC issuer")
                self._register()
            return self._key

    def _register(self) -> None:
        provider_arn = self._identities.register_oidc_provider(self.issuer, [self.audience])
        name = self.issuer.removeprefix("https://")
        wanted = {"StringEquals": {f"{name}:aud": self.audience, f"{name}:sub": self.subject}}
        trust = federated_trust(provider_arn, (WEB_IDENTITY_ACTION,), wanted)
        self._identities.provide_role(READY_ROLE, ALLOW_ALL, trust)
