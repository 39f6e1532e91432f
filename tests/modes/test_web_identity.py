"""A role assumed with a JWT: its file, its renewal, and every way in which STS refuses it."""

from __future__ import annotations

import logging

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth import sign_in as signing_in
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.tokens import jwt

ASSUME = "AssumeRoleWithWebIdentity"
CLAIMS = {
    "iss": "https://issuer.example.com",
    "aud": ["sts.amazonaws.com"],
    "sub": "system:serviceaccount:a:b",
}
TOLD = "The token says: iss https://issuer.example.com; aud sts.amazonaws.com; sub system:serviceaccount:a:b."


def new_token(**claims) -> str:
    return jwt({**CLAIMS, **claims}, b"key")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "token"


@pytest.fixture
def hook(define, file):
    """A hook whose token is in a file."""
    file.write_text(new_token())
    extra = {"web_identity_token_file": str(file), "web_identity_token": None}
    return RedshiftIAMHook(define("redshift_web_identity", extra=extra))


def refusal(hook: RedshiftIAMHook, kind: type[errors.RsAuthError]) -> str:
    with pytest.raises(kind) as caught:
        hook.get_conn()
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return str(error)


def test_the_role_is_assumed_once_and_by_nobody_else(redshift, hook, file, caplog):
    token = redshift.oidc.token()
    file.write_text(token)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="redshift_connector")
    for _ in range(3):
        assert hook.get_first("select current_user") == ("etl",)
    assert [call.action for call in redshift.calls.all] == [ASSUME, "GetClusterCredentials"]
    asked = redshift.calls.all[0]
    assert asked.access_key_id == ""
    assert asked.parameters["RoleArn"] == redshift.oidc.role_arn
    assert asked.parameters["RoleSessionName"] == "airflow-provider-rsauth"
    assert asked.parameters["DurationSeconds"] == "900"
    assert token not in caplog.text


def test_the_role_session_has_the_name_it_is_given(redshift, define):
    hook = RedshiftIAMHook(define("redshift_web_identity", extra={"role_session_name": "nightly"}))
    works, message = hook.test_connection()
    assert works, message
    assert "assumed-role/WebIdentityReader/nightly" in message


def test_the_file_is_read_at_each_renewal(redshift, hook, file, monkeypatch):
    """Kubernetes writes a new token before the old one expires."""
    from airflow_provider_rsauth.auth.modes import web_identity

    read = []
    from_file = web_identity.from_file
    monkeypatch.setattr(
        web_identity, "from_file", lambda *said, **how: read.append(from_file(*said, **how)) or read[-1]
    )
    tokens = [redshift.oidc.token(claims={"jti": each}) for each in ("first", "second")]
    for token in tokens:
        file.write_text(token)
        signing_in.broker.forget_all()
        hook.get_conn().close()
    assert [each.get_secret_value() for each in read] == tokens
    assert redshift.calls.count(ASSUME) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read on this machine: No such file or directory"),
        ("", "it is empty"),
        ("not-a-jwt", "it is not a JWT, which has three parts"),
        ("a.b.c.d", "it is not a JWT"),
        ("a.b." + "c" * 20000, "it has 20004 characters"),
    ],
    ids=["missing", "empty", "one part", "four parts", "large"],
)
def test_a_file_without_a_jwt_is_told_without_a_call(redshift, hook, file, content, said):
    file.unlink()
    if content is not None:
        file.write_text(content)
    text = refusal(hook, errors.UnusableToken)
    assert said in text
    assert f"The file '{file}' (web_identity_token_file)" in text
    assert redshift.calls.count() == 0


@pytest.mark.parametrize(
    ("code", "message", "kind", "said"),
    [
        pytest.param(
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            errors.NotAllowed,
            ["WebIdentityReader may not be assumed with this token", "trust policy", "aud and sub", TOLD],
            id="trust policy",
        ),
        pytest.param(
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://issuer.example.com",
            errors.NotFound,
            ["does not know the issuer", "create-open-id-connect-provider", "account in role_arn", TOLD],
            id="no provider",
        ),
        pytest.param(
            "InvalidIdentityToken",
            "Incorrect token audience",
            errors.SignInRefused,
            ["does not take the audience", "add-client-id-to-open-id-connect-provider", TOLD],
            id="audience",
        ),
        pytest.param(
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider",
            errors.SignInRefused,
            ["cannot verify the token", "reachable from the internet"],
            id="key",
        ),
        pytest.param(
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration date/time",
            errors.Expired,
            ["The token in web_identity_token_file has expired", "Fetch a new one", "kubelet"],
            id="expired",
        ),
        pytest.param("IDPRejectedClaim", "no", errors.SignInRefused, ["Fetch a new one"], id="rejected"),
        pytest.param("IDPCommunicationError", "no", errors.Unavailable, ["try again"], id="unreachable"),
    ],
)
def test_a_refusal_of_sts_is_told(redshift, hook, code, message, kind, said):
    redshift.faults.refuse(ASSUME, code, message)
    text = refusal(hook, kind)
    for part in (code, message, *said):
        assert part in text
    assert new_token() not in text


def test_an_expired_token_in_the_connection_is_told(redshift, define):
    redshift.faults.refuse(ASSUME, "ExpiredTokenException", "Token expired")
    text = refusal(RedshiftIAMHook(define("redshift_web_identity")), errors.Expired)
    assert "name that in web_identity_token_file" in text


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"role_arn": None}, "IAM role to assume (role_arn): missing"),
        (
            {"web_identity_token": None},
            "JWT file (web_identity_token_file): missing. Fill it in, or web_identity_token",
        ),
        ({"web_identity_token_file": "/t"}, "web_identity_token_file and web_identity_token are given"),
        ({"web_identity_token": "hunter2"}, "JWT (web_identity_token): is not a JWT"),
        ({"external_id": "shared"}, "External ID (external_id): not used"),
    ],
    ids=str,
)
def test_what_is_missing_is_told_without_a_call(redshift, define, extra, said):
    text = refusal(RedshiftIAMHook(define("redshift_web_identity", extra=extra)), errors.InvalidSettings)
    assert said in text
    assert "hunter2" not in text
    assert redshift.calls.count() == 0


def test_a_missing_region_is_told(define):
    hook = RedshiftIAMHook(define("redshift_web_identity", extra={"region": None}))
    assert "region" in refusal(hook, errors.RsAuthError)
