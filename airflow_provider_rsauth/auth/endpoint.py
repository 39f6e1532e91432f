"""Where to connect: as the connection says or, where it names no host, as AWS says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.target import DEFAULT_DATABASE, DEFAULT_PORT, Target


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    Where to connect.

    :param host: the host.
    :param port: the port.
    :param database: the database.
    """

    host: str
    port: int
    database: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"


def known_endpoint(target: Target) -> Endpoint | None:
    """
    Return the endpoint if the connection names the host, so that AWS need not be asked.

    :param target: the cluster or workgroup.
    """
    if not target.host:
        return None
    return Endpoint(target.host, target.port or DEFAULT_PORT, target.database or DEFAULT_DATABASE)


def discover(target: Target, session: AwsSession) -> Endpoint:
    """
    Ask AWS for the endpoint (redshift:DescribeClusters, redshift-serverless:GetWorkgroup).

    :param target: the cluster or workgroup.
    :param session: who asks.
    :raises NotFound: there is no such cluster or workgroup in the account and region.
    :raises Unreachable: it has no endpoint for now, being paused or created.
    """
    if target.is_serverless:
        answer = asking_aws(
            lambda: session.client("redshift-serverless", target.region).get_workgroup(
                workgroupName=target.identifier
            ),
            target,
        )["workgroup"]
        return _endpoint(answer.get("endpoint", {}), answer.get("status", ""), None, target)
    answer = asking_aws(
        lambda: session.client("redshift", target.region).describe_clusters(
            ClusterIdentifier=target.identifier
        ),
        target,
    )["Clusters"][0]
    return _endpoint(
        answer.get("Endpoint", {}), answer.get("ClusterStatus", ""), answer.get("DBName"), target
    )


def _endpoint(answer: dict[str, Any], status: str, database: str | None, target: Target) -> Endpoint:
    address = {key.lower(): value for key, value in answer.items()}
    if not address.get("address"):
        raise errors.Unreachable(
            f"The {target} has no endpoint for now; its status is {status!r}.",
            remedy="Wait until it is available; resume it if it is paused.",
            code="NoEndpoint",
        )
    return Endpoint(
        host=address["address"],
        port=target.port or address.get("port") or DEFAULT_PORT,
        database=target.database or database or DEFAULT_DATABASE,
    )
