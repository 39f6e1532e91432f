"""With every log at DEBUG nothing secret appears anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from airflow_provider_rsauth.auth.settings import CONN_TYPE
from airflow_provider_rsauth.sandbox.connections import connections

SCRIPT = """
import logging, os, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
logging.getLogger("redshift_connector").setLevel(logging.DEBUG)

from airflow_provider_rsauth.hooks import redshift_iam
secrets = []
registered = redshift_iam.mask_secret
redshift_iam.mask_secret = lambda secret: (secrets.append(secret), registered(secret))

logging.getLogger().setLevel(logging.DEBUG)


def sign_in(conn_id, outcome):
    hook = redshift_iam.RedshiftIAMHook(conn_id)
    if outcome == "accepted":
        print(hook.get_records("select current_user"), file=sys.stderr)
        connection = hook.get_conn()
        print(repr(connection), repr(hook), hook.test_connection(), hook.get_uri(), repr(hook.sign_in.mode), file=sys.stderr)
        return
    try:
        hook.get_conn()
    except Exception as error:
        traceback.print_exception(error)
        print(repr(error), vars(error), file=sys.stderr)
    else:
        sys.exit("was not refused")


outcome, directory, *conn_ids = sys.argv[1:]
for conn_id in conn_ids:
    if not (child := os.fork()):
        output = os.open(f"{directory}/{conn_id}.output", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            sign_in(conn_id, outcome)
            open(f"{directory}/{conn_id}.secrets", "w").write("\\n".join(secrets))
        except BaseException:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture
def run(tmp_path):
    """Sign in, each connection in a process of its own; return what was registered as secret and all that was printed."""

    def sign_in(outcome: str, *conn_ids: str) -> dict[str, tuple[set[str], str]]:
        subprocess.run(
            [sys.executable, "-c", SCRIPT, outcome, tmp_path, *conn_ids],
            env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"},
            capture_output=True,
            timeout=100,
            check=True,
        )
        found = {}
        for conn_id in conn_ids:
            output = (tmp_path / f"{conn_id}.output").read_text()
            register = tmp_path / f"{conn_id}.secrets"
            assert register.exists(), output[-3000:]
            found[conn_id] = set(register.read_text().splitlines()), output
        return found

    return sign_in


def test_a_sign_in_at_debug_prints_no_secret(redshift, approve, run):
    conn_ids = [name for name, value in connections(redshift).items() if value["conn_type"] == CONN_TYPE]
    approve("redshift_identity_center")
    for conn_id, (secrets, output) in run("accepted", *conn_ids).items():
        assert "redshift_connector" in output, conn_id
        assert "debug" in output.lower(), conn_id
        if conn_id == "redshift_profile":
            assert len(secrets) >= 3, "role secret, role token, password"
        for secret in secrets | {
            redshift.keys.secret_access_key,
            redshift.database_password,
            redshift.idp.password,
        }:
            assert secret not in output, conn_id


def test_a_refused_sign_in_at_debug_prints_no_secret(redshift, run, define):
    """In a database that does not exist; one way of each kind."""
    ways = (
        "iam_default",
        "profile",
        "secret",
        "adfs",
        "okta",
        "web_identity",
        "identity_center_token",
        "native_idp_token",
        "password",
    )
    conn_ids = [define(f"redshift_{way}", conn_id=f"refused_{way}", schema="nowhere") for way in ways]
    for conn_id, (secrets, output) in run("refused", *conn_ids).items():
        assert secrets, conn_id
        assert "nowhere" in output, conn_id
        for secret in secrets | {
            redshift.keys.secret_access_key,
            redshift.database_password,
            redshift.idp.password,
        }:
            assert secret not in output, conn_id


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
