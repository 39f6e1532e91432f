"""Airflow's AWS connections, as the auth core borrows them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_rsauth.auth.aws import BotoSession, client_config
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.modes.aws_connection import undefined

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
    from airflow.providers.common.compat.sdk import Connection

    from airflow_provider_rsauth.auth.aws import AwsSession


class AirflowAwsConnections:
    """
    The AWS connections of this Airflow. Each is looked up once, found or not.

    :param subject: the Redshift connection that asks, for messages.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._find = cache(_find)

    def is_defined(self, conn_id: str) -> bool:
        """
        Tell whether a connection is defined.

        :param conn_id: its id.
        """
        return self._find(conn_id) is not None

    def session(self, aws_conn_id: str | None, region: str | None) -> AwsSession:
        """
        Return the AWS session that a connection describes, with all that the amazon provider can do.

        :param aws_conn_id: the connection's id; ``None`` for boto3's default credential chain.
        :param region: the region to work in, before the connection's own.
        :raises InvalidSettings: there is no such connection. The amazon provider would go on with whatever
            credentials the worker has, which is somebody else's sign-in.
        """
        from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

        self._connection(aws_conn_id)
        return _HookSession(AwsGenericHook(aws_conn_id=aws_conn_id, region_name=region), region)

    def fingerprint(self, aws_conn_id: str | None) -> str:
        """
        Return the content of an AWS connection as a text; it is a secret.

        :param aws_conn_id: the connection's id.
        """
        connection = self._connection(aws_conn_id)
        if connection is None:
            return ""
        return json.dumps([connection.login, connection.password, connection.host, connection.extra])

    def _connection(self, aws_conn_id: str | None) -> Connection | None:
        if not aws_conn_id:
            return None
        if not self.is_defined(aws_conn_id):
            raise InvalidSettings(self.subject, [undefined(aws_conn_id)])
        return self._find(aws_conn_id)


def _find(conn_id: str) -> Connection | None:
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None


class _HookSession(BotoSession):
    """The identity of an AWS connection; clients get the endpoint, CA and settings of that connection."""

    def __init__(self, hook: AwsGenericHook[Any], region: str | None) -> None:
        super().__init__(hook.get_session(region_name=region))
        self._hook = hook

    def client(self, service: str, region: str | None) -> Any:
        config = client_config()
        return self._session.client(
            service,
            region_name=region or self.region,
            config=config.merge(self._hook.config) if self._hook.config else config,
            verify=self._hook.verify,
            endpoint_url=self._hook.conn_config.get_service_endpoint_url(service),
        )
