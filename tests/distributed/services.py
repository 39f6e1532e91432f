"""What the machines of an Airflow share: a broker and a metadata database."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet

from airflow_provider_rsauth.sandbox.postgres import EmbeddedPostgres


def redis_server() -> str | None:
    return shutil.which("redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A Redis that keeps nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._port = directory, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        place = ("--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._directory))
        with (self._directory / "redis.log").open("wb") as log:
            self._process = subprocess.Popen(
                [redis_server() or "redis-server", *place, "--save", "", "--appendonly", "no"],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            if is_open(self._port):
                return
            time.sleep(0.05)
        raise TimeoutError((self._directory / "redis.log").read_text())

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)


class Metadata:
    """Airflow's own database; it has nothing to do with the Redshift that tasks connect to."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="rsauth-metadata-"))
        self._directory.chmod(0o711)  # PostgreSQL may run as another user
        self._postgres = EmbeddedPostgres(self._directory)
        self.fernet_key = Fernet.generate_key().decode()

    def start(self) -> None:
        self._postgres.start()
        with psycopg.connect(self._postgres.dsn, autocommit=True) as connection:
            connection.execute("create database airflow")

    def stop(self) -> None:
        self._postgres.stop()
        shutil.rmtree(self._directory)

    def url(self, driver: str) -> str:
        facts = psycopg.conninfo.conninfo_to_dict(self._postgres.dsn)
        return f"postgresql+{driver}://{facts['user']}@/airflow?host={facts['host']}&port={facts['port']}"

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._postgres.dsn, dbname="airflow", autocommit=True) as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def variables(self) -> dict[str, tuple[bool, str]]:
        """Return what is stored of each Variable: whether it is marked as encrypted, and the text."""
        rows = self.query("select key, is_encrypted, val from variable")
        return {key: (is_encrypted, text) for key, is_encrypted, text in rows}

    def decrypt(self, text: str) -> dict[str, Any]:
        return json.loads(Fernet(self.fernet_key).decrypt(text.encode()))
