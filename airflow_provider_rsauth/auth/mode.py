"""What an auth mode is: a declared way to sign in, with its fields and one question to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from airflow_provider_rsauth.auth.aws import AwsSession, assume_role
from airflow_provider_rsauth.auth.broker import utc_now
from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.fields import (
    AuthProfileName,
    AwsConnId,
    ExternalId,
    RoleArn,
    RoleSessionName,
    Settings,
)
from airflow_provider_rsauth.auth.identity_center.store import SignInStore, file_store
from airflow_provider_rsauth.auth.target import Target


class AwsConnections(Protocol):
    """The AWS connections of Airflow, lent to the core by the layer that knows Airflow."""

    def session(self, aws_conn_id: str | None, region: str | None) -> AwsSession:
        """
        Return the AWS session that a connection describes.

        :param aws_conn_id: the connection's id; ``None`` for boto3's default credential chain.
        :param region: the region to work in, before the connection's own.
        :raises InvalidSettings: the connection does not exist.
        """

    def fingerprint(self, aws_conn_id: str | None) -> str:
        """
        Return a text that differs when the connection's content differs; it is a secret.

        :param aws_conn_id: the connection's id.
        """


@dataclass(frozen=True, slots=True)
class SignInContext:
    """
    What an auth mode may use of the world around it.

    :param subject: the connection, for messages.
    :param aws_connections: the AWS connections of Airflow.
    :param register_secret: told every secret before anything can print it.
    :param scope: whose credential it is to be; credentials are not shared between scopes (task runs).
    :param now: the clock, UTC.
    :param conn_id: the connection's id, for commands in remedies.
    :param sign_in_store: where sign-ins to IAM Identity Center are kept, by the setting ``sign_in_store``.
    """

    subject: str
    aws_connections: AwsConnections
    register_secret: Callable[[str], None]
    scope: Hashable = None
    now: Callable[[], datetime] = field(default=utc_now)
    conn_id: str = "CONN_ID"
    sign_in_store: Callable[[str], SignInStore] = field(default=file_store)


EXAMPLE_CLUSTER = {"host": "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com", "schema": "dev"}


class AuthMode(Settings, ABC):
    """
    A way to sign in. Subclasses declare fields and say who signs in.

    :cvar name: the tag in the connection's ``auth_mode``.
    :cvar title: the name that people see.
    :cvar summary: whose identity it is, in one line.
    :cvar fields_in_words: the fields of its own, in Markdown, where "optional" does not say all of it.
    :cvar example_place: host and database of the mode's example.
    :cvar example_login: the login, and password if any, of the mode's example.
    :cvar example_extra: what the example's extra holds besides the mode.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    fields_in_words: ClassVar[str] = ""
    example_place: ClassVar[dict[str, str]] = EXAMPLE_CLUSTER
    example_login: ClassVar[dict[str, str]] = {"login": "etl"}
    example_extra: ClassVar[dict[str, Any]] = {}

    @classmethod
    def needs_identifier(cls, options: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """
        Tell whether AWS will be asked about the cluster or workgroup, so that it must be known.

        :param options: the connection's options.
        """
        return False

    @property
    def asks_aws(self) -> bool:
        """Whether AWS is asked for the credential, so that it is worth keeping; else it is there at hand."""
        return True

    @classmethod
    def example(cls) -> dict[str, Any]:
        """Return the least that a connection in this mode needs, for documentation and tests."""
        return {
            **cls.example_place,
            **cls.example_login,
            "extra": {"auth_mode": cls.name, **cls.example_extra},
        }


class DirectMode(AuthMode):
    """A mode that knows user and password for the database by itself; no AWS API is called for them."""

    @property
    def asks_aws(self) -> bool:
        """Nobody is asked."""
        return False

    @abstractmethod
    def credential(self, context: SignInContext) -> Credential:
        """
        Return the database credential.

        :param context: what the mode may use.
        """


class IdentityMode(AuthMode):
    """
    A mode that yields an AWS identity.

    :cvar no_region: what is said where nothing shows the region to ask in.
    """

    no_region: ClassVar[str] = (
        "missing. The host does not show it and the AWS identity names none; fill in the region of the cluster or "
        "workgroup"
    )

    role_arn: RoleArn = None
    external_id: ExternalId = None
    role_session_name: RoleSessionName = None

    @abstractmethod
    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the AWS session of this identity, before the role of the connection is assumed.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """

    def session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the AWS session that asks for a credential.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        session = self.base_session(context, region)
        if not self.role_arn:
            return session
        for secret in session.secrets():
            context.register_secret(secret)
        return assume_role(session, self.role_arn, self.external_id, self.role_session_name, region)

    def fingerprint(self, context: SignInContext) -> str:  # noqa: ARG002
        """
        Return what the identity depends on besides the fields of the mode; it is a secret.

        :param context: what the mode may use.
        """
        return ""

    @property
    def implied_region(self) -> str | None:
        """The region that the fields of the mode show."""
        return None


class AwsMode(IdentityMode):
    """
    A mode whose AWS identity asks Redshift for a temporary credential.

    :cvar claims_database_user: whether who signs in may say, too, who the database user is.
    """

    claims_database_user: ClassVar[bool] = False

    auth_profile: AuthProfileName = None

    def database_user(
        self,
        declared: DatabaseUser,
        context: SignInContext,  # noqa: ARG002
        region: str | None,  # noqa: ARG002
    ) -> DatabaseUser:
        """
        Return the database user to ask for.

        :param declared: what the connection says.
        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        return declared

    @classmethod
    def needs_identifier(cls, options: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """
        Tell that AWS will be asked for a credential for the cluster or workgroup.

        :param options: the connection's options.
        """
        return True


class KeptLoginMode(IdentityMode):
    """A mode whose AWS identity reads user and password where they are kept."""

    @abstractmethod
    def kept_login(
        self, context: SignInContext, session: AwsSession, target: Target
    ) -> tuple[Credential, Target]:
        """
        Return the database credential, and the target with what is kept beside it filled in.

        :param context: what the mode may use.
        :param session: who reads.
        :param target: what the connection says, which wins.
        """


class AirflowAwsIdentity(IdentityMode):
    """The identity of an AWS connection of Airflow; without one, of boto3's default chain."""

    aws_conn_id: AwsConnId = None

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the session of the AWS connection.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        return context.aws_connections.session(self.aws_conn_id, region)

    def fingerprint(self, context: SignInContext) -> str:
        """
        Return the content of the AWS connection: another identity under the same id is another identity.

        :param context: what the mode may use.
        """
        return context.aws_connections.fingerprint(self.aws_conn_id)
