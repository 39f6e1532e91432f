"""Sign in as the identity of an Airflow AWS connection, or of the worker itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.fields import SIGN_IN, Ui
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext


class AwsConnection(AwsMode):
    """An AWS connection of Airflow; without one, boto3's default chain (environment, container, instance)."""

    name: ClassVar[str] = "aws_connection"
    title: ClassVar[str] = "Airflow AWS connection"
    summary: ClassVar[str] = "an Airflow AWS connection or, without one, the worker's own AWS identity"
    example_extra: ClassVar[dict[str, Any]] = {"aws_conn_id": "aws_default"}

    aws_conn_id: Annotated[
        str | None,
        Ui(
            "AWS connection ID",
            "Airflow connection of type Amazon Web Services. Empty: the worker's own identity (environment, "
            "container or instance role).",
            SIGN_IN,
        ),
    ] = None

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
