"""
Stop PostgreSQL and remove the sandbox's directory when the sandbox dies without doing so itself.

Runs as a process of its own, from this file and on the standard library alone: a process that was killed
cannot clean up, and nothing must be left behind on a developer's machine.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

POLL_SECONDS = 0.5
STOP_SECONDS = 10.0
PAUSE_SECONDS = 0.02


def start(directory: Path) -> subprocess.Popen[bytes]:
    """
    Watch over this process.

    :param directory: what to remove; the process id of PostgreSQL is read from it.
    :returns: the watchdog; it ends when its standard input is closed.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(directory), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl-C in the terminal is for the sandbox, not for its watchdog
    )


def clean_up(directory: Path) -> None:
    """Stop the PostgreSQL in a directory at once, and remove the directory."""
    pid_file = directory / "postgres" / "data" / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    while directory.exists() and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, IndexError):
            _stop(pid_file)
        shutil.rmtree(directory, ignore_errors=True)  # leaves something where PostgreSQL is just starting
        time.sleep(PAUSE_SECONDS)


def _stop(pid_file: Path) -> None:
    """Stop PostgreSQL; its process may stay as a zombie, so it is its file that tells."""
    pid = int(pid_file.read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT)  # PostgreSQL's "immediate shutdown": nobody needs the data any more
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        os.kill(pid, 0)
        time.sleep(PAUSE_SECONDS)
    if pid_file.exists():
        os.kill(pid, signal.SIGKILL)


def _watch(parent: int) -> None:
    # A forked child of the sandbox may hold the pipe open after the sandbox died: look at both.
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], POLL_SECONDS)
        if readable and not os.read(sys.stdin.fileno(), 1):
            return


if __name__ == "__main__":
    for _signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(_signal, signal.SIG_IGN)
    _watch(parent=int(sys.argv[2]))
    clean_up(Path(sys.argv[1]))
