"""A person signs in once, for the workers of a distributed Airflow."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airflow_provider_rsauth.hooks.sign_in_store import VARIABLE_PREFIX
from tests.distributed.conftest import WORKERS, Airflow

RSAUTH = Path(sys.executable).with_name("rsauth")
SECRETS = ("accessToken", "refreshToken", "clientSecret")
SIGNED_IN = dict.fromkeys(("sign_in", "on_east", "on_west"), "success")

pytestmark = pytest.mark.timeout(300)  # the first test starts it all


def approve_when_asked(airflow: Airflow, center) -> tuple[str, str]:
    """Let the person approve the one sign-in that waits; return its user code, and its device code."""
    airflow.wait(center.sign_ins.waiting)
    (waiting,) = center.sign_ins.waiting()
    center.approve(waiting.user_code)
    return waiting.user_code, waiting.device_code


def kept(airflow: Airflow) -> dict[str, str]:
    """Return the one sign-in that is kept in a Variable; what waits for a person is not kept any longer."""
    ((name, (is_encrypted, text)),) = airflow.metadata.variables().items()
    assert name.startswith(VARIABLE_PREFIX)
    assert is_encrypted
    record = airflow.metadata.decrypt(text)
    assert not [secret for secret in SECRETS if record[secret] in text]
    return record


def tokens(airflow: Airflow) -> list[Path]:
    """Find the tokens in the homes of all machines."""
    return list(airflow.root.glob("*/.aws/sso/cache/*.json"))


@pytest.mark.parametrize("dag_id", ["deferred", "rescheduled"])
def test_one_approval_serves_workers_that_share_no_home(sandbox, airflow, dag_id):
    airflow.trigger(dag_id)
    user_code, device_code = approve_when_asked(airflow, sandbox.identity_center)
    assert airflow.outcome(dag_id) == SIGNED_IN
    for worker in WORKERS:
        shown = airflow.task_log(dag_id, f"on_{worker}", worker)
        assert f"analyst connected, at home in {airflow.home(worker)}" in shown
    assert sandbox.calls.count("StartDeviceAuthorization") == 1
    assert not [home for home in airflow.root.iterdir() if (home / ".aws").exists()]
    asked = airflow.task_log(dag_id, "sign_in", "east")
    assert f"check that it shows the code {user_code}" in asked
    assert "cannot be called outside" not in asked, "Airflow's warning of operators that are called by hand"
    record, logs = kept(airflow), airflow.logs()
    assert not [name for name in SECRETS if record[name] in logs]
    assert device_code not in logs


def test_what_one_worker_refreshes_the_other_uses(sandbox, airflow):
    sandbox.identity_center.auto_approve = True
    airflow.run("sign-in", "shared", program=RSAUTH)
    first = kept(airflow)
    sandbox.identity_center.expire_access_tokens()
    sandbox.calls.clear()
    airflow.trigger("one_after_the_other")
    assert airflow.outcome("one_after_the_other") == dict.fromkeys(("on_east", "on_west"), "success")
    asked = [
        call.action for call in sandbox.calls.all if call.action in ("CreateToken", "GetRoleCredentials")
    ]
    assert asked == ["GetRoleCredentials", "CreateToken", "GetRoleCredentials", "GetRoleCredentials"]
    second, logs = kept(airflow), airflow.logs()
    assert second["accessToken"] != first["accessToken"]
    assert not [name for name in SECRETS if first[name] in logs or second[name] in logs]


def test_a_sign_in_kept_in_a_file_serves_one_worker_and_the_other_says_what_to_do(sandbox, airflow):
    airflow.trigger("kept_in_a_file")
    approve_when_asked(airflow, sandbox.identity_center)
    assert airflow.outcome("kept_in_a_file") == {**SIGNED_IN, "on_west": "failed"}
    assert [token.relative_to(airflow.root).parts[0] for token in tokens(airflow)] == ["east"]
    shown = airflow.task_log("kept_in_a_file", "on_west", "west")
    assert "there is no token in ~/.aws/sso/cache of this machine" in shown
    assert "Run `rsauth sign-in kept_in_a_file` where the tasks run" in shown
