"""What holds for every auth mode; a new mode is tested here the moment its line is in the registry."""

from __future__ import annotations

import json
import re

import pytest

from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.fields import Ui
from airflow_provider_rsauth.auth.mode import AwsMode, DirectMode
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.connections import CONN_TYPE, connections

CANARY = "cAnAry0123456789SECRET"
SANDBOX_CONNECTIONS = {
    "redshift_iam_default": ("aws_connection", "IAM:etl", "etl", "redshift:GetClusterCredentials"),
    "redshift_access_key": ("access_key", "IAMA:loader", "loader", "redshift:GetClusterCredentials"),
    "redshift_profile": (
        "profile",
        "IAMR:RedshiftReader",
        "IAMR:RedshiftReader",
        "redshift:GetClusterCredentialsWithIAM",
    ),
    "redshift_serverless": (
        "aws_connection",
        "IAM:airflow",
        "IAM:airflow",
        "redshift-serverless:GetCredentials",
    ),
    "redshift_password": ("password", "dbadmin", "dbadmin", ""),
}


@pytest.fixture(params=MODES.values(), ids=lambda mode: mode.name)
def mode(request):
    return request.param


def test_the_sandbox_has_a_connection_for_every_mode(sandbox):
    modes = {
        value["extra"]["auth_mode"]
        for value in connections(sandbox).values()
        if value["conn_type"] == CONN_TYPE
    }
    assert modes == set(MODES)
    assert set(SANDBOX_CONNECTIONS) == {
        name for name, value in connections(sandbox).items() if value["conn_type"] == CONN_TYPE
    }


@pytest.mark.parametrize(("conn_id", "expected"), SANDBOX_CONNECTIONS.items(), ids=SANDBOX_CONNECTIONS)
def test_every_mode_signs_in(redshift, conn_id, expected):
    """The credential is issued over HTTP, the server's log shows its user, and SQL shows whose session it is."""
    mode, login, database_user, api = expected
    hook = RedshiftIAMHook(conn_id)
    assert hook.sign_in.mode.name == mode
    assert hook.get_first("select current_user") == (database_user,)
    entry = redshift.logins[-1]
    assert (entry.accepted, entry.user, entry.api) == (True, login, api)
    assert redshift.calls.count(api.partition(":")[2]) == (1 if api else 0)
    works, message = hook.test_connection()
    assert works, message
    assert repr(login) in message
    assert f"Database user: {database_user}." in message
    identity = {"": "none", "profile": "assumed-role/RedshiftReader"}.get(mode if api else "", "user/airflow")
    assert re.search(rf"AWS identity: (\S*{identity}\S*)\. Database", message)


def test_a_mode_is_described(mode):
    assert mode.title
    assert mode.summary
    assert issubclass(mode, AwsMode) != issubclass(mode, DirectMode)
    for name in mode.model_fields:
        ui = mode.ui(name)
        assert isinstance(ui, Ui)
        assert ui.label
        assert ui.help.endswith(".")


def test_the_example_is_a_whole_connection(mode):
    sign_in = parse(RawConnection("example", **mode.example()))
    assert sign_in.mode.name == mode.name
    assert not sign_in.notices


def test_the_example_survives_as_json(mode):
    example = mode.example()
    as_text = {**example, "extra": json.dumps(example["extra"])}
    assert parse(RawConnection("example", **as_text)) == parse(RawConnection("example", **example))


def test_no_secret_leaves_a_mode(mode):
    """Neither repr, nor an error, nor what is behind an error shows a secret field's value."""
    example = mode.example()
    options = {**example.pop("extra")}
    fields = {"login": example.get("login"), "password": example.get("password")}
    for name in mode.model_fields:
        if is_secret(mode, name):
            (fields if name in fields else options)[name] = CANARY
    good = RawConnection("example", host=example["host"], schema="dev", **fields, extra=options)
    assert CANARY not in repr(good)
    shown = []
    try:
        sign_in = parse(good)
        shown += [
            repr(sign_in),
            str(sign_in),
            repr(sign_in.mode),
            str(sign_in.mode),
            repr(sign_in.mode.model_dump()),
        ]
        parse(good, {"duration_seconds": 1, "login": "a:b", "profile": 5, "access_key_id": "-", "port": -1})
    except InvalidSettings as error:
        shown += [
            str(error),
            repr(error),
            repr(error.problems),
            repr(error.__context__),
            repr(error.__cause__),
        ]
    assert len(shown) >= 5
    assert CANARY not in "".join(shown)
