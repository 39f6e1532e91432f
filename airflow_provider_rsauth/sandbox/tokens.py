"""The tokens that logins may show instead of a password: of IAM Identity Center, and of other identity providers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from airflow_provider_rsauth.sandbox.refusal import INVALID_AUTHORIZATION, Refusal
from airflow_provider_rsauth.sandbox.wire import ProtocolError, Startup

TokenType = Literal["SUBJECT_TOKEN", "ACCESS_TOKEN", "EXT_JWT"]

IDENTITY_CENTER, NATIVE = "AwsIdc", "AzureAD"
"""What drivers call the kinds of identity providers (startup parameter idp_type)."""

IDENTITY_CENTER_NAMESPACE = "AWSIDC"
READY_PROVIDER, READY_NAMESPACE = "oauth_standard", "aad"
DEFAULT_SECONDS = 3600.0

EXPIRED = "Token credentials expired or invalid"
INVALID = "invalid token"
WRONG_TYPE = "TYPE_INVALID_TOKEN"
NO_IDENTITY_CENTER = "AWS IdC identity provider does not exist"
NO_SCOPE = "Invalid scope. User's credentials are not authorized to connect to Amazon Redshift"


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """
    What a token stands for.

    :param role: the database user, with the namespace of its identity provider.
    :param kind: the token's type; empty for a JWT of a native identity provider.
    :param api: the API that issued it; empty for none.
    :param targets: the clusters and workgroups that it opens; ``None`` for any.
    :param in_scope: whether it may connect to Redshift.
    """

    role: str
    expires_at: datetime
    kind: str = ""
    api: str = ""
    targets: frozenset[str] | None = None
    in_scope: bool = True


@dataclass(frozen=True, slots=True)
class NativeProvider:
    """
    An identity provider that is registered in Redshift itself.

    :param name: its name, as in CREATE IDENTITY PROVIDER.
    :param namespace: what its users have before their names.
    """

    name: str
    namespace: str
    _key: bytes = field(repr=False, default_factory=lambda: secrets.token_bytes(32))

    @property
    def issuer(self) -> str:
        """What its tokens say of who issued them."""
        return f"https://sts.example.com/{self.name}/"

    def issue_token(self, user: str, seconds: float = DEFAULT_SECONDS) -> str:
        """Issue a JWT for a user that ends after some seconds."""
        expires = (datetime.now(UTC) + timedelta(seconds=seconds)).timestamp()
        return jwt({"iss": self.issuer, "aud": "AmazonRedshift", "upn": user, "exp": expires}, self._key)

    def signed(self, token: str) -> bool:
        """Whether it issued a JWT."""
        body, _, signature = token.rpartition(".")
        return hmac.compare_digest(signature.encode(), _signature(body, self._key).encode())


class Tokens:
    """All tokens of a sandbox; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issued: dict[str, TokenLogin] = {}
        self._providers: dict[str, NativeProvider] = {}
        self.namespaces = {IDENTITY_CENTER_NAMESPACE}
        self.register(READY_PROVIDER, READY_NAMESPACE)

    def issue(
        self,
        user: str,
        kind: TokenType = "ACCESS_TOKEN",
        seconds: float = DEFAULT_SECONDS,
        *,
        targets: Iterable[str] | None = None,
        in_scope: bool = True,
        api: str = "",
    ) -> str:
        """Issue a token of IAM Identity Center; a JWT for one of a trusted token issuer."""
        expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
        token = secrets.token_urlsafe(300)
        if kind == "EXT_JWT":
            claims = {"iss": "https://issuer.example.com", "sub": user, "exp": expires_at.timestamp()}
            token = jwt({**claims, "jti": secrets.token_hex(8)}, secrets.token_bytes(32))
        opens = None if targets is None else frozenset(targets)
        login = TokenLogin(f"{IDENTITY_CENTER_NAMESPACE}:{user}", expires_at, kind, api, opens, in_scope)
        with self._lock:
            self._issued[token] = login
        return token

    def register(self, name: str, namespace: str) -> NativeProvider:
        """Register a native identity provider; one that is registered already stays as it is."""
        with self._lock:
            return self._providers.setdefault(name, NativeProvider(name, namespace))

    def is_wanted(self, startup: Startup) -> bool:
        """Whether a client has to show a token: it says so, or its user is one of an identity provider."""
        namespaces = {each.namespace for each in self._providers.values()} | self.namespaces
        return "idp_type" in startup.parameters or startup.user.partition(":")[0] in namespaces

    def check(self, startup: Startup, token: str, target: str) -> TokenLogin:
        """
        Tell whom a client's token lets in.

        :raises Refusal: when it lets in nobody.
        """
        if startup.parameters.get("idp_type") == IDENTITY_CENTER:
            login = self._of_identity_center(startup.parameters, token, target)
        else:
            login = self._of_native_provider(startup.parameters, token)
        if datetime.now(UTC) >= login.expires_at:
            raise Refusal(INVALID_AUTHORIZATION, EXPIRED)
        if not login.in_scope:
            raise Refusal(INVALID_AUTHORIZATION, NO_SCOPE)
        return login

    def _of_identity_center(self, said: Mapping[str, str], token: str, target: str) -> TokenLogin:
        namespace = said.get("identity_namespace", IDENTITY_CENTER_NAMESPACE)
        if namespace not in self.namespaces:
            raise Refusal(INVALID_AUTHORIZATION, NO_IDENTITY_CENTER)
        if not said.get("token_type"):
            raise ProtocolError("no token_type: a real server breaks down here")
        with self._lock:
            login = self._issued.get(token)
        if login is None or (login.targets is not None and target not in login.targets):
            raise Refusal(INVALID_AUTHORIZATION, INVALID)
        if login.kind != said["token_type"]:
            raise Refusal(INVALID_AUTHORIZATION, WRONG_TYPE)
        return login

    def _of_native_provider(self, said: Mapping[str, str], token: str) -> TokenLogin:
        name = said.get("provider_name")
        candidates = [each for each in self._providers.values() if name in (None, each.name)]
        provider = next((each for each in candidates if each.signed(token)), None)
        if provider is None:
            raise Refusal(INVALID_AUTHORIZATION, INVALID)
        claims = json.loads(_decoded(token.split(".")[1]))
        return TokenLogin(f"{provider.namespace}:{claims['upn']}", datetime.fromtimestamp(claims["exp"], UTC))


def jwt(claims: Mapping[str, Any], key: bytes) -> str:
    """Make a JWT (HS256)."""
    parts = [_encoded(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
    body = ".".join(parts)
    return f"{body}.{_signature(body, key)}"


def _signature(body: str, key: bytes) -> str:
    return _encoded(hmac.new(key, body.encode(), hashlib.sha256).digest())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
