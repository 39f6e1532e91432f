"""Sign in as the identity of an Airflow AWS connection, or of the worker itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.fields import SIGN_IN, Ui
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.problems import shown


def undefined(aws_conn_id: str) -> Problem:
    """
    Return what is wrong where Airflow has no such AWS connection.

    :param aws_conn_id: the id that the connection names.
    """
    return Problem(
        "aws_conn_id",
        f"there is no Airflow connection {shown(aws_conn_id) or 'of this name'}. Create it (type Amazon Web Services), "
        "correct the name, or clear the field to use the worker's own AWS identity",
        AwsConnection.ui("aws_conn_id").label,
    )


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
