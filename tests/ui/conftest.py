"""A real Airflow with its pages, the sandbox behind it, and a browser in front."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from airflow_provider_rsauth.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(sys.executable).with_name("airflow")
AIRFLOW_2 = version("apache-airflow").startswith("2.")
DAGS = (ROOT / "example_dags", Path(__file__).with_name("dags"))
SCREENSHOTS = ROOT / "build" / "screenshots"
USER = PASSWORD = "admin"
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the browser out where there is none, but never in CI."""
    if not chromium() and not os.environ.get("CI"):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs Chromium"))


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Airflow:
    """The processes of one Airflow with a home of its own; a test makes the connections that it needs."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        port = free_port()
        self.home, self.url = home, f"http://localhost:{port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW"))},
            **sandbox.environment(),
            "HOME": str(home),
            "PATH": f"{AIRFLOW.parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "PYTHONWARNINGS": "ignore",
        }
        self._port = str(port)

    def start(self) -> None:
        for dags in DAGS:
            shutil.copytree(dags, self.home / "dags", dirs_exist_ok=True)
        self._run("db", "migrate")
        if AIRFLOW_2:
            names = ("--username", USER, "--password", PASSWORD, "--firstname", "A", "--lastname", "B")
            self._run("users", "create", *names, "--role", "Admin", "--email", "admin@example.com")
            self._launch("webserver", "--port", self._port, "--workers", "1")
            self._wait_for(f"{self.url}/login/")
        else:
            self._launch("api-server", "--port", self._port, "--workers", "1")
            self._launch("scheduler")
            self._launch("dag-processor")
            self._wait_for(f"{self.url}/api/v2/dags/example_redshift_iam")

    def ensure(self, name: str) -> None:
        """Start a process that not every test needs, unless it runs."""
        if name not in self._processes:
            self._launch(name)

    def stop(self, *names: str) -> None:
        """Stop processes, all by default."""
        stopping = [
            self._processes.pop(name) for name in names or list(self._processes) if name in self._processes
        ]
        for process in stopping:
            os.killpg(process.pid, signal.SIGTERM)
        for process in stopping:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    def _run(self, *words: str) -> None:
        subprocess.run([AIRFLOW, *words], env=self._environment, capture_output=True, check=True)

    def _launch(self, *words: str) -> None:
        with (self.home / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [AIRFLOW, *words], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self._processes[words[0]] = process

    def _wait_for(self, url: str, seconds: int = 120) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(url, timeout=5)
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if time.monotonic() > deadline:
                    logs = "\n".join(log.read_text()[-3000:] for log in self.home.glob("*.log"))
                    raise TimeoutError(f"{url} does not answer:\n{logs}") from None
                time.sleep(0.5)


@pytest.fixture(scope="session")
def airflow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Give a running Airflow."""
    running = Airflow(tmp_path_factory.mktemp("airflow-ui"), sandbox)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page of its own; what it shows in the end is kept as a picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(20_000)
    yield page
    page.close()


@pytest.fixture
def keep(page: Page, request: pytest.FixtureRequest):
    """Keep a picture of the page under a name."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    line = "airflow2" if AIRFLOW_2 else "airflow3"
    yield lambda name: page.screenshot(path=SCREENSHOTS / f"{line}-{name}.png")
    page.screenshot(path=SCREENSHOTS / f"{line}-{request.node.name}-end.png")
