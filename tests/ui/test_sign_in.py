"""A person signs in for a task that waits: link, approval, and on it goes. With processes as in a real Airflow."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

import pytest

from airflow_provider_rsauth.hooks.sign_in_store import VARIABLE_PREFIX
from airflow_provider_rsauth.sandbox.connections import IDENTITY_CENTER_CONN_ID, connections

AIRFLOW_2 = version("apache-airflow").startswith("2.")
EXAMPLE, SENSOR = "example_redshift_iam_identity_center", "wait_for_person"
LINK = "Identity Center sign-in"
NOISE = re.compile(r'"level": "(error|critical)"| (ERROR|CRITICAL) - |Traceback|XCom not found')

pytestmark = pytest.mark.timeout(240)


class Rest:
    """Airflow's REST API, as the person of the page."""

    def __init__(self, page, url: str) -> None:
        self._request = page.request
        self._url = f"{url}/api/{'v1' if AIRFLOW_2 else 'v2'}"

    def get(self, path: str):
        answer = self._request.get(f"{self._url}/{path}", headers={"Accept": "application/json"})
        assert answer.ok, answer.text()
        return answer.json()

    def post(self, path: str, **body):
        return self._request.post(f"{self._url}/{path}", data=body)

    def delete(self, path: str) -> None:
        self._request.delete(f"{self._url}/{path}")


class Run:
    """One run of a DAG."""

    def __init__(self, rest: Rest, dag_id: str) -> None:
        self._rest, self.dag_id = rest, dag_id
        self._path = f"dags/{dag_id}/dagRuns"

        def trigger() -> bool:
            answer = rest.post(self._path, **({} if AIRFLOW_2 else {"logical_date": None}))
            if answer.ok:
                self.run_id = answer.json()["dag_run_id"]
                self._path += f"/{self.run_id}"
            return answer.ok

        until(trigger, True)  # the DAG may not have been read yet

    def wait(self, state: str) -> None:
        until(lambda: self._rest.get(self._path)["state"], state, but_not=("failed",))

    def wait_for_sensor(self, *states: str) -> None:
        until(lambda: self._rest.get(self._task)["state"], *states, but_not=("failed", "up_for_retry"))

    def link(self) -> str:
        links = self._rest.get(f"{self._task}/links")
        return links.get("extra_links", links)[LINK] or ""

    def log(self) -> str:
        return json.dumps(self._rest.get(f"{self._task}/logs/1?full_content=true"))

    @property
    def _task(self) -> str:
        return f"{self._path}/taskInstances/{SENSOR}"


def until(
    look: Callable[[], object], *wanted: object, but_not: tuple[object, ...] = (), seconds: int = 60
) -> None:
    deadline = time.monotonic() + seconds
    while (seen := look()) not in wanted:
        assert seen not in but_not
        assert time.monotonic() < deadline, f"{seen!r} instead of {wanted!r}"
        time.sleep(0.5)


@pytest.fixture
def center(airflow, sandbox):
    """Give Identity Center, where nobody is signed in yet."""
    shutil.rmtree(airflow.home / ".aws", ignore_errors=True)
    sandbox.identity_center.reset()
    sandbox.calls.clear()
    return sandbox.identity_center


@pytest.fixture
def rest(airflow, page, sandbox, center) -> Iterator[Rest]:
    """Give the API of an Airflow that runs tasks, with the connections in its database."""
    airflow.ensure("scheduler")
    if AIRFLOW_2:
        page.goto(f"{airflow.url}/login/")
        page.fill("#username", "admin")
        page.fill("#password", "admin")
        page.click("input[type=submit]")
    rest = Rest(page, airflow.url)
    connection = connections(sandbox)[IDENTITY_CENTER_CONN_ID]
    in_variable = {**connection["extra"], "sign_in_store": "variable"}
    kept_in = {IDENTITY_CENTER_CONN_ID: connection["extra"], "redshift_in_variable": in_variable}
    for conn_id, extra in kept_in.items():
        body = {**connection, "connection_id": conn_id, "extra": json.dumps(extra)}
        answer = rest.post("connections", **body)
        assert answer.ok, answer.text()
    yield rest
    for conn_id in kept_in:
        rest.delete(f"connections/{conn_id}")


