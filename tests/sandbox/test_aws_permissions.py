from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.aws.policy import Decision, decide
from tests.sandbox.clients import aws, refused_call


def policy(*statements: tuple[str, str]) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in statements]}


CREDENTIALS = {"ClusterIdentifier": "examplecluster", "DbUser": "etl"}
CASES = [
    (
        "redshift",
        "get_cluster_credentials",
        CREDENTIALS,
        "redshift:GetClusterCredentials",
        "dbuser:{c}/etl",
        [],
    ),
    (
        "redshift",
        "get_cluster_credentials",
        {**CREDENTIALS, "DbName": "dev"},
        "redshift:GetClusterCredentials",
        "dbname:{c}/dev",
        [("redshift:GetClusterCredentials", "arn:aws:redshift:*:*:dbuser:*")],
    ),
    (
        "redshift",
        "get_cluster_credentials",
        {**CREDENTIALS, "AutoCreate": True},
        "redshift:CreateClusterUser",
        "dbuser:{c}/etl",
        [("redshift:GetClusterCredentials", "*")],
    ),
    (
        "redshift",
        "get_cluster_credentials",
        {**CREDENTIALS, "DbGroups": ["analysts", "loaders"]},
        "redshift:JoinGroup",
        "dbgroup:{c}/loaders",
        [
            ("redshift:GetClusterCredentials", "*"),
            ("redshift:JoinGroup", "arn:aws:redshift:*:*:dbgroup:*/analysts"),
        ],
    ),
    (
        "redshift",
        "get_cluster_credentials_with_iam",
        {"ClusterIdentifier": "examplecluster", "DbName": "dev"},
        "redshift:GetClusterCredentialsWithIAM",
        "dbname:{c}/dev",
        [],
    ),
    (
        "redshift",
        "describe_clusters",
        {"ClusterIdentifier": "examplecluster"},
        "redshift:DescribeClusters",
        "cluster:{c}",
        [],
    ),
]


@pytest.mark.parametrize(("service", "call", "parameters", "action", "resource", "allowed"), CASES)
def test_a_missing_permission_is_named_with_its_arn(
    sandbox: Sandbox,
    service: str,
    call: str,
    parameters: dict[str, Any],
    action: str,
    resource: str,
    allowed: list[tuple[str, str]],
) -> None:
    name = f"user-{abs(hash((call, resource, action)))}"
    keys = sandbox.create_access_keys(name, policy(*allowed) if allowed else None)
    user = f"arn:aws:iam::{sandbox.account_id}:user/{name}"
    arn = f"arn:aws:redshift:us-east-1:{sandbox.account_id}:{resource.format(c='examplecluster')}"
    text = (
        f"User: {user} is not authorized to perform: {action} on resource: {arn} "
        f"because no identity-based policy allows the {action} action"
    )
    assert refused_call(getattr(aws(sandbox, service, keys), call), **parameters) == (
        "AccessDenied",
        text,
        403,
    )


@pytest.mark.parametrize("call", ["get_credentials", "get_workgroup"])
def test_a_missing_permission_for_a_workgroup_is_named(sandbox: Sandbox, call: str) -> None:
    parts = call.split("_")
    action = f"redshift-serverless:{parts[0].title()}{parts[1].title()}"
    arn = aws(sandbox, "redshift-serverless").get_workgroup(workgroupName="example-workgroup")["workgroup"][
        "workgroupArn"
    ]
    role = sandbox.create_role(f"Powerless-{parts[1]}", policy(("s3:*", "*")))
    client = aws(sandbox, "redshift-serverless", sandbox.temporary_keys(role))
    session = f"arn:aws:sts::{sandbox.account_id}:assumed-role/Powerless-{parts[1]}/sandbox"
    text = (
        f"User: {session} is not authorized to perform: {action} on resource: {arn} "
        f"because no identity-based policy allows the {action} action"
    )
    refused = refused_call(getattr(client, call), workgroupName="example-workgroup")
    assert refused == ("AccessDeniedException", text, 400)


def test_the_least_policy_is_enough(sandbox: Sandbox) -> None:
    where = f"arn:aws:redshift:us-east-1:{sandbox.account_id}"
    least = policy(
        ("redshift:GetClusterCredentials", f"{where}:dbuser:examplecluster/etl"),
        ("redshift:GetClusterCredentials", f"{where}:dbname:examplecluster/dev"),
    )
    keys = sandbox.create_access_keys("least", least)
    client = aws(sandbox, "redshift", keys)
    assert client.get_cluster_credentials(**CREDENTIALS, DbName="dev")["DbUser"] == "IAM:etl"
    assert (
        refused_call(client.get_cluster_credentials, **{**CREDENTIALS, "DbUser": "analyst"})[0]
        == "AccessDenied"
    )


