"""Defaults are for what a connection leaves open: field by field, but never one cluster's name with another's host."""

from __future__ import annotations

import pytest

from airflow_provider_rsauth.auth import jdbc_url
from airflow_provider_rsauth.auth.defaults import Defaults
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse

HOST = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
OTHER_HOST = "other.abc123xyz789.eu-west-1.redshift.amazonaws.com"
SECRET = "wJalrXUtnFEMI-canary-K7MDENG"
SOURCE = "authentication profile 'team-a'"


def parsed(options: dict, conn_type="redshift_iam", **fields) -> SignIn:
    extra = {"auth_profile": "team-a", **fields.pop("extra", {})}
    raw = RawConnection("wh", conn_type, extra=extra, **fields)
    return parse(raw, defaults=Defaults(SOURCE, options))


def refusal(options: dict, **fields) -> str:
    with pytest.raises(InvalidSettings) as caught:
        parsed(options, **fields)
    assert caught.value.__cause__ is None
    return str(caught.value)


def place(sign_in: SignIn) -> tuple:
    target = sign_in.target
    return target.identifier, target.region, target.host, target.port


def test_a_connection_is_filled_up():
    sign_in = parsed(
        {"Host": f"{HOST}:5440/sales", "DbUser": "etl", "DbGroups": "a,b", "AutoCreate": "true", "IAMDuration": 1200}
    )  # fmt: skip
    assert place(sign_in) == ("examplecluster", "us-west-2", HOST, 5440)
    assert sign_in.target.database == "sales"
    user = sign_in.database_user
    assert (user.db_user, user.groups, user.auto_create, user.duration_seconds) == (
        "etl",
        ("a", "b"),
        True,
        1200,
    )
    assert not sign_in.notices
    assert not sign_in.pending_profile


def test_fields_then_the_url_then_the_defaults():
    options = {"DbUser": "third", "IAMDuration": 1000, "Region": "us-west-2", "Database": "third"}
    url = "jdbc:redshift:iam://a.example.com:5555/second?ClusterID=second&DbUser=second&IAMDuration=2000"
    sign_in = parsed(options, host=url, extra={"db_user": "first"})
    user, target = sign_in.database_user, sign_in.target
    assert (user.db_user, user.duration_seconds) == ("first", 2000)
    assert (target.database, target.identifier, target.region) == ("second", "second", "us-west-2")


@pytest.mark.parametrize("flag", [False, "false"])
def test_a_switch_that_is_off_is_said(flag):
    assert parsed({"Host": HOST, "DbUser": "u", "AutoCreate": True}, extra={"auto_create": flag}).database_user == (
        parsed({"Host": HOST, "DbUser": "u"}, extra={"auto_create": False}).database_user
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "fields", "expected"),
    [
        pytest.param(
            {"Host": OTHER_HOST, "Port": 5440, "ClusterID": "other", "Region": "eu-west-1"},
            {"host": HOST},
            ("examplecluster", "us-west-2", HOST, None),
            id="another endpoint",
        ),
        pytest.param(
            {"Host": OTHER_HOST, "Port": 5440, "Region": "eu-west-1"},
            {"extra": {"cluster_identifier": "mine"}},
            ("mine", "eu-west-1", None, None),
            id="another cluster, in the same region",
        ),
        pytest.param(
            {"Host": "tunnel.local", "Port": 5440, "ClusterID": "a", "Region": "eu-west-1"},
            {"extra": {"cluster_identifier": "a"}},
            ("a", "eu-west-1", "tunnel.local", 5440),
            id="the same cluster behind a tunnel",
        ),
        pytest.param(
            {"ClusterID": "a", "Port": 5440, "Region": "eu-west-1"},
            {"host": "tunnel.local"},
            ("a", "eu-west-1", "tunnel.local", 5440),
            id="a tunnel of one's own to the cluster",
        ),
        pytest.param(
            {"Serverless": "1", "Workgroup": "etl-wg", "Region": "eu-west-1"},
            {"extra": {"cluster_identifier": "mine"}},
            ("mine", "eu-west-1", None, None),
            id="cluster beats workgroup",
        ),
        pytest.param(
            {"Host": HOST, "ClusterID": "examplecluster"},
            {"host": "dwh.example.com", "extra": {"custom_domain": True, "region": "us-east-1"}},
            ("", "us-east-1", "dwh.example.com", None),
            id="custom domain beats cluster",
        ),
        pytest.param(
            {"Host": "dwh.example.com", "custom_domain": True, "Region": "eu-west-1"},
            {"host": HOST},
            ("examplecluster", "us-west-2", HOST, None),
            id="cluster beats custom domain",
        ),
    ],
)
def test_what_belongs_together_is_not_mixed(options, fields, expected):
    sign_in = parsed({**options, "DbUser": "u"}, **fields)
    assert place(sign_in) == expected
    assert not sign_in.notices


