"""Sign in with a database user and password that a secret in AWS Secrets Manager holds."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential, Origin
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import UnusableSecret
from airflow_provider_rsauth.auth.fields import Ui, matching
from airflow_provider_rsauth.auth.mode import AirflowAwsIdentity, KeptLoginMode, SignInContext
from airflow_provider_rsauth.auth.secret import Secret, completed, read_secret
from airflow_provider_rsauth.auth.secret_diagnosis import GET_SECRET_VALUE, Asked, explain_secret_error
from airflow_provider_rsauth.auth.target import REGION, Target

SECTION = "AWS Secrets Manager"

_NAME = r"[\w/+=.@!-]{1,512}"
_ARN = rf"arn:aws[a-z-]*:secretsmanager:(?P<region>{REGION}):\d{{12}}:secret:{_NAME}"


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

    secret_id: Annotated[
        str,
        matching(
            rf"(?:{_ARN}|{_NAME})",
            "the name or ARN of a secret, such as redshift/etl or arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX",
        ),
        Ui("Secret", "Name of the secret, or its ARN, which a secret of another account needs.", SECTION),
    ]
    secret_version: Annotated[
        str | None,
        matching(r"[\w/+=.@!-]{1,256}", "a staging label, such as AWSPREVIOUS, or the ID of a version"),
        Ui("Version", "Staging label or ID of the secret's version; AWSCURRENT when empty.", SECTION),
    ] = None

    @property
    def implied_region(self) -> str | None:
        """The region that the secret's ARN shows."""
        match = re.fullmatch(_ARN, self.secret_id)
        return match["region"] if match else None

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
        answer = asking_aws(
            lambda: session.client("secretsmanager", region).get_secret_value(**asked.request),
            explain=lambda error: explain_secret_error(error, asked),
        )
        return read_secret(answer, asked.title)
