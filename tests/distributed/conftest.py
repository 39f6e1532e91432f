"""An Airflow on several machines, as far as homes make machines: two Celery workers, a triggerer, and the rest."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.connections import IDENTITY_CENTER_CONN_ID, connections
from tests.distributed.services import Broker, Metadata, free_port, is_open, redis_server

AIRFLOW = Path(sys.executable).with_name("airflow")
AIRFLOW_2 = version("apache-airflow").startswith("2.")
WORKERS = ("east", "west")
FINAL = {"success", "failed", "upstream_failed", "skipped", "removed"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests out where there is no broker, but never in CI."""
    if not redis_server() and not os.environ.get("CI"):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs redis-server"))


class Airflow:
    """
    The machines of one Airflow, each with a home of its own.

    As in a real one, the workers of Airflow 3 know neither the metadata database nor the Fernet key.
    """

    def __init__(self, root: Path, sandbox: Sandbox, broker: Broker, metadata: Metadata) -> None:
        self.root, self.metadata = root, metadata
        self._port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._everywhere = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW"))},
            **sandbox.environment(),
            **{f"AIRFLOW_CONN_{name.upper()}": text for name, text in sign_ins(sandbox).items()},
            **self._settings(broker),
        }
        self._central = self._secrets()

    def home(self, machine: str) -> Path:
        return self.root / machine

    def start(self) -> None:
        if AIRFLOW_2:
            self.run("db", "migrate")
        for worker in WORKERS:
            options = ("--queues", worker, "--celery-hostname", f"{worker}@localhost", "--skip-serve-logs")
            self._launch(worker, "celery", "worker", *options, is_central=AIRFLOW_2)
        if not AIRFLOW_2:  # of the metadata database its workers know nothing
            self.run("db", "migrate")
        self._launch("triggerer", "triggerer", "--skip-serve-logs")
        self._launch("main", "scheduler", *(["--skip-serve-logs"] if AIRFLOW_2 else []))
        if not AIRFLOW_2:
            self._launch("main", "dag-processor")
            place = ("--host", "127.0.0.1", "--port", str(self._port))
            self._launch("main", "api-server", *place, "--workers", "1")

    def stop(self) -> None:
        """End it all; nothing of it is worth a long good-bye."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def run(self, *words: str, program: Path = AIRFLOW) -> str:
        """Run a command where the scheduler runs."""
        environment = self._environment("main", is_central=True)
        done = subprocess.run([program, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def trigger(self, dag_id: str) -> None:
        """Run a DAG, as soon as Airflow has read it."""
        self.wait(lambda: self.metadata.query("select 1 from serialized_dag where dag_id = %s", dag_id))
        if AIRFLOW_2:
            self.run("dags", "trigger", dag_id)
        else:  # through its API: a command takes seconds
            self.wait(lambda: is_open(self._port))
            self._post(f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})

    def outcome(self, dag_id: str) -> dict[str, str]:
        """Wait for the end of the run of a DAG, and return the states of its tasks."""
        self.wait(lambda: (states := self._states(dag_id)) and set(states.values()) <= FINAL)
        return self._states(dag_id)

    def task_log(self, dag_id: str, task_id: str, machine: str) -> str:
        """Return what a task wrote into the logs of a machine; they are not collected anywhere."""
        logs = self.home(machine).glob(f"logs/dag_id={dag_id}/*/task_id={task_id}/*.log*")
        return "\n".join(log.read_text() for log in logs)

    def logs(self) -> str:
        """Return all that any machine has logged or printed."""
        return "\n".join(log.read_text() for log in self.root.rglob("*.log*") if log.is_file())

    def wait(self, condition: Callable[[], object], seconds: int = 90) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if died := [process.args for process in self._processes if process.poll() is not None]:
                raise AssertionError(f"{died} ended:\n{self._tails()}")
            if time.monotonic() > deadline:
                raise TimeoutError(self._tails())
            time.sleep(0.2)

    def _post(self, path: str, content: dict[str, Any]) -> None:
        url = f"http://127.0.0.1:{self._port}"
        with urllib.request.urlopen(f"{url}/auth/token", timeout=20) as answer:
            token = json.load(answer)["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(url + path, json.dumps(content).encode(), headers), timeout=20
        )

    def _states(self, dag_id: str) -> dict[str, str]:
        return dict(self.metadata.query("select task_id, state from task_instance where dag_id = %s", dag_id))

    def _tails(self) -> str:
        return "\n".join(f"{log}:\n{log.read_text()[-3000:]}" for log in self.root.rglob("*.log*"))

    def _settings(self, broker: Broker) -> dict[str, str]:
        return {
            "AIRFLOW__CELERY__BROKER_URL": broker.url,
            "AIRFLOW__CELERY__RESULT_BACKEND": broker.url,
            "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self._port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
            # At DEBUG the supervisor of Airflow 3 prints unmasked what any task writes into a Variable.
            "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "supervisor=INFO",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        }

    def _secrets(self) -> dict[str, str]:
        database = self.metadata.url("psycopg2" if AIRFLOW_2 else "psycopg")
        return {
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__FERNET_KEY": self.metadata.fernet_key,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database,
        }

    def _environment(self, machine: str, is_central: bool) -> dict[str, str]:
        home = self.home(machine)
        home.mkdir(exist_ok=True)
        known = self._everywhere | (self._central if is_central else {})
        return known | {"HOME": str(home), "AIRFLOW_HOME": str(home)}

    def _launch(self, machine: str, *words: str, is_central: bool = True) -> None:
        environment = self._environment(machine, is_central)
        with (self.home(machine) / f"{words[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                [AIRFLOW, *words], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self._processes.append(process)


def sign_ins(sandbox: Sandbox) -> dict[str, str]:
    """Return two connections for which a person signs in; they differ in where the sign-in is kept."""
    given = connections(sandbox)[IDENTITY_CENTER_CONN_ID]
    kept = {"shared": "variable", "kept_in_a_file": "file"}
    return {
        name: json.dumps({**given, "extra": {**given["extra"], "sign_in_store": store}})
        for name, store in kept.items()
    }


@pytest.fixture(scope="session")
def running_airflow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    root = tmp_path_factory.mktemp("distributed")
    broker, metadata = Broker(root), Metadata()
    airflow = Airflow(root, sandbox, broker, metadata)
    try:
        broker.start()
        metadata.start()
        airflow.start()
        yield airflow
    finally:
        airflow.stop()
        metadata.stop()
        broker.stop()


@pytest.fixture
def airflow(running_airflow: Airflow, sandbox: Sandbox) -> Airflow:
    """Give a running Airflow in which nobody is signed in."""
    running_airflow.metadata.query("delete from variable")
    for cache in running_airflow.root.glob("*/.aws"):
        shutil.rmtree(cache)
    sandbox.identity_center.reset()
    sandbox.calls.clear()
    return running_airflow
