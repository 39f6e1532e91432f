"""``rsauth sandbox``: a local Redshift until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from pathlib import Path

from airflow_provider_rsauth.sandbox import Sandbox, SandboxError
from airflow_provider_rsauth.sandbox.connections import IDENTITY_CENTER_CONN_ID, connections, environment


def run(options: argparse.Namespace) -> int:
    """
    Start the sandbox, say how to use it, and stop it at Ctrl-C or SIGTERM.

    :param options: ``aws_port``.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with Sandbox(aws_port=options.aws_port) as sandbox:
            print(_welcome(sandbox, _write_environment(sandbox)), flush=True)
            stop.wait()
    except SandboxError as error:
        print(f"rsauth sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _write_environment(sandbox: Sandbox) -> Path:
    """Write the variables to a file only its owner may read: there are keys in it."""
    path = sandbox.ca_file.parent / "environment"
    path.touch(mode=0o600)
    path.write_text(
        "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment(sandbox).items())
    )
    return path


def _welcome(sandbox: Sandbox, path: Path) -> str:
    lines = [
        f"Cluster {sandbox.cluster.name}: {sandbox.cluster.host}:{sandbox.cluster.port}",
        f"Workgroup {sandbox.workgroup.name}: {sandbox.workgroup.host}:{sandbox.workgroup.port}",
        f"AWS APIs: {sandbox.endpoint_url}",
        f"Logins: {sandbox.server_log}",
        "",
        "In the shell that runs Airflow:",
        "",
        f"    source {path}",
        "",
        "which defines these connections:",
        "",
    ]
    for name, connection in connections(sandbox).items():
        mode = connection["extra"].get("auth_mode", "the AWS connection that the others use")
        lines.append(f"    {name:22}{mode}")
    users = "Users etl, analyst and dbadmin, groups analysts and loaders, database dev."
    warning = (
        "In that shell every AWS client talks to the sandbox, and connections of these names are the sandbox's. After a "
        "restart ports, keys and data are new: source it again."
    )
    person = (
        f"For {IDENTITY_CENTER_CONN_ID} a person has to approve: run rsauth sign-in {IDENTITY_CENTER_CONN_ID} in that "
        "shell, or a DAG with the IdentityCenterSignInSensor; the page that they name has the buttons."
    )
    return "\n".join([*lines, "", users, person, warning, "", "Stop with Ctrl-C."])
