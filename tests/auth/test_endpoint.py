"""Where the connection names no host, AWS says where, at which port and to which database."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.endpoint import Endpoint, discover
from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.auth.target import Target

ADDRESS = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
CLUSTER = {
    "ClusterStatus": "available",
    "DBName": "sales",
    "Endpoint": {"Address": ADDRESS, "Port": 5555},
}
WORKGROUP = {"status": "AVAILABLE", "endpoint": {"address": ADDRESS, "port": 5556}}


class Account:
    """An AWS account with one cluster and one workgroup, as its own session and client."""

    region = "us-west-2"

    def __init__(
        self, cluster: dict[str, Any] | None = None, workgroup: dict[str, Any] | None = None
    ) -> None:
        self.cluster, self.workgroup = cluster or CLUSTER, workgroup or WORKGROUP
        self.asked: list[Any] = []

    def secrets(self) -> tuple[str, ...]:
        return ()

    def client(self, service: str, region: str | None) -> Account:
        self.asked += [service, region]
        return self

    def describe_clusters(self, **request: str) -> dict[str, Any]:
        self.asked.append(request)
        return {"Clusters": [self.cluster]}

    def get_workgroup(self, **request: str) -> dict[str, Any]:
        self.asked.append(request)
        return {"workgroup": self.workgroup}


def target(**fields: Any) -> Target:
    fields = {"cluster_identifier": "examplecluster", **fields}
    if "serverless_work_group" in fields:
        del fields["cluster_identifier"]
    return parse(RawConnection("wh", login="etl", extra={"region": "us-west-2", **fields})).target


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param({}, Endpoint(ADDRESS, 5555, "sales"), id="all as the cluster says"),
        pytest.param({"port": 5440}, Endpoint(ADDRESS, 5440, "sales"), id="port of the connection"),
        pytest.param({"database": "dev"}, Endpoint(ADDRESS, 5555, "dev"), id="database of the connection"),
        pytest.param(
            {"serverless_work_group": "wg1"}, Endpoint(ADDRESS, 5556, "dev"), id="all as the workgroup says"
        ),
        pytest.param(
            {"serverless_work_group": "wg1", "database": "sales", "port": 5440},
            Endpoint(ADDRESS, 5440, "sales"),
            id="workgroup, port and database of the connection",
        ),
    ],
)
def test_what_the_connection_leaves_out_is_as_aws_says(fields, found):
    assert discover(target(**fields), Account()) == found


def test_the_question_names_the_target_and_its_region():
    account = Account()
    discover(target(), account)
    discover(target(serverless_work_group="wg1"), account)
    assert account.asked == [
        *("redshift", "us-west-2", {"ClusterIdentifier": "examplecluster"}),
        *("redshift-serverless", "us-west-2", {"workgroupName": "wg1"}),
    ]


@pytest.mark.parametrize(
    ("account", "fields", "said"),
    [
        pytest.param(
            Account(cluster={"ClusterStatus": "paused", "DBName": "sales"}),
            {},
            "cluster 'examplecluster' in us-west-2 has no endpoint for now; its status is 'paused'",
            id="cluster paused",
        ),
        pytest.param(
            Account(workgroup={"status": "CREATING"}),
            {"serverless_work_group": "wg1"},
            "workgroup 'wg1' in us-west-2 has no endpoint for now; its status is 'CREATING'",
            id="workgroup being created",
        ),
    ],
)
def test_a_target_without_endpoint_is_told(account, fields, said):
    with pytest.raises(errors.Unreachable) as caught:
        discover(target(**fields), account)
    assert said in str(caught.value)
    assert "resume it" in caught.value.remedy
    assert caught.value.code == "NoEndpoint"
