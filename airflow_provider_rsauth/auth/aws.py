"""AWS sessions and clients, as the auth modes make them and the issuer uses them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self

from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import NoAwsIdentity

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 20
ATTEMPTS = 5

ROLE_SESSION_SECONDS = 900
"""The shortest role session that STS gives: it serves one call."""

SESSION_NAME = "airflow-provider-rsauth"
"""The name of a role session that is given none."""


class AwsSession(Protocol):
    """An AWS identity that can make clients."""

    @property
    def region(self) -> str | None:
        """The region that the identity's own configuration names."""

    def secrets(self) -> tuple[str, ...]:
        """Return the secret parts of the credentials that the identity has now."""

    def client(self, service: str, region: str | None) -> Any:
        """
        Return a client.

        :param service: the service, such as ``redshift-serverless``.
        :param region: the region; ``None`` for the identity's own.
        """


class BotoSession:
    """
    An AWS identity held by a boto3 session.

    :param session: the boto3 session.
    """

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        _never_ask_for_mfa(session)

    @classmethod
    def of_keys(cls, key_id: str, secret: str, token: str | None, region: str | None) -> Self:
        """
        Return the identity that access keys belong to.

        :param key_id: the access key ID.
        :param secret: the secret access key.
        :param token: the session token of temporary keys.
        :param region: the region to work in.
        """
        import boto3

        return cls(
            boto3.Session(
                aws_access_key_id=key_id,
                aws_secret_access_key=secret,
                aws_session_token=token,
                region_name=region,
            )
        )

    @property
    def region(self) -> str | None:
        """The region that the session's own configuration names."""
        region: str | None = self._session.region_name
        return region

    def secrets(self) -> tuple[str, ...]:
        """Return the secret parts of the credentials that the session has now; none if it has no credentials."""
        credentials = self._session.get_credentials()
        if credentials is None:
            return ()
        now = credentials.get_frozen_credentials()
        return tuple(filter(None, (now.secret_key, now.token)))

    def client(self, service: str, region: str | None) -> Any:
        """
        Return a client that gives up in bounded time and retries only what can succeed.

        :param service: the service, such as ``redshift-serverless``.
        :param region: the region; ``None`` for the session's own.
        """
        return self._session.client(service, region_name=region or self.region, config=client_config())


def client_config() -> Config:
    """Return botocore's settings for the calls of a sign-in: bounded time, retries with jitter."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        user_agent_extra="airflow-provider-rsauth",
    )


def unsigned_client(service: str, region: str | None) -> Any:
    """
    Return a client for calls that need no AWS identity.

    :param service: the service, such as ``sso-oidc``.
    :param region: its region; ``None`` for that of the worker's environment.
    """
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.session import Session

    config = client_config().merge(Config(signature_version=UNSIGNED))
    nobody = Session(session_vars={"profile": (None, None, None, None)})  # whatever AWS_PROFILE says
    return boto3.Session(botocore_session=nobody, region_name=region).client(service, config=config)


def assume_role(
    session: AwsSession,
    role_arn: str,
    external_id: str | None,
    session_name: str | None,
    region: str | None,
) -> BotoSession:
    """
    Assume an IAM role (STS AssumeRole) and return its session.

    :param session: who assumes the role.
    :param role_arn: the role.
    :param external_id: the external ID that the role's trust policy asks for.
    :param session_name: the role session's name in CloudTrail.
    :param region: the region whose STS is asked; ``None`` for the session's own.
    :raises NotAllowed: the role's trust policy, or a policy of the caller, does not allow it.
    """
    request: dict[str, Any] = {
        "RoleArn": role_arn,
        "RoleSessionName": session_name or SESSION_NAME,
        "DurationSeconds": ROLE_SESSION_SECONDS,
    }
    if external_id:
        request["ExternalId"] = external_id
    keys = asking_aws(lambda: session.client("sts", region).assume_role(**request))["Credentials"]
    return BotoSession.of_keys(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region or session.region
    )


def _never_ask_for_mfa(session: boto3.Session) -> None:
    """Keep botocore from asking for the code of an ``mfa_serial`` at standard input, and waiting there."""
    from botocore.exceptions import UnknownCredentialError

    # A session factory of the user's own may have put together other providers.
    with suppress(AttributeError, UnknownCredentialError):
        providers = session._session.get_component("credential_provider")
        providers.get_provider("assume-role")._prompter = _refuse_mfa


def _refuse_mfa(_: str) -> str:
    raise NoAwsIdentity(
        "The AWS profile asks for an MFA code (mfa_serial), which nobody can type on a worker.",
        remedy="Use a profile with a role that needs no MFA, for machines.",
        code="MfaRequired",
    )