def show_sensor(page, url: str, run: Run) -> None:
    """Open the page of the task that has the link."""
    if AIRFLOW_2:
        page.goto(
            f"{url}/dags/{run.dag_id}/grid?dag_run_id={run.run_id.replace('+', '%2B')}&task_id={SENSOR}"
        )
    else:
        page.goto(f"{url}/dags/{run.dag_id}/runs/{run.run_id}/tasks/{SENSOR}/details")
    page.get_by_role("link", name=LINK).wait_for()


def secrets(center) -> set[str]:
    """Return the tokens that were given to somebody."""
    tokens = {*center.sign_ins._access_tokens, *center.sign_ins._refresh_tokens}
    assert len(tokens) >= 2
    return tokens


def test_rescheduling_needs_no_triggerer(airflow, sandbox, center, rest):
    airflow.stop("triggerer")
    run = Run(rest, "sign_in_rescheduled")
    run.wait_for_sensor("up_for_reschedule")
    assert run.link().endswith(center.pending[0])
    center.approve()
    run.wait("success")
    assert sandbox.calls.count("StartDeviceAuthorization") == 1
    assert sandbox.logins[-1].user == "IAM:analyst"
    assert not NOISE.search(run.log())


def test_a_person_follows_the_link_and_approves(airflow, page, sandbox, center, rest, keep):
    airflow.ensure("triggerer")
    run = Run(rest, EXAMPLE)
    run.wait_for_sensor("deferred")
    show_sensor(page, airflow.url, run)
    keep("deferred")
    with page.expect_popup() as popup:
        page.get_by_role("link", name=LINK).click()
    popup.value.get_by_role("button", name="Approve").click()
    popup.value.get_by_text("Request approved").wait_for()
    run.wait("success")
    assert sandbox.logins[-1].user == "IAM:analyst"
    assert f"airflow {EXAMPLE}.who_am_i" in sandbox.logins[-1].application_name
    assert run.link() == center.start_url
    log = run.log()
    assert "A person has to sign in: open http" in log
    assert not NOISE.search(log)
    assert not [secret for secret in secrets(center) if secret in log]


def test_a_restart_of_the_triggerer_asks_nobody_again(airflow, sandbox, center, rest):
    airflow.ensure("triggerer")
    run = Run(rest, "sign_in_deferred")
    until(lambda: sandbox.calls.count("CreateToken") > 0, True)
    airflow.stop("triggerer")
    asked = sandbox.calls.count("CreateToken")
    airflow.ensure("triggerer")
    until(lambda: sandbox.calls.count("CreateToken") > asked, True)
    center.approve()
    run.wait("success")
    assert sandbox.calls.count("StartDeviceAuthorization") == 1
    assert not NOISE.search(run.log())


def test_a_sign_in_is_kept_in_a_variable_that_airflow_hides(airflow, page, sandbox, center, rest, keep):
    airflow.ensure("triggerer")
    run = Run(rest, "sign_in_in_variable")
    until(lambda: sandbox.calls.count("CreateToken") > 0, True)  # the triggerer sees it
    center.approve()
    run.wait("success")
    assert sandbox.logins[-1].user == "IAM:analyst"
    assert not list((airflow.home / ".aws").rglob("*.json"))
    page.goto(f"{airflow.url}/{'variable/list/' if AIRFLOW_2 else 'variables'}")
    page.get_by_text(VARIABLE_PREFIX).first.wait_for()
    keep("variable")
    shown = page.content() + run.log()
    if not AIRFLOW_2:  # whose API gives every Variable in clear to whoever may read Variables
        shown += json.dumps(rest.get("variables"))
    assert not [secret for secret in secrets(center) if secret in shown]
    assert not NOISE.search(shown)
