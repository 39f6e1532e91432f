"""AWS's own command line, led to a sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from airflow_provider_rsauth.sandbox import Sandbox

VERSION = re.compile(r"aws-cli/(\d+)\.(\d+)")
FIRST_TO_WANT_A_CALLBACK = (2, 22)
"""From here on ``aws sso login`` asks for an authorization code, unless told to use a device code."""

API_VERSIONS = {
    "sso": "2019-06-10",
    "sso-oidc": "2019-06-10",
    "sts": "2011-06-15",
    "redshift": "2012-12-01",
    "redshift-serverless": "2021-04-21",
}
PROFILE, LEGACY_PROFILE, SSO_SESSION = "via-session", "via-start-url", "mycompany"


def candidates() -> Iterator[str]:
    """List all programs of that name on the search path, the first one first."""
    for directory in os.get_exec_path():
        if found := shutil.which("aws", path=directory):
            yield found


@cache
def version_of(program: str) -> tuple[int, int]:
    """Tell major and minor version; zeros for what does not answer."""
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=60)
    except OSError:
        return 0, 0
    match = VERSION.match(done.stdout or done.stderr)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def aws_cli() -> str:
    """Find version 2; skip the test where there is none, but never in CI."""
    for program in candidates():
        if version_of(program)[0] == 2:
            return program
    if os.environ.get("CI"):
        pytest.fail("CI lacks the AWS CLI version 2")
    pytest.skip("needs the AWS CLI version 2")


def login_options(program: str) -> list[str]:
    """Tell what makes ``aws sso login`` print a device code instead of opening a browser."""
    newer = version_of(program) >= FIRST_TO_WANT_A_CALLBACK
    return ["--no-browser", *(["--use-device-code"] if newer else [])]


def aws_cli_environment(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """
    Return all environment variables for an AWS CLI that finds the sandbox.

    Versions before 2.13 do not know ``AWS_ENDPOINT_URL``. They look for endpoint rules in ``AWS_DATA_PATH`` first,
    and find there that every endpoint is the sandbox.
    """
    models = home / "aws-models"
    for service, api_version in API_VERSIONS.items():
        directory = models / service / api_version
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "endpoint-rule-set-1.json").write_text(json.dumps(rule_set(sandbox.endpoint_url)))
    return {
        **sandbox.environment(),
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_DATA_PATH": str(models),
        "AWS_PAGER": "",
    }


def rule_set(url: str) -> dict[str, object]:
    """Make endpoint rules that know one endpoint."""
    region = {"builtIn": "AWS::Region", "required": False, "type": "String", "documentation": "The region"}
    rule = {
        "type": "endpoint",
        "conditions": [],
        "endpoint": {"url": url, "properties": {}, "headers": {}},
    }
    return {"version": "1.0", "parameters": {"Region": region}, "rules": [rule]}


def write_config(sandbox: Sandbox, home: Path) -> None:
    """Write ``~/.aws/config`` with a profile of each format: by SSO session, and the older one without."""
    center = sandbox.identity_center
    role = f"sso_account_id = {center.account_id}\nsso_role_name = {center.role_name}\nregion = {sandbox.region}\n"
    sign_in = f"sso_start_url = {center.start_url}\nsso_region = {center.region}\n"
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(
        f"[sso-session {SSO_SESSION}]\n{sign_in}sso_registration_scopes = sso:account:access\n"
        f"[profile {PROFILE}]\nsso_session = {SSO_SESSION}\n{role}"
        f"[profile {LEGACY_PROFILE}]\n{sign_in}{role}"
    )
