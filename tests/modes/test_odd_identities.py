"""An AWS identity that is broken in any way is an error of ours that says what to do, and shows no secret."""

from __future__ import annotations

import os
import shlex
import sys

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

CANARY = "wJalrXUtnFEMI-canary-K7MDENG"
GET = "GetClusterCredentials"


def refusal(conn_id: str, kind: type[errors.RsAuthError], **settings) -> errors.RsAuthError:
    """Return the error of a connection; its test tells the same."""
    with pytest.raises(errors.RsAuthError) as caught:
        RedshiftIAMHook(conn_id, **settings).get_conn()
    error = caught.value
    assert type(error) is kind
    works, message = RedshiftIAMHook(conn_id, **settings).test_connection()
    assert works is False
    assert error.remedy in message
    for hidden in (str(error), repr(vars(error)), repr(error.__cause__), repr(error.__context__), message):
        assert CANARY not in hidden
    return error


@pytest.fixture
def profile(define, tmp_path, monkeypatch):
    """Define a profile and a connection that uses it."""

    def define_profile(*lines: str) -> str:
        config = tmp_path / "config"
        config.write_text("\n".join(["[profile odd]", *lines, "[profile keys]", *KEYS, ""]))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        return define("redshift_profile", extra={"profile": "odd", "role_arn": None}, login="etl")

    return define_profile


KEYS = ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = s")


def process(code: str) -> str:
    return f"credential_process = {shlex.join([sys.executable, '-c', code])}"


@pytest.mark.parametrize("broken", ["{0}\nmore", "{0}\r\nmore", "two {0}", "{0}\tx", "{0}\x7f"])
@pytest.mark.parametrize("field", ["secret_access_key", "session_token"])
def test_a_secret_that_was_copied_in_pieces_is_refused(define, redshift, field, broken):
    """In an HTTP header, a line break would raise an error that shows the header."""
    extra = {
        "access_key_id": "ASIAIOSFODNN7EXAMPLE",
        "secret_access_key": "s",
        "session_token": "t",
        field: broken.format(CANARY),
    }
    conn_id = define("redshift_access_key", extra=extra)
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    assert f"({field}): has a blank or line break in it" in str(caught.value)
    assert CANARY not in str(caught.value) + repr(caught.value.__context__)
    assert redshift.calls.count() == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("credential_process = /no/such/program", "FileNotFoundError", id="missing"),
        pytest.param(process(f"print('{CANARY}')"), "JSONDecodeError", id="prints no JSON"),
        pytest.param(
            process(f"import sys; sys.exit('{CANARY}')"), "CredentialRetrievalError", id="fails with a secret"
        ),
        pytest.param(process("print('{}')"), "CredentialRetrievalError", id="prints no keys"),
    ],
)
def test_a_credential_process_that_fails_is_told_without_its_output(profile, line, code):
    error = refusal(profile(line), errors.NoAwsIdentity)
    assert error.code == code
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_profile_with_mfa_is_refused_and_nobody_is_asked(profile, redshift, monkeypatch):
    reading, writing = os.pipe()
    os.write(writing, b"123456\n")
    with os.fdopen(reading) as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("somebody was asked"))
        error = refusal(
            profile(
                f"role_arn = {redshift.role_arn}",
                "source_profile = keys",
                f"mfa_serial = arn:aws:iam::{redshift.account_id}:mfa/me",
            ),
            errors.NoAwsIdentity,
        )
        assert error.code == "MfaRequired"
        assert typed.readline() == "123456\n"
    os.close(writing)
    assert redshift.calls.count() == 0


def test_the_workers_own_profile_is_refused_for_mfa_too(profile, define, redshift, monkeypatch):
    profile(f"role_arn = {redshift.role_arn}", "source_profile = keys", "mfa_serial = arn:aws:iam::1:mfa/me")
    monkeypatch.setenv("AWS_PROFILE", "odd")
    error = refusal(define(extra={"aws_conn_id": None}), errors.NoAwsIdentity)
    assert error.code == "MfaRequired"


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(
            {"role_arn": "arn:aws:iam::123456789012:role/R", "assume_role_method": "bogus"},
            id="unknown assume_role_method",
        ),
        pytest.param(
            {"role_arn": "arn:aws:iam::123456789012:role/R", "assume_role_method": "assume_role_with_saml"},
            id="SAML settings missing",
        ),
        pytest.param({"config_kwargs": {"bogus": 1}}, id="unknown option of botocore"),
        pytest.param({"endpoint_url": "nota url"}, id="endpoint that is no URL"),
    ],
)
def test_a_broken_aws_connection_is_told(define, redshift, extra):
    define("aws_sandbox", conn_id="aws_sandbox", password=CANARY, extra=extra)
    error = refusal("redshift_iam_default", errors.NoAwsIdentity)
    assert "AWS connection" in error.remedy
    assert redshift.calls.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"extra": {"aws_conn_id": CANARY + "/+:"}}, id="AWS connection"),
        pytest.param({"extra": {"auth_mode": "profile", "profile": CANARY + "/+:"}}, id="profile"),
    ],
)
def test_a_name_that_could_be_a_secret_is_not_repeated(define, changes):
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(define(**changes)).get_conn()
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("policy", ["service control", "resource-based", "session"])
def test_an_explicit_deny_is_not_answered_with_allowing_it(redshift, policy):
    user = f"arn:aws:iam::{redshift.account_id}:user/airflow"
    resource = f"arn:aws:redshift:us-east-1:{redshift.account_id}:dbuser:examplecluster/etl"
    said = f"is not authorized to perform: redshift:{GET} on resource: {resource} with an explicit deny in a {policy} policy"
    redshift.faults.refuse(GET, "AccessDenied", f"User: {user} {said}", status=403)
    error = refusal("redshift_iam_default", errors.NotAllowed)
    assert error.message == (
        f"AWS does not allow redshift:{GET} on {resource} to {user}, with an explicit deny in a {policy} policy."
    )
    assert error.remedy.startswith("A policy forbids it, so allowing it elsewhere does not help")
    assert (error.action, error.resource) == (f"redshift:{GET}", resource)


def test_a_wrong_secret_at_serverless_is_told(define, redshift):
    """Services with a JSON protocol have another name for it."""
    conn_id = define(
        "redshift_serverless",
        extra={
            "auth_mode": "access_key",
            "access_key_id": redshift.keys.access_key_id,
            "secret_access_key": CANARY,
        },
    )
    error = refusal(conn_id, errors.NoAwsIdentity)
    assert error.code == "InvalidSignatureException"
    assert "does not belong to the access key ID" in error.message
