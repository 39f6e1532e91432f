"""Sign in as the identity of an Airflow AWS connection, or of the worker itself."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.mode import AirflowAwsIdentity, AwsMode
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


class AwsConnection(AirflowAwsIdentity, AwsMode):
    """An AWS connection of Airflow; without one, boto3's default chain (environment, container, instance)."""

    name: ClassVar[str] = "aws_connection"
    title: ClassVar[str] = "Airflow AWS connection"
    summary: ClassVar[str] = "an Airflow AWS connection or, without one, the worker's own AWS identity"
    example_extra: ClassVar[dict[str, Any]] = {"aws_conn_id": "aws_default"}
