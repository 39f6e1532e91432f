"""AssumeRoleWithWebIdentity of the sandbox: who gets in, and who does not."""

from __future__ import annotations

import base64
import json
from typing import Any

import boto3
import jwt
from botocore import UNSIGNED
from botocore.config import Config

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from tests.sandbox.clients import aws, cluster_credentials, refused_call

INVALID = "InvalidIdentityToken"
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
SUBJECT = "system:serviceaccount:airflow:worker"


def call(sandbox: Sandbox) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    client = boto3.client("sts", endpoint_url=sandbox.endpoint_url, region_name="us-east-1", config=config)
    return client.assume_role_with_web_identity


def asked(sandbox: Sandbox, token: str | None = None, **changes: Any) -> dict[str, Any]:
    facts = {"RoleArn": sandbox.oidc.role_arn, "RoleSessionName": "dag"}
    return {**facts, "WebIdentityToken": token or sandbox.oidc.token(), **changes}


def refused(sandbox: Sandbox, token: str | None = None, **changes: Any) -> tuple[str, str, int]:
    return refused_call(call(sandbox), **asked(sandbox, token, **changes))


def test_a_token_gives_keys_of_the_role(sandbox):
    answer = call(sandbox)(**asked(sandbox))
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"].endswith(":oidc-provider/oidc.sandbox.example.com/id/5A1DB0C5")
    given = answer["Credentials"]
    keys = AccessKeys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/WebIdentityReader/dag"
    assert aws(sandbox, "sts", keys).get_caller_identity()["Arn"] == arn
    assert cluster_credentials(sandbox, keys)[0] == "IAM:etl"


def test_the_sdk_signs_in_with_a_token_in_a_file(sandbox, monkeypatch, tmp_path):
    (tmp_path / "token").write_text(sandbox.oidc.token())
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", sandbox.oidc.role_arn)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    client = boto3.Session(region_name=sandbox.region).client("sts")
    assert ":assumed-role/WebIdentityReader/" in client.get_caller_identity()["Arn"]


def test_one_of_several_audiences_is_enough(sandbox):
    token = sandbox.oidc.token(audience=["other", "sts.amazonaws.com"])
    assert call(sandbox)(**asked(sandbox, token))["Audience"] == "sts.amazonaws.com"


def test_a_token_runs_out(sandbox):
    code, text, status = refused(sandbox, sandbox.oidc.token(seconds=-5))
    assert (code, status) == ("ExpiredTokenException", 400)
    assert text.startswith("Token expired: current date/time ")


def test_a_token_signed_by_somebody_else_is_refused(sandbox):
    role_arn = sandbox.oidc.role_arn
    sandbox.oidc.sign_with()
    assert refused(sandbox, RoleArn=role_arn) == (INVALID, "Token signature invalid", 400)


def test_a_token_that_names_another_algorithm_is_refused(sandbox):
    claims = jwt.decode(sandbox.oidc.token(), options={"verify_signature": False})
    none = jwt.encode(claims, None, "none")
    shared = jwt.encode(claims, "a secret of thirty-two characters", "HS256")
    for token in (none, shared):
        assert refused(sandbox, token)[0] == INVALID


def test_nonsense_is_refused(sandbox):
    without_issuer = base64.urlsafe_b64encode(json.dumps({"sub": "x"}).encode()).decode().rstrip("=")
    for token in ("nonsense", f"e30.{without_issuer}.e30"):
        code, text, _ = refused(sandbox, token)
        assert code == INVALID
        assert text.startswith("The ID Token provided is not a valid JWT.")


def test_an_unknown_issuer_is_refused(sandbox):
    token = sandbox.oidc.token(claims={"iss": "https://other.example.com"})
    text = "No OpenIDConnect provider found in your account for https://other.example.com"
    assert refused(sandbox, token) == (INVALID, text, 400)


def test_the_keys_of_a_registered_stranger_cannot_be_had(sandbox):
    aws(sandbox, "iam").create_open_id_connect_provider(
        Url="https://stranger.example.com", ClientIDList=["sts.amazonaws.com"]
    )
    code, text, _ = refused(sandbox, sandbox.oidc.token(claims={"iss": "https://stranger.example.com"}))
    assert code == INVALID
    assert text.startswith("Couldn't retrieve verification key")


def test_the_audience_must_be_registered(sandbox):
    token = sandbox.oidc.token(audience="other")
    assert refused(sandbox, token) == (INVALID, "Incorrect token audience", 400)


def test_the_role_must_trust_the_subject(sandbox):
    assert refused(sandbox, sandbox.oidc.token(subject="system:serviceaccount:x:y")) == NOT_AUTHORIZED
    assert refused(sandbox, RoleArn=sandbox.role_arn) == NOT_AUTHORIZED
    assert refused(sandbox, RoleArn=f"{sandbox.oidc.role_arn}-missing") == NOT_AUTHORIZED


def test_the_duration_is_limited_by_the_role(sandbox):
    aws(sandbox, "iam").update_role(RoleName="WebIdentityReader", MaxSessionDuration=3600)
    try:
        assert refused(sandbox, DurationSeconds=7200)[0] == "ValidationError"
        assert call(sandbox)(**asked(sandbox, DurationSeconds=900))["Credentials"]
    finally:
        aws(sandbox, "iam").update_role(RoleName="WebIdentityReader", MaxSessionDuration=43200)


def test_no_token_is_recorded(sandbox):
    token = sandbox.oidc.token()
    call(sandbox)(**asked(sandbox, token))
    assert token not in repr(sandbox.calls.all)
