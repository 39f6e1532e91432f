"""Sign in with a database user and password that a secret in AWS Secrets Manager holds."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential, Origin
from airflow_provider_rsauth.auth.errors import UnusableSecret
from airflow_provider_rsauth.auth.mode import AirflowAwsIdentity, KeptLoginMode, SignInContext
from airflow_provider_rsauth.auth.secrets_manager.diagnosis import GET_SECRET_VALUE, Asked
from airflow_provider_rsauth.auth.secrets_manager.fields import (
    SECRET_ID,
    SECRET_ID_UI,
    SecretVersion,
    region_in,
)
from airflow_provider_rsauth.auth.secrets_manager.secret import Secret, completed, read_secret
from airflow_provider_rsauth.auth.target import Target


class SecretsManager(AirflowAwsIdentity, KeptLoginMode):
    """A secret with user, password and, if it has them, host, port, database or cluster; an AWS identity reads it."""

    name: ClassVar[str] = "secrets_manager"
    title: ClassVar[str] = "AWS Secrets Manager"
    summary: ClassVar[str] = (
        "a database user whose password, and host if you like, is in a secret of AWS Secrets Manager"
    )
    no_region: ClassVar[str] = (
        "missing. secret_id is a name, which does not show it, nor does a host, and the AWS identity names none; fill in "
        "the region of the secret, or its whole ARN"
    )
    example_place: ClassVar[dict[str, str]] = {}
    example_login: ClassVar[dict[str, str]] = {}
    example_extra: ClassVar[dict[str, Any]] = {
        "secret_id": "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift/etl-AbCdEf",
        "aws_conn_id": "aws_default",
    }

    secret_id: Annotated[str, SECRET_ID, SECRET_ID_UI]
    secret_version: SecretVersion = None

    @property
    def implied_region(self) -> str | None:
        """The region that the secret's ARN shows."""
        return region_in(self.secret_id)

    def kept_login(
        self, context: SignInContext, session: AwsSession, target: Target
    ) -> tuple[Credential, Target]:
        """
        Return user and password of the secret, and the target with what else it says.

        :param context: what the mode may use.
        :param session: who reads the secret.
        :param target: what the connection says, which wins.
        :raises UnusableSecret: the secret does not say what is needed.
        """
        secret = self._read(session, self.implied_region or target.region or session.region)
        if isinstance(secret, UnusableSecret):
            raise secret
        context.register_secret(secret.password)
        now, origin = context.now(), Origin.SECRET
        credential = Credential(secret.user, secret.password, now, api=GET_SECRET_VALUE, origin=origin)
        return credential, completed(target, secret, self.implied_region)

    def _read(self, session: AwsSession, region: str | None) -> Secret | UnusableSecret:
        asked = Asked(self.secret_id, self.secret_version, region)
        return read_secret(asked.ask(session), asked.title)
