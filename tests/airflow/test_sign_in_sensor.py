"""The sensor that asks a person to sign in, and its trigger, without the rest of Airflow."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_rsauth.auth import aws, errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sensors.identity_center import (
    IdentityCenterSignInLink,
    IdentityCenterSignInSensor,
)
from airflow_provider_rsauth.triggers.identity_center import IdentityCenterSignInTrigger

CONN_ID = "redshift_identity_center"
LINK = IdentityCenterSignInLink.xcom_key


class Instance:
    """What the sensor uses of a task instance."""

    def __init__(self) -> None:
        self.xcoms: dict[str, str] = {}

    def xcom_push(self, key: str, value: str) -> None:
        self.xcoms[key] = value


@pytest.fixture
def center(redshift):
    """Give Identity Center, which takes questions as often as a test asks them."""
    redshift.identity_center.interval = 0
    return redshift.identity_center


@pytest.fixture
def context() -> dict[str, Instance]:
    return {"ti": Instance()}


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """Give what sensor and trigger log; their loggers differ between the lines of Airflow."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.levelname} {record.getMessage()}")

    logger = logging.Logger("told")
    logger.addHandler(Lines())
    for each in (IdentityCenterSignInSensor, IdentityCenterSignInTrigger):
        monkeypatch.setattr(each, "log", logger)
    return lines


def sensor(**options) -> IdentityCenterSignInSensor:
    """Make the sensor as each try of a task does: anew."""
    return IdentityCenterSignInSensor(task_id="wait_for_person", redshift_conn_id=CONN_ID, **options)


def deferral(context, **options) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        sensor(deferrable=True, **options).execute(context)
    return caught.value