def test_an_explicit_deny_wins(sandbox: Sandbox) -> None:
    document = policy(("*", "*"))
    document["Statement"].append({"Effect": "Deny", "Action": "redshift:Get*", "Resource": "*"})
    keys = sandbox.create_access_keys("denied", document)
    _, message, _ = refused_call(aws(sandbox, "redshift", keys).get_cluster_credentials, **CREDENTIALS)
    assert message.endswith("with an explicit deny in an identity-based policy")


ALLOW = {"Effect": "Allow", "Action": "redshift:Get*", "Resource": "*"}
CONTEXT = {"redshift:dbuser": "etl", "redshift:durationseconds": "900", "aws:username": "etl"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (ALLOW, Decision.ALLOWED),
        ({**ALLOW, "Action": ["redshift:getclustercredentials"]}, Decision.ALLOWED),
        ({**ALLOW, "Action": "redshift:Describe*"}, Decision.UNMENTIONED),
        ({**ALLOW, "Effect": "Deny"}, Decision.DENIED),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, Decision.ALLOWED),
        ({"Effect": "Allow", "Action": "*", "NotResource": "*:dbuser:c/e?l"}, Decision.UNMENTIONED),
        ({**ALLOW, "Resource": "*:dbuser:c/${redshift:DbUser}"}, Decision.ALLOWED),
        ({**ALLOW, "Resource": "*:dbuser:c/[e]tl"}, Decision.UNMENTIONED),
        ({**ALLOW, "Condition": {"StringEquals": {"redshift:DbUser": ["a", "etl"]}}}, Decision.ALLOWED),
        ({**ALLOW, "Condition": {"StringNotEquals": {"redshift:DbUser": "etl"}}}, Decision.UNMENTIONED),
        (
            {**ALLOW, "Condition": {"NumericLessThanEquals": {"redshift:DurationSeconds": 900}}},
            Decision.ALLOWED,
        ),
        ({**ALLOW, "Condition": {"StringEquals": {"redshift:DbName": "dev"}}}, Decision.UNMENTIONED),
        ({**ALLOW, "Condition": {"StringEqualsIfExists": {"redshift:DbName": "dev"}}}, Decision.ALLOWED),
        ({**ALLOW, "Condition": {"Null": {"redshift:DbName": True}}}, Decision.ALLOWED),
        ({**ALLOW, "Condition": {"Unheard": {"redshift:DbUser": "etl"}}}, Decision.UNMENTIONED),
    ],
)
def test_a_statement_is_evaluated_as_iam_does(statement: dict[str, Any], expected: Decision) -> None:
    resource = "arn:aws:redshift:us-east-1:123456789012:dbuser:c/etl"
    document = {"Statement": statement}
    assert decide([document], "redshift:GetClusterCredentials", resource, CONTEXT) is expected


def test_a_secret_is_read_by_whom_a_policy_allows(sandbox: Sandbox) -> None:
    """By name and by ARN; who may not read it is not told whether it exists."""
    arn = sandbox.create_secret("permissions/one", {"username": "x"})
    where = f"arn:aws:secretsmanager:us-east-1:{sandbox.account_id}:secret"
    keys = sandbox.create_access_keys("reader", policy(("secretsmanager:GetSecretValue", arn)))
    get = aws(sandbox, "secretsmanager", keys).get_secret_value
    for secret_id in ("permissions/one", arn):
        assert get(SecretId=secret_id)["SecretString"] == '{"username": "x"}'
    sandbox.create_secret("permissions/one", b"binary")
    assert get(SecretId=arn)["SecretBinary"] == b"binary"
    assert get(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == '{"username": "x"}'
    for secret_id in ("nowhere", f"{where}:nowhere-AbCdEf"):
        text = (
            f"User: arn:aws:iam::{sandbox.account_id}:user/reader is not authorized to perform: "
            f"secretsmanager:GetSecretValue on resource: {secret_id} "
            "because no identity-based policy allows the secretsmanager:GetSecretValue action"
        )
        assert refused_call(get, SecretId=secret_id) == ("AccessDeniedException", text, 400)
    code, message, _ = refused_call(get, SecretId=arn, VersionStage="AWSPENDING")
    assert code == "ResourceNotFoundException"
    assert message.endswith("secret value for staging label: AWSPENDING")
