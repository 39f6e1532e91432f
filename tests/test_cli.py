"""The command line, as a user types it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

RSAUTH = Path(sys.executable).with_name("rsauth")


@pytest.mark.timeout(240)
def test_the_demo_shows_who_signed_in_and_who_was_refused():
    done = subprocess.run([RSAUTH, "demo"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        r"example_redshift_iam.load_orders +aws_connection +redshift:GetClusterCredentials +IAM:etl +\d\d:\d\d:\d\d +north/40",
        r"example_redshift_iam.totals +aws_connection +redshift:GetClusterCredentials +IAM:etl .* north/42, south/58",
        r"who_am_i\[\d+\] +access_key +redshift:GetClusterCredentials +IAMA:loader .* loader/dev",
        r"who_am_i\[\d+\] +profile +redshift:GetClusterCredentialsWithIAM +IAMR:RedshiftReader",
        r"who_am_i\[\d+\] +identity_center +redshift:GetClusterCredentials +IAM:analyst",
        r"who_am_i\[\d+\] +aws_connection +redshift-serverless:GetCredentials +IAM:airflow",
        r"who_am_i\[\d+\] +secrets_manager +secretsmanager:GetSecretValue +dbadmin +never",
        r"who_am_i\[\d+\] +adfs +redshift:GetClusterCredentials +IAM:etl",
        r"who_am_i\[\d+\] +okta +redshift:GetClusterCredentialsWithIAM +IAMR:SamlReader",
        r"who_am_i\[\d+\] +web_identity +redshift:GetClusterCredentials +IAM:etl",
        r"who_am_i\[\d+\] +identity_center_token +redshift:GetIdentityCenterAuthToken +AWSIDC:jane@example.com +\d\d:",
        r"who_am_i\[\d+\] +native_idp_token +none +aad:jane@example.com +\d\d:",
        r"who_am_i\[\d+\] +password +none +dbadmin +never",
        r"Expired: .* IAM Authentication token has expired",
        r"LoginRefused: .* password authentication failed",
        r'NotFound: .* user "IAM:nobody" does not exist',
        r"What to do: Create the user",
    ):
        assert re.search(line, done.stdout), line
    assert "WARNING" not in done.stdout + done.stderr
    assert "[info" not in done.stdout + done.stderr


def test_the_sandbox_says_how_to_use_it_and_stops_at_a_signal():
    with subprocess.Popen([RSAUTH, "sandbox"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C" not in printed:
            printed += process.stdout.readline()
        path = Path(re.search(r"source (\S+)", printed)[1])
        assert path.stat().st_mode & 0o777 == 0o600
        assert "AIRFLOW_CONN_REDSHIFT_IAM_DEFAULT" in path.read_text()
        code = "from airflow_provider_rsauth.hooks.redshift_iam import *; print(RedshiftIAMHook().get_first('select current_user'))"
        shell = f'source {path}; exec {sys.executable} -c "{code}"'
        user = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
        assert "('etl',)" in user.stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not path.parent.exists()


def test_a_taken_port_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [RSAUTH, "sandbox", "--aws-port", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "x", "²"])
def test_a_port_that_cannot_be_is_told(port):
    done = subprocess.run(
        [RSAUTH, "sandbox", f"--aws-port={port}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "argument --aws-port: a port is a number from 0 to 65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_quick_and_loads_nothing():
    code = "import sys; from airflow_provider_rsauth.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert "demo" in done.stdout
    assert not {"airflow", "boto3", "pydantic", "redshift_connector"} & set(done.stdout.split())
