"""What the modes have in common that log in with the token of an identity provider instead of user and password."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import SecretStr, model_validator

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential, Origin
from airflow_provider_rsauth.auth.errors import UnusableSecret
from airflow_provider_rsauth.auth.mode import AirflowAwsIdentity, SignInContext
from airflow_provider_rsauth.auth.secrets_manager.diagnosis import GET_SECRET_VALUE, Asked
from airflow_provider_rsauth.auth.secrets_manager.fields import (
    SECRET_ID,
    SECRET_ID_UI,
    SecretVersion,
    region_in,
)
from airflow_provider_rsauth.auth.secrets_manager.secret import read_token
from airflow_provider_rsauth.auth.target import Target
from airflow_provider_rsauth.auth.tokens.token import expiry, from_file, one_of


class TokenMode(AirflowAwsIdentity):
    """
    A mode whose login is a token: from the connection, a file of the worker, or a secret in Secrets Manager.

    Only the secret, and the host where the connection does not name it, need an AWS identity.

    :cvar token_field: the field that holds the token; the one that names a file is the same with ``_file``.
    :cvar asks_for_a_token: whether AWS issues a token where the connection has none.
    """

    no_region: ClassVar[str] = (
        "missing. Neither the host nor secret_id shows it, and the AWS identity names none; fill in the region of the "
        "cluster or workgroup"
    )
    example_login: ClassVar[dict[str, str]] = {}
    token_field: ClassVar[str]
    asks_for_a_token: ClassVar[bool] = False

    secret_id: Annotated[str | None, SECRET_ID, SECRET_ID_UI] = None
    secret_version: SecretVersion = None

    @classmethod
    def sources(cls) -> tuple[str, str, str]:
        """Return the fields from which a token may come."""
        return cls.token_field, f"{cls.token_field}_file", "secret_id"

    @classmethod
    def needs_identifier(cls, options: Mapping[str, Any]) -> bool:
        """
        Tell whether AWS will be asked about the cluster or workgroup.

        :param options: the connection's options.
        """
        has_token = any(name in options for name in cls.sources())
        return "host" not in options or (cls.asks_for_a_token and not has_token)

    @property
    def is_jwt(self) -> bool:
        """Whether the token has to be a JWT."""
        return True

    @property
    def asks_aws(self) -> bool:
        """Whether AWS is asked for the token."""
        return not self._given(self.token_field) and not self._given(f"{self.token_field}_file")

    @property
    def implied_region(self) -> str | None:
        """The region that the secret's ARN shows."""
        return region_in(self.secret_id) if self.secret_id else None

    @abstractmethod
    def presented_as(self) -> dict[str, str]:
        """Return what the driver is told of the token."""

    def token_login(self, context: SignInContext, session: AwsSession | None, target: Target) -> Credential:
        """
        Return the token as a credential.

        :param context: what the mode may use.
        :param session: the AWS identity, where AWS is asked.
        :param target: the cluster or workgroup.
        :raises UnusableToken: the file cannot be read, or holds no token.
        :raises UnusableSecret: the secret holds no token.
        """
        token, origin, api = self._token(context, session, target)
        if isinstance(token, UnusableSecret):
            raise token
        text, now = token.get_secret_value(), context.now()
        return Credential("", text, now, expiry(token), api, origin, self.presented_as())

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [name for name in self.sources() if self._given(name)]
        one_of(given, self.sources(), may_be_none=self.asks_for_a_token)
        return self

    def _given(self, name: str) -> Any:
        return getattr(self, name)

    def _token(
        self, context: SignInContext, session: AwsSession | None, target: Target
    ) -> tuple[SecretStr | UnusableSecret, Origin, str]:
        token: SecretStr | UnusableSecret
        file = f"{self.token_field}_file"
        if self.secret_id and session:
            token, origin, api = self._in_secret(session, target), Origin.SECRET, GET_SECRET_VALUE
        elif path := self._given(file):
            token, origin, api = from_file(path, file, is_jwt=self.is_jwt), Origin.FILE, ""
        else:
            token, origin, api = self._given(self.token_field), Origin.CONNECTION, ""
        if isinstance(token, SecretStr):
            context.register_secret(token.get_secret_value())
        return token, origin, api

    def _in_secret(self, session: AwsSession, target: Target) -> SecretStr | UnusableSecret:
        region = self.implied_region or target.region or session.region
        asked = Asked(self.secret_id or "", self.secret_version, region)
        return read_token(asked.ask(session), asked.title, is_jwt=self.is_jwt)
