"""What holds for every auth mode; a new mode is tested here the moment its line is in the registry."""

from __future__ import annotations

import json
import re

import pytest

from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.driver import DriverSettings
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.fields import Ui
from airflow_provider_rsauth.auth.mode import AwsMode, DirectMode, KeptLoginMode
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import CONN_TYPE, RawConnection, parse
from airflow_provider_rsauth.auth.target import TargetSettings
from airflow_provider_rsauth.auth.tokens.mode import TokenMode
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.connections import connections

CANARY = "cAnAry0123456789.SECRET.0123456789cAnAry"
"""In the form of a JWT, so that it can stand in every secret field."""
PASTED = (
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCY:EXAMPLEKEY",
    "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD==",
    "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY1",
)
SANDBOX_CONNECTIONS = {
    "redshift_iam_default": ("aws_connection", "IAM:etl", "etl", "redshift:GetClusterCredentials"),
    "redshift_access_key": ("access_key", "IAMA:loader", "loader", "redshift:GetClusterCredentials"),
    "redshift_profile": (
        "profile",
        "IAMR:RedshiftReader",
        "IAMR:RedshiftReader",
        "redshift:GetClusterCredentialsWithIAM",
    ),
    "redshift_identity_center": (
        "identity_center",
        "IAM:analyst",
        "analyst",
        "redshift:GetClusterCredentials",
    ),
    "redshift_serverless": (
        "aws_connection",
        "IAM:airflow",
        "IAM:airflow",
        "redshift-serverless:GetCredentials",
    ),
    "redshift_secret": ("secrets_manager", "dbadmin", "dbadmin", "secretsmanager:GetSecretValue"),
    "redshift_adfs": ("adfs", "IAM:etl", "etl", "redshift:GetClusterCredentials"),
    "redshift_ping": ("ping", "IAM:analyst", "analyst", "redshift:GetClusterCredentials"),
    "redshift_okta": (
        "okta",
        "IAMR:SamlReader",
        "IAMR:SamlReader",
        "redshift:GetClusterCredentialsWithIAM",
    ),
    "redshift_azure_ad": ("azure_ad", "IAM:etl", "etl", "redshift:GetClusterCredentials"),
    "redshift_web_identity": ("web_identity", "IAM:etl", "etl", "redshift:GetClusterCredentials"),
    "redshift_identity_center_token": (
        "identity_center_token",
        "AWSIDC:jane@example.com",
        "AWSIDC:jane@example.com",
        "redshift:GetIdentityCenterAuthToken",
    ),
    "redshift_native_idp_token": (
        "native_idp_token",
        "aad:jane@example.com",
        "aad:jane@example.com",
        "",
    ),
    "redshift_password": ("password", "dbadmin", "dbadmin", ""),
}


IDENTITIES = {
    "password": "none",
    "native_idp_token": "none",
    "web_identity": "assumed-role/WebIdentityReader",
    "identity_center_token": "assumed-role/RedshiftReader",
    "profile": "assumed-role/RedshiftReader",
    "identity_center": "assumed-role/AWSReservedSSO_RedshiftReadOnly",
    **dict.fromkeys(("adfs", "ping", "okta", "azure_ad"), "assumed-role/SamlReader/jane"),
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
def test_every_mode_signs_in(redshift, approve, conn_id, expected):
    """The credential is issued over HTTP, the server's log shows its user, and SQL shows whose session it is."""
    mode, login, database_user, api = expected
    approve(conn_id)
    redshift.calls.clear()
    hook = RedshiftIAMHook(conn_id)
    assert hook.sign_in.mode.name == mode
    assert hook.get_first("select current_user") == (database_user,)
    entry = redshift.logins[-1]
    issued = "" if issubclass(MODES[mode], KeptLoginMode) else api
    assert (entry.accepted, entry.user, entry.api) == (True, login, issued)
    assert redshift.calls.count(api.partition(":")[2]) == (1 if api else 0)
    works, message = hook.test_connection()
    assert works, message
    assert ("by token" if issubclass(MODES[mode], TokenMode) else f"as {login!r}") in message
    assert f"Database user: {database_user}." in message
    identity = IDENTITIES.get(mode, "user/airflow")
    assert re.search(rf"AWS identity: (\S*{identity}\S*)\. Database", message)


def test_a_mode_is_described(mode):
    assert mode.title
    assert mode.summary
    assert sum(issubclass(mode, kind) for kind in (AwsMode, KeptLoginMode, TokenMode, DirectMode)) == 1
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


def filled_in(group, values: dict[str, str], **more) -> RawConnection:
    """Return the example of a mode, or of the first, with some fields of a group filled in."""
    mode = group if group in MODES.values() else next(iter(MODES.values()))
    example = mode.example()
    fields, extra = {**example, **more}, {**example["extra"]}
    for name, value in values.items():
        standard = group.ui(name).standard
        if standard:
            fields[standard] = value
        else:
            extra[name] = value
            extra.pop(f"{name}_file", None)  # a token is either in the connection or in a file
    return RawConnection("example", **{**fields, "extra": extra})


def all_that_is_shown(error: Exception) -> str:
    shown = [str(error), repr(error), repr(vars(error)), repr(error.__context__), repr(error.__cause__)]
    return "".join(shown)


def test_no_secret_leaves_a_mode(mode):
    """Neither repr, nor an error, nor what is behind an error shows a secret field's value."""
    secrets = {name: CANARY for name in mode.model_fields if is_secret(mode, name)}
    temporary = {"access_key_id": "ASIAIOSFODNN7EXAMPLE"} if "session_token" in secrets else {}
    good = filled_in(mode, {**secrets, **temporary})
    sign_in = parse(good)
    for name in secrets:
        assert getattr(sign_in.mode, name).get_secret_value() == CANARY
    for each in (good, sign_in, sign_in.mode):
        assert CANARY not in repr(each) + str(each)
    assert CANARY not in repr(sign_in.mode.model_dump())
    with pytest.raises(InvalidSettings) as caught:
        parse(good, {"duration_seconds": 1, "db_user": "a:b", "profile": 5, "access_key_id": "-", "port": -1})
    assert CANARY not in all_that_is_shown(caught.value)


TEXT_FIELDS = [
    pytest.param(group, name, id=f"{group.__name__} {name}")
    for group in (*MODES.values(), TargetSettings, DatabaseUser, DriverSettings)
    for name in group.model_fields
    if not is_secret(group, name)
]


@pytest.mark.parametrize("value", PASTED, ids=["secret key", "session token", "a line"])
@pytest.mark.parametrize(("group", "name"), TEXT_FIELDS)
def test_a_secret_pasted_into_another_field_is_not_repeated(group, name, value):
    """Something else is wrong beside it, so that there is an error in any case."""
    with pytest.raises(InvalidSettings) as caught:
        parse(filled_in(group, {name: value}), {"tcp_keepalive_count": 0, "sslmode": "disable"})
    shown = all_that_is_shown(caught.value).lower()
    assert not [part for part in re.findall(r"\w{8,}", value.lower()) if part in shown]


@pytest.mark.parametrize("value", PASTED, ids=["secret key", "session token", "a line"])
@pytest.mark.parametrize("beside", [{}, {"jdbc_url": "jdbc:redshift:iam://examplecluster:us-west-2/dev"}])
def test_a_secret_pasted_as_auth_mode_is_not_repeated(value, beside):
    with pytest.raises(InvalidSettings) as caught:
        parse(RawConnection("example", extra={"auth_mode": value, **beside}))
    assert value not in all_that_is_shown(caught.value)
