"""AWS's own command line signs in at the sandbox's IAM Identity Center."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.aws_cli import (
    LEGACY_PROFILE,
    PROFILE,
    aws_cli,
    aws_cli_environment,
    login_options,
    write_config,
)

SECONDS = 60


class Cli:
    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self.program = program
        self.environment = environment
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.program, *arguments],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def login(self, profile: str) -> subprocess.Popen[str]:
        return self.start("sso", "login", "--profile", profile, *login_options(self.program))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=SECONDS)
        return process.returncode, out, err

    def caller(self, profile: str) -> str:
        status, out, err = self.run("sts", "get-caller-identity", "--profile", profile, "--output", "json")
        assert status == 0, err
        return str(json.loads(out)["Arn"])


@pytest.fixture
def cli(sandbox: Sandbox, tmp_path: Path) -> Iterator[Cli]:
    write_config(sandbox, tmp_path)
    cli = Cli(aws_cli(), aws_cli_environment(sandbox, tmp_path))
    yield cli
    for process in cli.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("profile", [PROFILE, LEGACY_PROFILE])
def test_the_command_line_signs_in_when_the_person_approves(sandbox: Sandbox, cli: Cli, profile: str) -> None:
    center = sandbox.identity_center
    login = cli.login(profile)
    wait_for(lambda: center.pending, login)
    (user_code,) = center.pending
    wait_for(lambda: sandbox.calls.count("CreateToken") > 1, login)
    assert login.poll() is None
    center.approve(user_code)
    out, err = login.communicate(timeout=SECONDS)
    assert login.returncode == 0, err
    assert user_code in out
    assert f"{sandbox.endpoint_url}/device?user_code={user_code}" in out
    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/AWSReservedSSO_RedshiftReadOnly_"
    assert cli.caller(profile).startswith(arn)
    assert cli.caller(profile).endswith(f"/{center.user_name}")


def test_the_command_line_does_not_sign_in_when_the_person_denies(sandbox: Sandbox, cli: Cli) -> None:
    login = cli.login(PROFILE)
    wait_for(lambda: sandbox.identity_center.pending, login)
    sandbox.identity_center.deny()
    _, err = login.communicate(timeout=SECONDS)
    assert login.returncode != 0
    assert "AccessDeniedException" in err
    status, _, err = cli.run("sts", "get-caller-identity", "--profile", PROFILE)
    assert status != 0
    assert "token" in err.lower()


def test_the_command_line_gets_a_password_of_the_cluster(sandbox: Sandbox, cli: Cli) -> None:
    sandbox.identity_center.auto_approve = True
    login = cli.login(PROFILE)
    _, err = login.communicate(timeout=SECONDS)
    assert login.returncode == 0, err
    asked = ("--cluster-identifier", sandbox.cluster.name, "--profile", PROFILE, "--output", "json")
    status, out, err = cli.run("redshift", "get-cluster-credentials-with-iam", *asked)
    assert status == 0, err
    assert json.loads(out)["DbUser"].startswith("IAMR:AWSReservedSSO_RedshiftReadOnly_")


def test_the_command_line_signs_out(sandbox: Sandbox, cli: Cli) -> None:
    sandbox.identity_center.auto_approve = True
    cli.login(PROFILE).communicate(timeout=SECONDS)
    assert cli.caller(PROFILE)
    status, _, err = cli.run("sso", "logout")
    assert status == 0, err
    assert sandbox.calls.count("Logout") == 1
    assert cli.run("sts", "get-caller-identity", "--profile", PROFILE)[0] != 0
