"""``rsauth sign-in``, and one token cache for it, the AWS CLI and boto3."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.connections import connections
from tests.sandbox.aws_cli import (
    LEGACY_PROFILE,
    PROFILE,
    aws_cli,
    aws_cli_environment,
    login_options,
    write_config,
)

RSAUTH = Path(sys.executable).with_name("rsauth")


@pytest.fixture
def center(redshift):
    """Give Identity Center, with an AWS config file in the worker's home that knows it."""
    write_config(redshift, Path.home())
    return redshift.identity_center


@pytest.fixture(params=[PROFILE, LEGACY_PROFILE])
def profile(request):
    return request.param


@pytest.fixture
def conn_id(center, define, profile):
    return define(
        "redshift_iam_default",
        extra={"auth_mode": "identity_center", "profile": profile, "aws_conn_id": None},
    )


def a_person_decides(center, decision: str) -> threading.Thread:
    """Approve or deny the next sign-in, from another thread, as soon as it waits."""

    def decide() -> None:
        deadline = time.monotonic() + 60
        while not center.pending and time.monotonic() < deadline:
            time.sleep(0.05)
        getattr(center, decision)()

    thread = threading.Thread(target=decide)
    thread.start()
    return thread


def rsauth_sign_in(conn_id: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RSAUTH, "sign-in", conn_id, *options],
        env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def tokens() -> list[dict[str, str]]:
    files = (Path.home() / ".aws" / "sso" / "cache").glob("*.json")
    return [
        record for record in map(json.loads, (file.read_text() for file in files)) if "accessToken" in record
    ]


def aws(redshift, *words: str) -> subprocess.CompletedProcess[str]:
    environment = aws_cli_environment(redshift, Path.home())
    return subprocess.run(
        [aws_cli(), *words], env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_rsauth_signs_in_and_the_aws_cli_goes_on(redshift, center, conn_id, profile):
    person = a_person_decides(center, "approve")
    done = rsauth_sign_in(conn_id)
    person.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{redshift.endpoint_url}/device?user_code=" in done.stdout
    assert "waiting for approval" in done.stdout
    assert f"✓ Signed in to {center.start_url}. The sign-in is kept in ~/.aws/sso/cache" in done.stdout
    [record] = tokens()
    assert not [
        value for name, value in record.items() if "oken" in name and value in done.stdout + done.stderr
    ]
    RedshiftIAMHook(conn_id).get_conn().close()
    answer = aws(redshift, "sts", "get-caller-identity", "--profile", profile)
    assert answer.returncode == 0, answer.stderr
    assert "assumed-role/AWSReservedSSO_RedshiftReadOnly_" in json.loads(answer.stdout)["Arn"]


def test_the_aws_cli_signs_in_and_tasks_go_on(redshift, center, conn_id, profile):
    person = a_person_decides(center, "approve")
    done = aws(redshift, "sso", "login", *login_options(aws_cli()), "--profile", profile)
    person.join()
    assert done.returncode == 0, done.stdout + done.stderr
    redshift.calls.clear()
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("etl",)
    assert redshift.calls.count("CreateToken") == 0
    again = rsauth_sign_in(conn_id)
    assert again.returncode == 0
    assert again.stdout.endswith(
        f"✓ Signed in to {center.start_url} already. (Another person? Add --anew.)\n"
    )


def test_what_we_refreshed_the_aws_cli_uses_and_the_other_way_round(redshift, center, define):
    conn_id = define(
        "redshift_iam_default",
        extra={"auth_mode": "identity_center", "profile": PROFILE, "aws_conn_id": None},
    )
    person = a_person_decides(center, "approve")
    assert rsauth_sign_in(conn_id).returncode == 0
    person.join()
    for use in (
        lambda: RedshiftIAMHook(conn_id, credential_cache="off").get_conn().close(),
        lambda: aws(redshift, "sts", "get-caller-identity", "--profile", PROFILE).check_returncode(),
        lambda: RedshiftIAMHook(conn_id, credential_cache="off").get_conn().close(),
    ):
        [before] = tokens()
        [path] = [
            file
            for file in (Path.home() / ".aws" / "sso" / "cache").glob("*.json")
            if "accessToken" in file.read_text()
        ]
        path.write_text(json.dumps({**before, "expiresAt": "2020-01-01T00:00:00Z"}))
        redshift.calls.clear()
        for cached in (Path.home() / ".aws" / "cli" / "cache").glob("*.json"):
            cached.unlink()
        use()
        [after] = tokens()
        assert after["accessToken"] != before["accessToken"]
        assert redshift.calls.count("CreateToken") == 1


def test_after_aws_sso_logout_a_person_has_to_sign_in_again(redshift, center, conn_id):
    person = a_person_decides(center, "approve")
    assert rsauth_sign_in(conn_id).returncode == 0
    person.join()
    assert aws(redshift, "sso", "logout").returncode == 0
    with pytest.raises(errors.SignInNeeded):
        RedshiftIAMHook(conn_id).get_conn()


def test_a_denial_ends_the_command(center, conn_id):
    person = a_person_decides(center, "deny")
    done = rsauth_sign_in(conn_id)
    person.join()
    assert done.returncode == 1
    assert "was denied in the browser" in done.stderr
    assert "Traceback" not in done.stderr


def test_anew_asks_although_somebody_is_signed_in(center, conn_id):
    center.auto_approve = True
    assert rsauth_sign_in(conn_id).returncode == 0
    [before] = tokens()
    assert rsauth_sign_in(conn_id, "--anew").returncode == 0
    [after] = tokens()
    assert before["accessToken"] != after["accessToken"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("not_there", "The conn_id `not_there` isn't defined"),
        ("redshift_iam_default", "is 'aws_connection', which needs no person"),
    ],
)
def test_a_connection_that_cannot_is_explained(redshift, name, said):
    done = rsauth_sign_in(name)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_connection_and_sign_in_may_be_in_airflows_database(redshift, monkeypatch, tmp_path):
    """As a user of the command line has them; the Variable is encrypted, and nothing is written to the home."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    connection = connections(redshift)["redshift_identity_center"]
    connection["extra"]["sign_in_store"] = "variable"
    for words in (("db", "migrate"), ("connections", "add", "stored", "--conn-json", json.dumps(connection))):
        subprocess.run([RSAUTH.with_name("airflow"), *words], check=True, capture_output=True)
    redshift.identity_center.auto_approve = True
    done = rsauth_sign_in("stored")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept in an Airflow Variable" in done.stdout
    assert "already" in rsauth_sign_in("stored").stdout
    assert redshift.calls.count("StartDeviceAuthorization") == 1
    with sqlite3.connect(tmp_path / "airflow" / "airflow.db") as database:
        [(key, value, is_encrypted)] = database.execute("select key, val, is_encrypted from variable")
    assert key.startswith("rsauth_identity_center_token_")
    assert is_encrypted
    assert "accessToken" not in value
    assert not (Path.home() / ".aws").exists()
