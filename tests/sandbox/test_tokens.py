"""The gateway takes tokens as the driver's own plugins send them."""

from __future__ import annotations

from typing import Any

import pytest
import redshift_connector

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.clients import aws, query, refused_call, refused_login

PERSON = "joe@example.com"
NOBODY = ("", "")


def of_identity_center(
    token: str | None, kind: str | None = "ACCESS_TOKEN", **options: Any
) -> dict[str, Any]:
    return {"credentials_provider": "IdpTokenAuthPlugin", "token": token, "token_type": kind, **options}


def test_the_drivers_plugin_logs_in_with_a_token_of_identity_center(sandbox: Sandbox) -> None:
    token = sandbox.tokens.issue(PERSON)
    assert query(sandbox.cluster, NOBODY, **of_identity_center(token)) == [("AWSIDC:joe@example.com",)]


def test_the_drivers_plugin_gets_a_token_with_enhanced_keys(sandbox: Sandbox) -> None:
    keys = sandbox.temporary_keys(person=PERSON)
    enhanced = {
        "access_key_id": keys.access_key_id,
        "secret_access_key": keys.secret_access_key,
        "session_token": keys.session_token,
        "cluster_identifier": sandbox.cluster.name,
        "region": sandbox.region,
        "endpoint_url": sandbox.endpoint_url,
    }
    options = {"credentials_provider": "IdpTokenAuthPlugin", **enhanced}
    assert query(sandbox.cluster, NOBODY, **options) == [("AWSIDC:joe@example.com",)]
    assert sandbox.logins[-1].api == "redshift:GetIdentityCenterAuthToken"


def test_the_drivers_plugin_logs_in_with_a_jwt_of_a_native_provider(sandbox: Sandbox) -> None:
    """By the driver's constructor: its connect wants AWS credentials for this plugin."""
    provider = sandbox.tokens.register("entra", "entra")
    target = sandbox.cluster
    with redshift_connector.Connection(
        user="",
        password="",
        host=target.host,
        port=target.port,
        database=target.database,
        credentials_provider="redshift_connector.plugin.BasicJwtCredentialsProvider",
        web_identity_token=provider.issue_token(PERSON),
        provider_name="entra",
        application_name="test",
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("select current_user")
        assert cursor.fetchone() == ["entra:joe@example.com"]


@pytest.mark.parametrize(
    ("issued", "options", "text"),
    [
        ({"seconds": -1}, {}, "Token credentials expired or invalid"),
        ({"kind": "SUBJECT_TOKEN"}, {}, "TYPE_INVALID_TOKEN"),
        ({"targets": ["othercluster"]}, {}, "invalid token"),
        (
            {"in_scope": False},
            {},
            "Invalid scope. User's credentials are not authorized to connect to Amazon Redshift",
        ),
        ({}, {"identity_namespace": "nowhere"}, "AWS IdC identity provider does not exist"),
        ({}, {"token": "unknown"}, "invalid token"),
    ],
)
def test_a_wrong_token_is_refused(
    sandbox: Sandbox, issued: dict[str, Any], options: dict[str, Any], text: str
) -> None:
    options = {**of_identity_center(sandbox.tokens.issue(PERSON, **issued)), **options}
    assert refused_login(sandbox.cluster, NOBODY, **options) == ("28000", text)
    assert sandbox.logins[-1].message == text


def test_a_token_of_one_cluster_opens_no_other(sandbox: Sandbox) -> None:
    client = aws(sandbox, "redshift", sandbox.temporary_keys(person=PERSON))
    token = client.get_identity_center_auth_token(ClusterIds=[sandbox.cluster.name])["Token"]
    options = of_identity_center(token, "SUBJECT_TOKEN")
    assert query(sandbox.cluster, NOBODY, **options) == [("AWSIDC:joe@example.com",)]
    other = sandbox.targets["othercluster"]
    assert refused_login(other, NOBODY, **options) == ("28000", "invalid token")


def test_only_enhanced_keys_get_a_token(sandbox: Sandbox) -> None:
    ask = aws(sandbox, "redshift").get_identity_center_auth_token
    assert refused_call(ask, ClusterIds=[sandbox.cluster.name])[0] == "UnsupportedOperation"
    ask = aws(sandbox, "redshift-serverless").get_identity_center_auth_token
    assert refused_call(ask, workgroupNames=[sandbox.workgroup.name])[0] == "UnsupportedOperationFault"


def test_the_ranges_are_those_of_aws(sandbox: Sandbox) -> None:
    keys = sandbox.temporary_keys(person=PERSON)
    ask = aws(sandbox, "redshift", keys).get_identity_center_auth_token
    assert refused_call(ask, ClusterIds=[])[0] == "RedshiftInvalidParameter"
    assert refused_call(ask, ClusterIds=["c"] * 21)[0] == "RedshiftInvalidParameter"
    assert refused_call(ask, ClusterIds=["nowhere"])[0] == "ClusterNotFound"
    ask = aws(sandbox, "redshift-serverless", keys).get_identity_center_auth_token
    assert refused_call(ask, workgroupNames=["nowhere"])[0] == "ResourceNotFoundException"


def test_a_user_of_an_identity_provider_has_no_password(sandbox: Sandbox) -> None:
    with pytest.raises(ConnectionAbortedError, match="no token was provided"):
        query(sandbox.cluster, ("AWSIDC:joe@example.com", "x"))
