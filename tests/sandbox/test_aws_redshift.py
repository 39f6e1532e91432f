from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_rsauth.sandbox import Sandbox, SandboxError
from tests.sandbox.clients import aws, cluster_credentials, connect, refused_call

ASKED = {"ClusterIdentifier": "examplecluster", "DbUser": "etl"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"DurationSeconds": 60},
        {"DurationSeconds": 3601},
        {"DbUser": "IAM:etl"},
        {"DbUser": "1st"},
        {"DbUser": "x" * 65},
        {"DbUser": "PUBLIC"},
        {"DbName": "a/b"},
        {"DbGroups": ["Analysts"]},
        {"ClusterIdentifier": ""},
    ],
)
def test_values_out_of_range_are_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    code, _, status = refused_call(aws(sandbox, "redshift").get_cluster_credentials, **{**ASKED, **wrong})
    assert (code, status) == ("InvalidParameterValue", 400)


@pytest.mark.parametrize("call", ["get_cluster_credentials", "describe_clusters"])
def test_an_unknown_cluster_is_not_found(sandbox: Sandbox, call: str) -> None:
    asked = {"ClusterIdentifier": "Examplecluster"} | ({"DbUser": "etl"} if call.startswith("get") else {})
    refused = refused_call(getattr(aws(sandbox, "redshift"), call), **asked)
    assert refused == ("ClusterNotFound", "Cluster Examplecluster not found.", 404)


def test_a_cluster_exists_in_its_region_only(sandbox: Sandbox) -> None:
    elsewhere = aws(sandbox, "redshift", region="eu-west-1")
    assert refused_call(elsewhere.get_cluster_credentials, **ASKED)[0] == "ClusterNotFound"
    assert elsewhere.describe_clusters()["Clusters"] == []


def test_an_unknown_custom_domain_is_not_found(sandbox: Sandbox) -> None:
    client = aws(sandbox, "redshift")
    refused = refused_call(client.get_cluster_credentials, DbUser="etl", CustomDomainName="db.example.com")
    assert refused[0] == "CustomDomainAssociationNotFoundFault"


def test_custom_domains_tell_to_what_they_belong(sandbox: Sandbox) -> None:
    sandbox.add_custom_domain("Dwh.example.com", "examplecluster")
    sandbox.add_custom_domain("wg.example.com", "example-workgroup")
    client, serverless = aws(sandbox, "redshift"), aws(sandbox, "redshift-serverless")
    (association,) = client.describe_custom_domain_associations()["Associations"]
    belongs = {"CustomDomainName": "dwh.example.com", "ClusterIdentifier": "examplecluster"}
    assert association["CertificateAssociations"] == [belongs]
    found = client.describe_custom_domain_associations(CustomDomainName="dwh.example.com")
    assert found["Associations"] == [association]
    (listed,) = serverless.list_custom_domain_associations()["associations"]
    assert (listed["customDomainName"], listed["workgroupName"]) == ("wg.example.com", "example-workgroup")
    sandbox.remove_custom_domains()
    assert client.describe_custom_domain_associations()["Associations"] == []
    refused = refused_call(client.describe_custom_domain_associations, CustomDomainName="dwh.example.com")
    assert refused[0] == "CustomDomainAssociationNotFoundFault"


def test_a_custom_domain_needs_a_cluster_or_workgroup(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="'missing' is none of examplecluster"):
        sandbox.add_custom_domain("dwh.example.com", "missing")


def test_the_cluster_tells_where_it_is(sandbox: Sandbox) -> None:
    (cluster,) = aws(sandbox, "redshift").describe_clusters(ClusterIdentifier="examplecluster")["Clusters"]
    assert cluster["Endpoint"] == {"Address": "localhost", "Port": sandbox.cluster.port}
    assert (cluster["DBName"], cluster["ClusterStatus"]) == ("dev", "available")


@pytest.mark.parametrize("seconds", [900, 3600])
def test_the_expiration_is_what_was_asked_for(sandbox: Sandbox, seconds: int) -> None:
    answer = aws(sandbox, "redshift").get_cluster_credentials(**ASKED, DurationSeconds=seconds)
    left = (answer["Expiration"] - datetime.now(UTC)).total_seconds()
    assert seconds - 5 < left <= seconds
    assert "NextRefreshTime" not in answer


def test_the_workgroup_tells_where_it_is(sandbox: Sandbox) -> None:
    workgroup = aws(sandbox, "redshift-serverless").get_workgroup(workgroupName="example-workgroup")[
        "workgroup"
    ]
    assert workgroup["endpoint"] == {"address": "localhost", "port": sandbox.workgroup.port}
    assert workgroup["workgroupArn"].endswith(f":workgroup/{workgroup['workgroupId']}")
    assert workgroup["status"] == "AVAILABLE"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        (
            {"workgroupName": "missing"},
            "ResourceNotFoundException",
            "Serverless workgroup missing not found.",
        ),
        ({"workgroupName": "UPPER"}, "ValidationException", "Invalid value for workgroupName: UPPER"),
        ({}, "ValidationException", "Either workgroupName or customDomainName must be given."),
        (
            {"workgroupName": "example-workgroup", "durationSeconds": 60},
            "ValidationException",
            "Invalid value for durationSeconds: 60. It must be between 900 and 3600.",
        ),
    ],
)
def test_a_workgroup_refuses(sandbox: Sandbox, asked: dict[str, Any], code: str, message: str) -> None:
    refused = refused_call(aws(sandbox, "redshift-serverless").get_credentials, **asked)
    assert refused == (code, message, 400)


def test_what_moto_has_works_as_well(sandbox: Sandbox) -> None:
    secrets = aws(sandbox, "secretsmanager")
    secrets.create_secret(Name="login", SecretString='{"username": "etl"}')
    assert secrets.get_secret_value(SecretId="login")["SecretString"] == '{"username": "etl"}'
    s3 = aws(sandbox, "s3")
    s3.create_bucket(Bucket=f"bucket-{sandbox.account_id}")
    s3.put_object(Bucket=f"bucket-{sandbox.account_id}", Key="a b/ü.txt", Body=b"content")
    got = s3.get_object(Bucket=f"bucket-{sandbox.account_id}", Key="a b/ü.txt")
    assert got["Body"].read() == b"content"


def test_calls_are_counted_without_secrets(sandbox: Sandbox) -> None:
    cluster_credentials(sandbox, DbName="dev")
    aws(sandbox, "secretsmanager").create_secret(Name="hidden", SecretString="very secret")
    assert sandbox.calls.count("GetClusterCredentials") == 1
    assert sandbox.calls.count() == 2
    call = sandbox.calls.all[0]
    assert (call.service, call.access_key_id) == ("redshift", sandbox.keys.access_key_id)
    assert (call.parameters["DbUser"], call.parameters["DbName"]) == ("etl", "dev")
    assert "very secret" not in repr(sandbox.calls.all)
    sandbox.calls.clear()
    assert sandbox.calls.all == []


def test_refused_calls_are_counted_too(sandbox: Sandbox) -> None:
    refused_call(aws(sandbox, "redshift").get_cluster_credentials, **ASKED, DurationSeconds=1)
    assert sandbox.calls.count("GetClusterCredentials") == 1


def test_clients_follow_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(sandbox.keys.access_key_id, sandbox.keys.secret_access_key)
    answer = session.client("redshift", region_name="us-east-1").get_cluster_credentials(**ASKED)
    with connect(sandbox.cluster, (answer["DbUser"], answer["DbPassword"])):
        assert sandbox.logins[-1].accepted