def run(event: Coroutine[Any, Any, dict[str, str]]) -> dict[str, str]:
    """Run it in a thread: a browser of other tests keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(event, 30)).result()


def fire(trigger: IdentityCenterSignInTrigger) -> dict[str, str]:
    async def first() -> dict[str, str]:
        async for event in trigger.run():
            return event.payload
        raise AssertionError("the trigger ended without an event")

    return run(first())


def resume(context, deferred: TaskDeferred, event: dict[str, str]) -> None:
    """Go on as Airflow does: in a new process, with what it stored as JSON."""
    kept = json.loads(json.dumps(deferred.kwargs))
    getattr(sensor(deferrable=True), deferred.method_name)(context, event=event, **kept)


def cache() -> Path:
    return Path.home() / ".aws" / "sso" / "cache"


def test_who_is_signed_in_is_not_asked(redshift, center, approve, context):
    approve(CONN_ID)
    redshift.calls.clear()
    assert sensor().poke(context) is True
    assert sensor(deferrable=True).execute(context) is None
    assert not center.pending
    assert redshift.calls.count("StartDeviceAuthorization") == redshift.calls.count("CreateToken") == 0
    assert context["ti"].xcoms == {LINK: center.start_url}, "the link leads to the access portal"


def test_a_person_is_asked_by_log_and_link(center, context, told):
    assert sensor().poke(context) is False
    (code,) = center.pending
    url = context["ti"].xcoms[LINK]
    assert url.endswith(f"/device?user_code={code}")
    (line,) = told
    assert line.startswith(f"INFO Connection {CONN_ID!r}: A person has to sign in: open {url} in any browser")
    assert f"shows the code {code}" in line


def test_a_second_poke_neither_asks_nor_tells_again(redshift, center, context, told):
    waiting = sensor()
    assert waiting.poke(context) is waiting.poke(context) is False
    assert redshift.calls.count("StartDeviceAuthorization") == 1
    assert len(told) == 1


def test_a_restarted_worker_tells_the_same_code(redshift, center, context, told):
    assert sensor().poke(context) is False
    assert sensor().poke({"ti": Instance()}) is False
    assert redshift.calls.count("StartDeviceAuthorization") == 1
    assert told[0] == told[1]


def test_an_approval_ends_the_wait(center, context):
    waiting = sensor()
    assert waiting.poke(context) is False
    center.approve()
    assert waiting.poke(context) is True
    assert context["ti"].xcoms == {LINK: center.start_url}
    assert RedshiftIAMHook(CONN_ID).get_first("select current_user") == ("analyst",)


def test_a_denial_fails_the_task_without_retries(center, context):
    assert sensor().poke(context) is False
    (code,) = center.pending
    center.deny()
    with pytest.raises(AirflowFailException, match=rf"with the code {code} was denied in the browser"):
        sensor().poke(context)


def test_a_code_that_ran_out_is_replaced_and_told(center, context, told):
    waiting = sensor()
    assert waiting.poke(context) is False
    (first,) = center.pending
    center.expire_device_codes()
    assert waiting.poke(context) is False
    (second,) = center.pending
    assert second != first
    assert context["ti"].xcoms[LINK].endswith(second)
    assert second in told[-1]


def test_throttling_does_not_end_a_wait_of_hours(redshift, center, context, told, monkeypatch):
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    waiting = sensor()
    waiting.poke(context)
    with redshift.faults.refuse("CreateToken", "TooManyRequestsException", "slow", 429):
        assert waiting.poke(context) is False
    assert told[-1].startswith("WARNING ")
    center.approve()
    assert waiting.poke(context) is True


def test_what_no_approval_can_change_ends_the_wait(center, context, approve):
    approve(CONN_ID)
    center.reset()
    center.start_url = "https://moved.awsapps.com/start"
    with pytest.raises(errors.SignInRefused, match="does not know the start URL"):
        sensor().poke(context)


def test_the_wait_moves_to_the_triggerer_with_link_and_without_secret(center, context):
    deferred = deferral(context, poke_interval=30)
    assert context["ti"].xcoms[LINK].endswith(center.pending[0])
    path, arguments = deferred.trigger.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)
    assert arguments == {"redshift_conn_id": CONN_ID, "poke_interval": 30}
    (pending,) = cache().glob("rsauth-pending-*.json")
    kept = json.loads(pending.read_text())
    for shown in (arguments, deferred.kwargs, context["ti"].xcoms):
        assert kept["deviceCode"] not in str(shown)
        assert kept["clientSecret"] not in str(shown)


def test_after_the_approval_the_trigger_fires_and_the_sensor_succeeds(redshift, center, context):
    center.interval = 1
    deferred = deferral(context, poke_interval=0.1)

    async def approve_while_it_runs() -> dict[str, str]:
        waiting = asyncio.create_task(anext(deferred.trigger.run()))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        center.approve()
        return (await waiting).payload

    event = run(approve_while_it_runs())
    assert event == {"status": "over"}
    resume(context, deferred, event)
    assert redshift.calls.count("StartDeviceAuthorization") == 1
    assert context["ti"].xcoms == {LINK: center.start_url}


def test_a_triggerer_that_starts_after_the_approval_ends_the_wait_too(center, context):
    deferred = deferral(context)
    center.approve()
    resume(context, deferred, fire(deferred.trigger))
    assert context["ti"].xcoms == {LINK: center.start_url}


def test_dag_test_passes_on_nothing_but_the_event(center, context):
    """So it is in Airflow: what a task defers with is lost there."""
    deferral(context)
    center.approve()
    event = fire(IdentityCenterSignInTrigger(CONN_ID, 1))
    assert sensor(deferrable=True).execute_complete(context, event) is None


def test_a_denial_in_the_triggerer_fails_the_task_without_retries(center, context):
    deferred = deferral(context)
    (code,) = center.pending
    center.deny()
    event = fire(deferred.trigger)
    assert event["status"] == "denied"
    with pytest.raises(AirflowFailException, match=f"Connection '{CONN_ID}'.* the code {code} was denied"):
        resume(context, deferred, event)


def test_a_triggerer_of_another_home_is_explained(center, context, monkeypatch, tmp_path):
    deferred = deferral(context)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("HOME", str(tmp_path / "elsewhere"))
        event = fire(deferred.trigger)
    assert event == {"status": "unseen"}
    with pytest.raises(AirflowFailException, match="the triggerer does not see the sign-in") as caught:
        resume(context, deferred, event)
    assert center.pending[0] in str(caught.value)
    assert "Set sign_in_store to variable" in str(caught.value)


def test_a_code_that_ran_out_in_the_triggerer_is_replaced_within_the_same_timeout(center, context):
    deferred = deferral(context, timeout=600)
    assert deferred.timeout == pytest.approx(timedelta(seconds=600), abs=timedelta(seconds=5))
    center.expire_device_codes()
    event = fire(deferred.trigger)
    deferred.kwargs["deadline"] -= 200  # as if the code had waited so long
    with pytest.raises(TaskDeferred) as caught:
        resume(context, deferred, event)
    assert caught.value.kwargs["deadline"] == deferred.kwargs["deadline"]
    assert caught.value.timeout.total_seconds() == pytest.approx(400, abs=5)
    assert caught.value.kwargs["user_code"] == center.pending[0] != deferred.kwargs["user_code"]


def test_a_worker_restarted_before_the_deferral_does_not_ask_twice(redshift, center, context):
    first, second = deferral(context), deferral({"ti": Instance()})
    assert first.kwargs["user_code"] == second.kwargs["user_code"]
    assert redshift.calls.count("StartDeviceAuthorization") == 1


def test_the_trigger_outlives_throttling(redshift, center, context, told, monkeypatch):
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    deferred = deferral(context, poke_interval=0.1)
    center.approve()
    redshift.faults.refuse("CreateToken", "TooManyRequestsException", "slow", 429, times=1)
    resume(context, deferred, fire(deferred.trigger))
    assert [line.split(" ")[0] for line in told if "AWS limits the rate of calls" in line] == ["WARNING"]


def test_what_is_wrong_with_the_connection_is_told_by_the_task(center, context, define):
    define(CONN_ID, conn_id=CONN_ID, extra={"sso_region": "nowhere"})
    event = fire(IdentityCenterSignInTrigger(CONN_ID, 1))
    assert event["status"] == "failed"
    with pytest.raises(AirflowException, match=f"(?s)Connection '{CONN_ID}'.*sso_region"):
        sensor(deferrable=True).execute_complete(context, event)


def test_a_connection_that_the_triggerer_does_not_know_is_told(redshift):
    event = fire(IdentityCenterSignInTrigger("only_on_the_worker", 1))
    assert event["status"] == "failed"
    assert event["message"].startswith("In the triggerer: ")
    assert "only_on_the_worker" in event["message"]


def test_an_expired_sign_in_asks_again(center, context, approve):
    approve(CONN_ID)
    (token,) = cache().glob("*.json")
    past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token.write_text(json.dumps({**json.loads(token.read_text()), "expiresAt": past}))
    center.expire_refresh_tokens()
    assert sensor().poke(context) is False
    assert len(center.pending) == 1
