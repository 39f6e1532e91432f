"""The real clients, pointed at a sandbox."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import redshift_connector
from botocore.config import Config
from botocore.exceptions import ClientError

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from airflow_provider_rsauth.sandbox.target import Target


def aws(sandbox: Sandbox, service: str, keys: AccessKeys | None = None, region: str | None = None) -> Any:
    keys = keys or sandbox.keys
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint_url,
        region_name=region or sandbox.region,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(retries={"max_attempts": 0}),
    )


def cluster_credentials(
    sandbox: Sandbox, keys: AccessKeys | None = None, **parameters: Any
) -> tuple[str, str]:
    asked = {"DbUser": "etl", "ClusterIdentifier": sandbox.cluster.name, **parameters}
    answer = aws(sandbox, "redshift", keys).get_cluster_credentials(**asked)
    return answer["DbUser"], answer["DbPassword"]


def iam_credentials(sandbox: Sandbox, keys: AccessKeys | None = None) -> tuple[str, str]:
    client = aws(sandbox, "redshift", keys)
    answer = client.get_cluster_credentials_with_iam(ClusterIdentifier=sandbox.cluster.name)
    assert answer["NextRefreshTime"] == answer["Expiration"]
    return answer["DbUser"], answer["DbPassword"]


def workgroup_credentials(sandbox: Sandbox, keys: AccessKeys | None = None) -> tuple[str, str]:
    client = aws(sandbox, "redshift-serverless", keys)
    answer = client.get_credentials(workgroupName=sandbox.workgroup.name)
    assert answer["nextRefreshTime"] == answer["expiration"]
    return answer["dbUser"], answer["dbPassword"]


def connect(target: Target, login: tuple[str, str], database: str = "dev", **options: Any) -> Any:
    user, password = login
    options = {"host": target.host, "ssl": True, "sslmode": "verify-full", **options}
    return redshift_connector.connect(
        user=user,
        password=password,
        port=target.port,
        database=database,
        iam=False,
        application_name="test",
        **options,
    )


def query(
    target: Target, login: tuple[str, str], sql: str = "SELECT current_user", **options: Any
) -> list[Any]:
    with connect(target, login, **options) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def refused_login(target: Target, login: tuple[str, str], **options: Any) -> tuple[str, str]:
    with pytest.raises(redshift_connector.Error) as caught:
        connect(target, login, **options)
    facts = caught.value.args[0]
    return facts["C"], facts["M"]


def refused_call(call: Any, **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
