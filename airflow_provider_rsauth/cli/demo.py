"""``rsauth demo``: Airflow runs the example DAGs on the sandbox; shown is who signed in, and who was refused."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import airflow_provider_rsauth
from airflow_provider_rsauth.auth.settings import CONN_TYPE
from airflow_provider_rsauth.cli.evidence import COLUMNS, DemoFailed, SignedIn, tasks_signed_in
from airflow_provider_rsauth.sandbox import Sandbox, SandboxError
from airflow_provider_rsauth.sandbox.connections import IDENTITY_CENTER_CONN_ID, connections, environment

REFUSALS = {
    "expired_credential": ("a credential that has expired", "Expired"),
    "wrong_password": ("a wrong password", "LoginRefused"),
    "unknown_user": ("a database user that does not exist", "NotFound"),
}
"""Connection that must be refused: what is wrong with it, and the error that a task gets."""


def run(_: argparse.Namespace) -> int:
    """Run the demo; 0 only if all of it really happened."""
    try:
        with tempfile.TemporaryDirectory(prefix="rsauth-demo-") as home:
            _demo(Path(home))
    except (DemoFailed, SandboxError) as error:
        print(f"\n✗ {error}", file=sys.stderr)
        return 1
    print(
        "\nEvery task signed in with credentials of its own, issued a moment before; everything else was refused."
    )
    return 0


def _demo(home: Path) -> None:
    with _step("Starting a local Redshift and its AWS APIs"):
        sandbox = Sandbox()
        sandbox.start()
    try:
        air = _airflow_environment(home) | environment(sandbox) | _refused_connections(sandbox)
        with _step("Preparing Airflow"):
            _run(home, air, "-m", "airflow", "db", "migrate")
        with _step("Signing in a person to IAM Identity Center, who approves at once"):
            sandbox.identity_center.auto_approve = True
            _run(home, air, "-m", f"{__package__}.main", "sign-in", IDENTITY_CENTER_CONN_ID)
        conn_ids = [name for name, each in connections(sandbox).items() if each["conn_type"] == CONN_TYPE]
        with _step("Running the example DAGs through Airflow"):
            report = _run_dags(home, air, conn_ids)
        _show_table(tasks_signed_in(sandbox, report, conn_ids))
        with _step("Signing in with what must be refused"):
            refusals = json.loads(_run(home, air, "-m", f"{__package__}.try_out", *REFUSALS).splitlines()[-1])
        _show_refusals(refusals)
    finally:
        sandbox.stop()


@contextmanager
def _step(text: str) -> Iterator[None]:
    overwrite = "\r" if sys.stdout.isatty() else "\n"
    print(f"… {text}", end="", flush=True)
    start = time.monotonic()
    yield
    print(f"{overwrite}✓ {text} ({time.monotonic() - start:.1f} s)", flush=True)


def _airflow_environment(home: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW_"))},
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(_example_dags()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",
    }


def _example_dags() -> Path:
    package = Path(airflow_provider_rsauth.__file__).parent
    return next(path for path in (package / "example_dags", package.parent / "example_dags") if path.is_dir())


def _refused_connections(sandbox: Sandbox) -> dict[str, str]:
    sandbox.create_user("late")
    sandbox.faults.lifetime(0, db_user="late", announce=900)
    known = connections(sandbox)
    broken = {
        "expired_credential": known["redshift_iam_default"] | {"login": "late"},
        "wrong_password": known["redshift_password"] | {"password": "not-the-password"},
        "unknown_user": known["redshift_iam_default"] | {"login": "nobody"},
    }
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in broken.items()}


def _run(home: Path, variables: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoFailed(f"{' '.join(arguments[:3])} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def _run_dags(home: Path, variables: Mapping[str, str], conn_ids: list[str]) -> list[dict[str, Any]]:
    report, dags = home / "report.json", _example_dags()
    runs = {"example_redshift_iam": {}, "example_redshift_iam_mapped": {"connections": conn_ids}}
    words = [word for name, conf in runs.items() for word in (str(dags / f"{name}.py"), json.dumps(conf))]
    _run(home, variables, "-m", f"{__package__}.dag_run", str(report), *words)
    outcome: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))
    return outcome


def _show_table(signed: list[SignedIn]) -> None:
    lines = [COLUMNS, *signed]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print()
    for line in lines:
        print("  " + "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    print()


def _show_refusals(refusals: dict[str, list[str] | None]) -> None:
    for conn_id, (what, error) in REFUSALS.items():
        outcome = refusals[conn_id]
        if not outcome or outcome[0] != error:
            raise DemoFailed(f"{what} was not refused as it should be: {outcome}")
        print(f"\n  {what} is refused; the task reads:\n")
        print("\n".join(f"    {line}" for line in f"{outcome[0]}: {outcome[1]}".splitlines()))
