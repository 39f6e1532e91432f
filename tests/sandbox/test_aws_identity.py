from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from tests.sandbox.clients import aws, cluster_credentials, refused_call

INVALID = "The security token included in the request is invalid"
EXPIRED = "The security token included in the request is expired"


def spoilt(sandbox: Sandbox, how: str) -> AccessKeys:
    temporary = sandbox.temporary_keys()
    return {
        "unknown key": replace(sandbox.keys, access_key_id="AKIAUNKNOWNUNKNOWN12"),
        "no token": replace(temporary, session_token=None),
        "wrong token": replace(temporary, session_token="wrong"),
        "token with a user's key": replace(sandbox.keys, session_token="wrong"),
    }[how]


@pytest.mark.parametrize("how", ["unknown key", "no token", "wrong token", "token with a user's key"])
def test_keys_that_do_not_belong_together_are_refused(sandbox: Sandbox, how: str) -> None:
    keys = spoilt(sandbox, how)
    assert refused_call(aws(sandbox, "redshift", keys).describe_clusters) == (
        "InvalidClientTokenId",
        INVALID,
        403,
    )
    serverless = aws(sandbox, "redshift-serverless", keys)
    code, message, _ = refused_call(serverless.get_workgroup, workgroupName="example-workgroup")
    assert (code, message) == ("UnrecognizedClientException", INVALID)
    assert refused_call(aws(sandbox, "sts", keys).get_caller_identity)[0] == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("service", "call", "parameters"),
    [
        ("redshift", "describe_clusters", {"ClusterIdentifier": "examplecluster"}),
        ("redshift-serverless", "get_workgroup", {"workgroupName": "example-workgroup"}),
        ("sts", "get_caller_identity", {}),
        ("iam", "list_users", {}),
        ("s3", "list_buckets", {}),
        ("secretsmanager", "list_secrets", {}),
    ],
)
def test_a_wrong_secret_is_noticed_by_every_service(
    sandbox: Sandbox, service: str, call: str, parameters: dict[str, Any]
) -> None:
    getattr(aws(sandbox, service), call)(**parameters)
    getattr(aws(sandbox, service, sandbox.temporary_keys()), call)(**parameters)
    wrong = replace(sandbox.keys, secret_access_key="wrong")
    code, message, _ = refused_call(getattr(aws(sandbox, service, wrong), call), **parameters)
    assert code in ("SignatureDoesNotMatch", "InvalidSignatureException")
    assert message.startswith("The request signature we calculated does not match")


def test_a_session_ends(sandbox: Sandbox) -> None:
    keys = sandbox.temporary_keys(seconds=1)
    aws(sandbox, "redshift", keys).describe_clusters()
    time.sleep(1.1)
    assert refused_call(aws(sandbox, "redshift", keys).describe_clusters) == ("ExpiredToken", EXPIRED, 403)
    serverless = aws(sandbox, "redshift-serverless", keys)
    refused = refused_call(serverless.get_credentials, workgroupName="example-workgroup")
    assert refused == ("ExpiredTokenException", EXPIRED, 400)


def test_a_role_is_assumed_over_the_api(sandbox: Sandbox) -> None:
    sts = aws(sandbox, "sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{sandbox.account_id}:user/airflow"
    assert sts.get_caller_identity()["Account"] == sandbox.account_id
    answer = sts.assume_role(RoleArn=sandbox.role_arn, RoleSessionName="dag")["Credentials"]
    keys = AccessKeys(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/RedshiftReader/dag"
    assert aws(sandbox, "sts", keys).get_caller_identity()["Arn"] == arn
    assert cluster_credentials(sandbox, keys)[0] == "IAM:etl"


def test_a_role_asks_for_its_external_id(sandbox: Sandbox) -> None:
    arn = sandbox.create_role("Partner", external_id="shibboleth")
    sts = aws(sandbox, "sts")
    user = f"arn:aws:iam::{sandbox.account_id}:user/airflow"
    text = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    asked = {"RoleArn": arn, "RoleSessionName": "dag"}
    assert refused_call(sts.assume_role, **asked) == ("AccessDenied", text, 403)
    assert refused_call(sts.assume_role, **asked, ExternalId="wrong") == ("AccessDenied", text, 403)
    assert sts.assume_role(**asked, ExternalId="shibboleth")["Credentials"]


def test_a_role_that_does_not_exist_cannot_be_assumed(sandbox: Sandbox) -> None:
    arn = f"arn:aws:iam::{sandbox.account_id}:role/Missing"
    code, message, _ = refused_call(aws(sandbox, "sts").assume_role, RoleArn=arn, RoleSessionName="dag")
    assert code == "AccessDenied"
    assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")


def test_a_user_without_permission_cannot_assume_a_role(sandbox: Sandbox) -> None:
    keys = sandbox.create_access_keys("visitor", None)
    refused = refused_call(
        aws(sandbox, "sts", keys).assume_role, RoleArn=sandbox.role_arn, RoleSessionName="dag"
    )
    assert refused[0] == "AccessDenied"


def test_keys_hide_their_secrets(sandbox: Sandbox) -> None:
    keys = sandbox.temporary_keys()
    assert keys.access_key_id in repr(keys)
    assert keys.secret_access_key not in repr(keys)
    assert str(keys.session_token) not in repr(keys)
