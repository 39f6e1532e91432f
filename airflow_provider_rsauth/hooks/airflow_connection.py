"""The Airflow connection as it is kept, also when Airflow itself cannot read it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.settings import RawConnection

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection

_FIELDS = ("conn_type", "host", "port", "login", "password", "schema", "extra")


def read_connection(conn_id: str, load: Callable[[], Connection]) -> RawConnection:
    """
    Return a connection for parsing.

    :param conn_id: its id.
    :param load: gets it from Airflow.
    :raises AirflowNotFoundException: it is defined nowhere.
    :raises InvalidSettings: it is defined in an environment variable that cannot be read. Airflow says then that it
        is not defined.
    """
    try:
        found = load()
    except AirflowNotFoundException:
        variable = f"AIRFLOW_CONN_{conn_id.upper()}"
        if variable not in os.environ:
            raise
        fields = _read_json(os.environ[variable])
    else:
        return RawConnection(conn_id, **{name: getattr(found, name) for name in _FIELDS})
    if fields is None:
        text = "this environment variable is neither a connection URI nor a JSON object"
    elif unknown := sorted(fields.keys() - {*_FIELDS, "description"}):
        text = f"has fields that no connection has: {', '.join(unknown)}. Settings of ours belong into extra"
    else:
        return RawConnection(conn_id, **{name: fields[name] for name in _FIELDS if name in fields})
    raise InvalidSettings(f"Connection {conn_id!r}", [Problem(variable, text)])


def _read_json(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
