"""A connection keeps its meaning on every way that Airflow carries it."""

from __future__ import annotations

import json

import pytest
from airflow.providers.common.compat.sdk import Connection

from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse
from airflow_provider_rsauth.hooks.airflow_connection import read_connection
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

FURTHER = {
    "duration_seconds": 1800,
    "db_groups": ["loaders", "a_b"],
    "auto_create": True,
    "as_iam_identity": False,
}


def sign_in_of(connection: Connection) -> SignIn:
    return parse(read_connection("wh", lambda: connection))


@pytest.fixture(params=MODES.values(), ids=lambda mode: mode.name)
def example(request):
    """The example of a mode, with numbers, flags and lists in its extra."""
    example = request.param.example()
    return {**example, "extra": {**example["extra"], **FURTHER}}


@pytest.fixture
def connection(example) -> Connection:
    return Connection(
        conn_id="wh", conn_type="redshift_iam", **{**example, "extra": json.dumps(example["extra"])}
    )


def test_from_connection_to_uri_and_back(example, connection):
    again = (
        Connection(conn_id="wh", uri=connection.get_uri())
        if not hasattr(Connection, "from_uri")
        else Connection.from_uri(connection.get_uri(), conn_id="wh")
    )
    assert sign_in_of(again) == parse(RawConnection("wh", **example))


def test_from_connection_to_json_and_back(example, connection):
    fields = {
        name: getattr(connection, name)
        for name in ("conn_type", "host", "login", "password", "schema", "port")
    }
    again = Connection.from_json(json.dumps({**fields, "extra": connection.extra_dejson}), conn_id="wh")
    assert sign_in_of(again) == parse(RawConnection("wh", **example))


def test_from_environment(example, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_WH", json.dumps({"conn_type": "redshift_iam", **example}))
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    assert RedshiftIAMHook("wh").sign_in == parse(RawConnection("wh", **example))
