"""With every log at DEBUG nothing secret appears anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

SCRIPT = """
import logging, os, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
logging.getLogger("redshift_connector").setLevel(logging.DEBUG)

from airflow_provider_rsauth.hooks import redshift_iam
secrets = []
registered = redshift_iam.mask_secret
redshift_iam.mask_secret = lambda secret: (secrets.append(secret), registered(secret))

logging.getLogger().setLevel(logging.DEBUG)
conn_id, refused, register = sys.argv[1:]
hook = redshift_iam.RedshiftIAMHook(conn_id)
if refused == "accepted":
    print(hook.get_records("select current_user"), file=sys.stderr)
    connection = hook.get_conn()
    print(repr(connection), repr(hook), hook.test_connection(), hook.get_uri(), repr(hook.sign_in.mode), file=sys.stderr)
else:
    try:
        hook.get_conn()
    except Exception as error:
        traceback.print_exception(error)
        print(repr(error), vars(error), file=sys.stderr)
    else:
        sys.exit("was not refused")
open(register, "w").write("\\n".join(secrets))
"""


@pytest.fixture
def run(tmp_path):
    """Sign in in a process of its own; return the secrets that were registered and everything that was printed."""

    def sign_in(conn_id: str, outcome: str) -> tuple[set[str], str]:
        register = tmp_path / "secrets"
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, conn_id, outcome, register],
            env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"},
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
        return set(register.read_text().splitlines()), done.stdout + done.stderr

    return sign_in


@pytest.mark.parametrize(
    "conn_id",
    [
        "redshift_iam_default",
        "redshift_access_key",
        "redshift_profile",
        "redshift_identity_center",
        "redshift_serverless",
        "redshift_secret",
        "redshift_adfs",
        "redshift_ping",
        "redshift_okta",
        "redshift_azure_ad",
        "redshift_web_identity",
        "redshift_identity_center_token",
        "redshift_native_idp_token",
        "redshift_password",
    ],
)
def test_a_sign_in_at_debug_prints_no_secret(redshift, approve, run, conn_id):
    approve(conn_id)
    secrets, output = run(conn_id, "accepted")
    assert "redshift_connector" in output
    assert "DEBUG" in output
    if conn_id == "redshift_profile":
        assert len(secrets) >= 3, "role secret, role token, password"
    for secret in secrets | {redshift.keys.secret_access_key, redshift.database_password}:
        assert secret not in output


@pytest.mark.parametrize(
    "conn_id",
    [
        "redshift_iam_default",
        "redshift_profile",
        "redshift_secret",
        "redshift_web_identity",
        "redshift_identity_center_token",
        "redshift_native_idp_token",
        "redshift_password",
    ],
)
def test_a_refused_sign_in_at_debug_prints_no_secret(redshift, run, define, conn_id):
    define(conn_id, schema="nowhere")
    secrets, output = run("wh", "refused")
    assert secrets
    for secret in secrets | {redshift.keys.secret_access_key, redshift.database_password}:
        assert secret not in output


def test_every_issued_password_is_known_to_airflows_masker(redshift):
    """The masker hides it in whatever a task prints."""
    from airflow.providers.common.compat.sdk import redact

    from airflow_provider_rsauth.auth import sign_in
    from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

    hook = RedshiftIAMHook()
    password = sign_in.obtain_login(hook.sign_in, hook.context).credential.password
    assert password not in redact(f"the password is {password}")
    assert "***" in redact(f"the password is {password}")


def test_the_server_log_has_no_password(redshift):
    from airflow_provider_rsauth.auth import sign_in
    from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

    hook = RedshiftIAMHook()
    hook.get_conn().close()
    password = sign_in.obtain_login(hook.sign_in, hook.context).credential.password
    log = redshift.server_log.read_text()
    assert re.search(r'authenticated user "IAM:etl"', log)
    assert password not in log
