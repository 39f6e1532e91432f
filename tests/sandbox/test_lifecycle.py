from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airflow_provider_rsauth.sandbox import Sandbox, SandboxError
from tests.sandbox.clients import aws, cluster_credentials, query, refused_call, refused_login

ROOT = Path(__file__).parents[2]
LONG_LIVED = """
import time
from airflow_provider_rsauth.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.server_log.parent, flush=True)
    time.sleep(60)
"""


def processes_of(directory: Path) -> list[str]:
    """List the processes that have to do with a sandbox's directory."""
    found = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if str(directory) in line]


def is_gone(directory: Path, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while directory.exists() or processes_of(directory):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_killed_sandbox(way: signal.Signals) -> None:
    command = [sys.executable, "-c", LONG_LIVED]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        directory = Path(process.stdout.readline().strip())
        seen = directory.is_dir(), bool(processes_of(directory))
        process.send_signal(way)
        process.wait(timeout=20)
    assert seen == (True, True)
    assert is_gone(directory)


def test_nothing_is_left_of_a_stopped_sandbox() -> None:
    with Sandbox() as sandbox:
        directory = sandbox.server_log.parent
        assert directory.is_dir()
    assert not directory.exists()
    assert processes_of(directory) == []


def test_a_taken_port_is_reported_and_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sandbox = Sandbox(aws_port=port)
        with pytest.raises(SandboxError, match=f"port {port} on 127.0.0.1 is taken: .* choose another with"):
            sandbox.start()
    directory = sandbox.server_log.parent
    assert not directory.exists()
    assert processes_of(directory) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"authentication": "telepathy"}, "authentication must be one of md5, cleartext"),
        ({"clusters": ("same",), "workgroups": ("same",)}, "needs a name of its own"),
    ],
)
def test_settings_that_make_no_sense_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        Sandbox(**arguments)  # type: ignore[arg-type]


def test_two_sandboxes_do_not_accept_each_others_credentials(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as other:
        assert other.account_id != sandbox.account_id
        assert (
            refused_call(aws(other, "redshift", sandbox.keys).describe_clusters)[0] == "InvalidClientTokenId"
        )
        login = cluster_credentials(sandbox)
        assert query(sandbox.cluster, login)
        monkeypatch.setenv("SSL_CERT_FILE", str(other.ca_file))
        refused = refused_login(other.cluster, login)
        assert refused == ("28000", 'IAM authentication failed for user "IAM:etl"')
        assert query(other.cluster, cluster_credentials(other))


def test_an_existing_postgresql_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as host:
        directory = host.server_log.parent / "postgres"
        with Sandbox(dsn=f"host={directory} user=postgres") as guest:
            monkeypatch.setenv("SSL_CERT_FILE", str(guest.ca_file))
            assert query(guest.cluster, cluster_credentials(guest)) == [("etl",)]
            assert not (guest.server_log.parent / "postgres").exists()
        assert host.execute("SELECT 1") == [(1,)]


def test_a_postgresql_that_is_not_there_is_reported() -> None:
    with pytest.raises(SandboxError, match="the PostgreSQL behind the sandbox refuses"):
        Sandbox(dsn="host=/nowhere user=postgres").start()


def test_a_forked_child_leaves_the_sandbox_alone(sandbox: Sandbox) -> None:
    child = os.fork()
    if child == 0:
        sandbox.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert sandbox.execute("SELECT 1") == [(1,)]


def test_importing_the_sandbox_is_cheap() -> None:
    code = (
        "import sys; import airflow_provider_rsauth.sandbox;"
        "heavy = {'airflow', 'boto3', 'moto', 'psycopg', 'cryptography', 'flask', 'werkzeug'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