def test_a_problem_names_where_it_comes_from():
    """And only a problem that comes from there."""
    text = refusal(
        {"Host": HOST, "IAMDuration": 5, "SSLMode": "disable", "DbUser": "u", "dbgroups": ["A"]}, port=0
    )
    lines = {line.strip().split("): ")[0]: line for line in text.splitlines()[1:]}
    for name in ("Duration (duration_seconds", "TLS verification (sslmode", "Database groups (db_groups"):
        assert lines[name].endswith(f"(from {SOURCE})")
    assert SOURCE not in lines["Port (port"]


def test_a_contradiction_in_the_defaults_is_told():
    text = refusal({"Host": HOST, "DbUser": "a", "db_user": "b"})
    assert f"is given twice with different values, once as 'db_user'. Keep one (from {SOURCE})" in text


def test_what_the_defaults_leave_open_too_is_told_as_ever():
    text = refusal({"Region": "us-west-2"})
    assert "Host (host): missing" in text
    assert SOURCE not in text


@pytest.mark.parametrize(
    ("option", "notice"),
    [
        ({"ClsuterID": "x"}, f"{SOURCE}: clsuterid is not a setting and is not used. Did you mean"),
        ({"AllowDBUserOverride": "1"}, f"{SOURCE}: allowdbuseroverride is not used: it is an option of signing in"),
        ({"AccessKeyID": "x"}, f"{SOURCE}: access_key_id is not used: it is for the connection to say"),
        ({"sso_role_name": "Admin"}, f"{SOURCE}: sso_role_name is not used: it is for the connection to say"),
        ({"aws_conn_id": "admin"}, f"{SOURCE}: aws_conn_id is not used: it is for the connection to say"),
        ({"auth_mode": "password"}, f"{SOURCE}: auth_mode is not used: it is for the connection to say"),
        ({"AuthProfile": "team-b"}, f"{SOURCE}: auth_profile is not used"),
        ({"jdbcUrl": "jdbc:redshift:dev"}, f"{SOURCE}: jdbc_url is not used"),
        ({"plugin_name": "BrowserIdcAuthPlugin"}, f"{SOURCE}: Plugin_Name (auth_mode): 'BrowserIdcAuthPlugin' opens a browser"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_taken_is_a_notice_that_names_the_source(option, notice):
    sign_in = parsed({"Host": HOST, "DbUser": "u", **option})
    assert sign_in.mode.name == "aws_connection"
    assert sign_in.mode.aws_conn_id is None
    (found,) = sign_in.notices
    assert found.startswith(notice)


def test_a_plugin_with_an_auth_mode_chooses_it(monkeypatch):
    """What only the reading mode has is then left out, without a word."""
    monkeypatch.setitem(jdbc_url.PLUGINS, "mine", "password")
    options = {"Plugin_Name": "org.acme.Mine", "Host": HOST, "UID": "u", "PWD": SECRET}
    sign_in = parsed(options, extra={"aws_conn_id": "reader"})
    assert (sign_in.mode.name, sign_in.mode.login) == ("password", "u")
    assert sign_in.mode.password.get_secret_value() == SECRET
    assert not sign_in.notices


def test_iam_of_the_defaults_makes_no_stock_connection():
    assert not parsed({"Host": HOST, "DbUser": "u", "IAM": "0"}).notices
    stock = parsed(
        {"Host": HOST, "DbUser": "u", "iam": False}, "redshift", extra={"iam": True, "auth_profile": "x"}
    )
    assert stock.mode.name == "aws_connection"


def test_no_secret_of_the_defaults_is_shown():
    text = refusal({"Host": SECRET, "SecretAccessKey": SECRET, "PWD": SECRET, "DbUser": f"{SECRET}:"})
    assert SECRET.lower() not in text.lower()
    assert SECRET not in repr(Defaults(SOURCE, {"PWD": SECRET}))


def test_without_the_profile_only_what_is_said_is_checked():
    """Host, cluster and user may be in the profile."""
    raw = RawConnection("wh", extra={"auth_profile": "team-a", "db_groups": ["A"], "region": "us-west-2"})
    sign_in = parse(raw)
    assert (sign_in.pending_profile, sign_in.target.region, sign_in.target.host) == (
        "team-a",
        "us-west-2",
        None,
    )
    wrong = RawConnection(
        "wh", port=0, extra={"auth_profile": "team-a", "region": "nowhere", "auth_mode": "access_key"}
    )
    with pytest.raises(InvalidSettings) as caught:
        parse(wrong)
    for field in ("port", "region", "access_key_id", "secret_access_key"):
        assert f"({field})" in str(caught.value)
    assert "has 4 problems" in str(caught.value)


def test_a_mode_without_aws_identity_does_not_read_it():
    sign_in = parse(
        RawConnection(
            "wh", host=HOST, login="u", password="p", extra={"auth_mode": "password", "auth_profile": "x"}
        )
    )
    assert not sign_in.pending_profile
    assert sign_in.notices[0].startswith("auth_profile is not used: it belongs to the auth mode Airflow AWS")


def test_the_login_beats_the_user_of_the_defaults():
    assert parsed({"Host": HOST, "DbUser": "theirs"}, login="mine").database_user.db_user == "mine"
    assert parsed({"Host": HOST, "UID": "theirs"}).database_user.db_user == "theirs"
