"""What the demo shows, taken from the server's log, and proof that it really happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from airflow_provider_rsauth.auth.issuer import (
    GET_CLUSTER_CREDENTIALS,
    GET_CLUSTER_CREDENTIALS_WITH_IAM,
    GET_CREDENTIALS,
)
from airflow_provider_rsauth.auth.secrets_manager.diagnosis import GET_SECRET_VALUE
from airflow_provider_rsauth.auth.tokens.issuer import GET_CLUSTER_TOKEN
from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.connections import connections

ISSUING_APIS = (
    GET_CLUSTER_CREDENTIALS,
    GET_CLUSTER_CREDENTIALS_WITH_IAM,
    GET_CREDENTIALS,
    GET_CLUSTER_TOKEN,
)
APIS_OF_KEPT_LOGINS = {"password": "none", "native_idp_token": "none", "secrets_manager": GET_SECRET_VALUE}
"""The auth modes whose password or token no API issues, and the API that they call."""

DEFAULT_CONN_ID = "redshift_iam_default"
WITHOUT_LOGIN = "connections"
"""The task of the mapped example that only lists."""

COLUMNS = ("task", "auth mode", "API called", "user in the server's log", "expires (UTC)", "rows")


class DemoFailed(Exception):
    """Something that should have happened did not."""


class SignedIn(NamedTuple):
    """One task and the login that it made."""

    task: str
    mode: str
    api: str
    user: str
    expires: str
    rows: str


def tasks_signed_in(sandbox: Sandbox, report: list[dict[str, Any]], conn_ids: list[str]) -> list[SignedIn]:
    """
    Match the tasks with the logins in the server's log, which carry their names.

    :param sandbox: the sandbox.
    :param report: what became of the DAG runs.
    :param conn_ids: the connections over which the second DAG is mapped.
    :raises DemoFailed: a task did not sign in as its connection says, or not with a credential of its own.
    """
    signed = sorted(row for dag in report for row in _rows_of(sandbox, dag, conn_ids))
    if len(signed) != len(conn_ids) + 2:
        raise DemoFailed(f"{len(signed)} tasks signed in, not {len(conn_ids) + 2}")
    apis = (*ISSUING_APIS, GET_SECRET_VALUE)
    issued = sum(sandbox.calls.count(api.partition(":")[2]) for api in apis)
    asking = sum(row.api in apis for row in signed)
    if issued != asking:
        raise DemoFailed(f"{issued} credentials were issued for {asking} tasks")
    return signed


def _rows_of(sandbox: Sandbox, dag: dict[str, Any], conn_ids: list[str]) -> Iterator[SignedIn]:
    known = connections(sandbox)
    logins = {login.application_name.split(" ")[1]: login for login in sandbox.logins}
    for task in dag["tasks"]:
        if task["task_id"] == WITHOUT_LOGIN:
            continue
        index = task["map_index"]
        name = f"{dag['dag_id']}.{task['task_id']}" + (f"[{index}]" if index >= 0 else "")
        mode = known[conn_ids[index] if index >= 0 else DEFAULT_CONN_ID]["extra"]["auth_mode"]
        login = logins.get(name)
        if task["state"] != "success" or not login or not login.accepted:
            raise DemoFailed(f"{name} did not sign in: {task['state']}, {login}")
        if (mode in APIS_OF_KEPT_LOGINS) == bool(login.api):
            raise DemoFailed(f"{name} did not sign in by {mode}: {login}")
        expires = f"{login.expires_at:%H:%M:%S}" if login.expires_at else "never"
        api = login.api or APIS_OF_KEPT_LOGINS[mode]
        yield SignedIn(name, mode, api, login.user, expires, _text(task["returned"]))


def _text(returned: list[Any]) -> str:
    """Return the rows of the last statement as a text."""
    rows = [row for row in returned if row]
    if rows and isinstance(rows[0][0], list):
        rows = rows[-1]
    return ", ".join("/".join(map(str, row)) for row in rows)
