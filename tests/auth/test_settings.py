"""A connection is parsed once; all that is wrong with it is said at once, in the user's words."""

from __future__ import annotations

import pytest

from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse

CLUSTER_HOST = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
GOOD = {"host": CLUSTER_HOST, "schema": "dev", "login": "etl"}
KEY = "AKIAIOSFODNN7EXAMPLE"
TEMPORARY_KEY = "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI-canary-K7MDENG"


def parsed(overrides=None, extra=None, **fields) -> SignIn:
    return parse(RawConnection("wh", **{**GOOD, **fields}, extra=extra), overrides)


def refusal(overrides=None, extra=None, **fields) -> str:
    with pytest.raises(InvalidSettings) as caught:
        parsed(overrides, extra, **fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "extra", "said"),
    [
        pytest.param(
            {"host": None},
            {},
            ["Host (host): missing", "cluster identifier or workgroup"],
            id="no host and no cluster",
        ),
        pytest.param(
            {"host": None},
            {"cluster_identifier": "a", "serverless_work_group": "abc"},
            ["Workgroup (serverless_work_group)", "both cluster 'a' and workgroup 'abc'"],
            id="a workgroup and a cluster",
        ),
        pytest.param(
            {"port": 0}, {}, ["Port (port): is 0 but must be a whole number from 1 to 65535"], id="port 0"
        ),
        pytest.param({"port": "abc"}, {}, ["Port (port): is 'abc' but must be"], id="port abc"),
        pytest.param(
            {},
            {"duration_seconds": 899},
            ["is 899 but must be a whole number from 900 to 3600"],
            id="duration 899",
        ),
        pytest.param(
            {}, {"duration_seconds": "3601"}, ["'3601' but must be", "900 to 3600"], id="duration 3601"
        ),
        pytest.param(
            {}, {"duration_seconds": "ten minutes"}, ["'ten minutes' but must be"], id="duration in words"
        ),
        pytest.param(
            {"login": "team:etl"},
            {},
            ["Database user (db_user): must begin", "no colon"],
            id="colon in the user",
        ),
        pytest.param(
            {"login": None}, {}, ["Database user (db_user): missing", "as_iam_identity"], id="no user"
        ),
        pytest.param({"login": "public"}, {}, ["PUBLIC is not a user"], id="user public"),
        pytest.param(
            {},
            {"db_groups": "Loaders"},
            ["'Loaders' has capital letters", "'loaders'", "force_lowercase"],
            id="capitals in a group",
        ),
        pytest.param(
            {},
            {"auth_mode": "acess_key"},
            ["Did you mean 'access_key'?", "password"],
            id="auth mode misspelt",
        ),
        pytest.param(
            {},
            {"auth_mode": "magic"},
            ["'magic' is not an auth mode", "There are: aws_connection"],
            id="auth mode unknown",
        ),
        pytest.param(
            {},
            {"auth_mode": "access_key", "access_key_id": KEY},
            ["Secret access key (secret_access_key): missing"],
            id="key without secret",
        ),
        pytest.param(
            {},
            {"auth_mode": "access_key", "access_key_id": TEMPORARY_KEY, "secret_access_key": SECRET},
            ["Session token (session_token): missing", "ASIA"],
            id="temporary key without token",
        ),
        pytest.param(
            {},
            {
                "auth_mode": "access_key",
                "access_key_id": KEY,
                "secret_access_key": SECRET,
                "session_token": SECRET,
            },
            ["Session token (session_token): does not belong to this key"],
            id="long-term key with token",
        ),
        pytest.param(
            {}, {"auth_mode": "profile"}, ["Profile (profile): missing"], id="profile mode without profile"
        ),
        pytest.param(
            {},
            {"ca_bundle": f"-----BEGIN CERTIFICATE-----\n{SECRET}\n-----END CERTIFICATE-----"},
            ["CA file (ca_bundle): must be the path of a PEM file", "not the certificate itself"],
            id="pasted certificate",
        ),
        pytest.param(
            {},
            {"auth_mode": ["profile"]},
            ["Sign in with (auth_mode): this is not an auth mode"],
            id="auth mode in a list",
        ),
        pytest.param(
            {},
            {"auth_mode": {"profile": "x"}},
            ["Sign in with (auth_mode): this is not an auth mode"],
            id="auth mode in an object",
        ),
        pytest.param(
            {"password": "s"},
            {"iam": "enabled"},
            ["iam: must be true or false"],
            id="iam neither true nor false",
        ),
        pytest.param(
            {},
            {"db_groups": 5},
            ["Database groups (db_groups): must be a list of texts, or a text with commas"],
            id="groups are a number",
        ),
        pytest.param(
            {}, {"db_groups": [5]}, ["Database groups (db_groups): must be a text"], id="a group is a number"
        ),
        pytest.param(
            {"host": None, "password": "s"},
            {"auth_mode": "password"},
            ["Host (host): missing"],
            id="password mode without host",
        ),
        pytest.param(
            {"password": "s"},
            {"auth_mode": "password", "db_user": "analyst"},
            ["Database user (db_user): not used by the auth mode 'Database user and password'", "Clear it"],
            id="password mode with another user",
        ),
        pytest.param({}, '{"a":' * 100_000, ["Extra (extra): is not a JSON object"], id="extra is too deep"),
        pytest.param({}, "{not json", ["Extra (extra): is not a JSON object"], id="extra is not JSON"),
        pytest.param({}, '["a"]', ["Extra (extra): is not a JSON object"], id="extra is a list"),
        pytest.param(
            {"password": ""}, {"auth_mode": "password"}, ["Password (password): missing"], id="empty password"
        ),
        pytest.param(
            {"password": "   "},
            {"auth_mode": "password"},
            ["Password (password): missing"],
            id="blank password",
        ),
        pytest.param(
            {"host": "tunnel.local"},
            {},
            ["Cluster identifier (cluster_identifier): missing", "load balancer"],
            id="host that shows nothing",
        ),
        pytest.param(
            {"host": "tunnel.local"},
            {"is_serverless": True},
            ["Workgroup (serverless_work_group): missing"],
            id="serverless without workgroup",
        ),
        pytest.param(
            {"host": None},
            {"custom_domain": True, "cluster_identifier": "a"},
            ["Custom domain (custom_domain): is on, but there is no host"],
            id="custom domain without host",
        ),
        pytest.param(
            {},
            {"custom_domain": True},
            ["Custom domain (custom_domain): is on", "endpoint of Redshift's own", "Turn it off"],
            id="custom domain beside an endpoint",
        ),
        pytest.param(
            {"host": "localhost"},
            {"custom_domain": True},
            ["Custom domain (custom_domain): is on", "has a dot"],
            id="custom domain without a dot",
        ),
        pytest.param(
            {"host": "10.0.0.17"},
            {"custom_domain": True},
            ["Custom domain (custom_domain): is on", "no IP address"],
            id="custom domain is an address",
        ),
        pytest.param(
            {"host": "a_b.example.com"},
            {"custom_domain": True},
            ["Custom domain (custom_domain): is on", "letters, digits and hyphens"],
            id="custom domain with an underscore",
        ),
        pytest.param(
            {"host": "dwh.example.com"},
            {"custom_domain": "perhaps"},
            ["Custom domain (custom_domain): is 'perhaps' but must be true or false"],
            id="custom domain neither on nor off",
        ),
        pytest.param(
            {},
            {"auth_profile": "team_a"},
            ["Authentication profile (auth_profile): must be the name of an authentication profile"],
            id="authentication profile misnamed",
        ),
        pytest.param(
            {"host": "https://x.com"}, {}, ["Host (host):", "without scheme"], id="host with a scheme"
        ),
        pytest.param(
            {},
            {"region": "us west 2"},
            ["Region (region): is 'us west 2' but must be an AWS region"],
            id="region misspelt",
        ),
        pytest.param(
            {},
            {"sslmode": "disable"},
            ["TLS verification (sslmode)", "in the clear"],
            id="TLS switched off by sslmode",
        ),
        pytest.param({}, {"ssl": False}, ["ssl: cannot be off"], id="TLS switched off by ssl"),
        pytest.param(
            {},
            {"sslmode": "verify"},
            ["'verify' but must be 'verify-full' or 'verify-ca'"],
            id="sslmode unknown",
        ),
        pytest.param(
            {},
            {"ca_bundle": "/no/such/file.pem"},
            ["CA file (ca_bundle): there is no such file"],
            id="CA file missing",
        ),
        pytest.param({}, {"tcp_keepalive_idle": 300}, ["from 1 to 299"], id="keepalive too late"),
        pytest.param({}, {"role_arn": "RedshiftReader"}, ["must be the ARN"], id="role by name"),
        pytest.param(
            {}, {"auto_create": "maybe"}, ["'maybe' but must be true or false"], id="a flag that is neither"
        ),
        pytest.param(
            {},
            {"DbUser": "a", "db_user": "b"},
            ["is given twice with different values"],
            id="one setting, two spellings, two values",
        ),
    ],
)
def test_a_wrong_setting_names_field_and_remedy(fields, extra, said):
    """The message names the connection, the field's label and key, and what to do."""
    text = refusal(extra=extra, **fields)
    assert text.startswith("Connection 'wh'")
    assert "has 1 problem" in text
    for part in said:
        assert part in text


def test_another_user_given_to_the_hook_is_a_problem_in_password_mode():
    text = refusal({"db_user": "analyst"}, {"auth_mode": "password"}, password="s")
    assert "Database user (db_user): not used by the auth mode" in text


def test_all_problems_are_said_at_once():
    """One run is enough to learn everything that is wrong."""
    text = refusal(
        extra={
            "duration_seconds": 5,
            "auth_mode": "access_key",
            "access_key_id": "x",
            "db_groups": ["A"],
            "sslmode": "off",
        },
        host="tunnel.local",
        port=0,
        login="a:b",
    )
    for field in (
        "port",
        "duration_seconds",
        "access_key_id",
        "secret_access_key",
        "db_user",
        "db_groups",
        "sslmode",
        "cluster_identifier",
    ):
        assert f"({field})" in text
    assert "has 8 problems" in text


def test_no_secret_is_in_a_message():
    """Whatever is wrong, the values of secret fields stay out, and so does what pydantic was given."""
    with pytest.raises(InvalidSettings) as caught:
        parsed(
            extra={
                "auth_mode": "access_key",
                "access_key_id": "short",
                "secret_access_key": SECRET,
                "session_token": SECRET,
            }
        )
    error = caught.value
    assert SECRET not in str(error) + repr(error)
    assert error.__cause__ is None
    assert SECRET not in repr(error.__context__)


def test_repr_of_a_sign_in_shows_no_value_of_a_mode():
    sign_in = parsed(extra={"auth_mode": "access_key", "access_key_id": KEY, "secret_access_key": SECRET})
    assert SECRET not in repr(sign_in)
    assert KEY not in repr(sign_in)


@pytest.mark.parametrize(
    ("fields", "extra", "notice"),
    [
        pytest.param({"login": "IAM:etl"}, {}, "prefix of the database user", id="prefix in the login"),
        pytest.param({}, {"clsuter_identifier": "x"}, "Did you mean cluster_identifier?", id="unknown extra"),
        pytest.param(
            {}, {"profile": "x"}, "it belongs to the auth mode AWS profile", id="leftover of another mode"
        ),
        pytest.param({}, {"sslmode": "require"}, "verify-full is used", id="weaker TLS is made stronger"),
        pytest.param(
            {},
            {"region": "eu-west-1"},
            "Region eu-west-1 of the connection is used",
            id="another region than the host's",
        ),
        pytest.param(
            {},
            {"as_iam_identity": True, "db_groups": "a"},
            "not used when logging in as the IAM identity",
            id="user beside IAM identity",
        ),
        pytest.param(
            {"password": "s"},
            {"auth_mode": "password", "db_groups": ["a"]},
            "Database groups: not used by the auth mode 'Database user and password'",
            id="groups beside a password",
        ),
        pytest.param(
            {"host": None},
            {"serverless_work_group": "abc"},
            "not used on a serverless workgroup",
            id="user beside workgroup",
        ),
        pytest.param(
            {"host": None, "login": None},
            {"is_serverless": True, "cluster_identifier": "abc"},
            "taken for the workgroup",
            id="workgroup in the field of the cluster",
        ),
    ],
)
def test_what_works_but_surprises_is_a_notice(fields, extra, notice):
    """A notice does not stop anybody."""
    notices = parsed(extra=extra, **fields).notices
    assert len(notices) == 1
    assert notice in notices[0]


def test_the_issued_prefix_is_taken_off_the_user():
    assert parsed(login="IAMA:etl").database_user.db_user == "etl"


@pytest.mark.parametrize("value", [None, "", []])
def test_an_empty_value_means_not_given(value):
    """The forms of Airflow store every field, touched or not."""
    sign_in = parsed(
        extra={
            "duration_seconds": value,
            "db_groups": value,
            "region": value,
            "auth_mode": value,
            "ca_bundle": value,
        }
    )
    assert sign_in == parsed()


@pytest.mark.parametrize("groups", ["a,b", "a, b,", "a\nb\n", ["a", "b", ""], ("a", "b")])
def test_groups_are_read_from_lists_and_texts(groups):
    assert parsed(extra={"db_groups": groups}).database_user.groups == ("a", "b")


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        ("true", True),
        ("True ", True),
        ("1", True),
        (1, True),
        (False, False),
        ("false", False),
        ("off", False),
    ],
)
def test_flags_are_read_from_texts(value, flag):
    assert parsed(extra={"auto_create": value}).database_user.auto_create is flag


def test_force_lowercase_lowers_the_groups():
    assert parsed(extra={"db_groups": "Loaders", "force_lowercase": True}).database_user.groups == (
        "loaders",
    )


def test_overrides_win_and_none_is_no_override():
    sign_in = parsed({"db_user": "analyst", "duration_seconds": None}, extra={"duration_seconds": 1800})
    assert sign_in.database_user.db_user == "analyst"
    assert sign_in.database_user.duration_seconds == 1800


@pytest.mark.parametrize(
    ("spelling", "value", "field", "read"),
    [
        ("DbUser", "x", "db_user", "x"),
        ("DBGROUPS", "x,y", "db_groups", ("x", "y")),
        ("AutoCreate", "true", "auto_create", True),
        ("IAMDuration", "1200", "duration_seconds", 1200),
        ("serverless_token_duration_seconds", 1200, "duration_seconds", 1200),
        ("group_federation", True, "as_iam_identity", True),
        ("ForceLowercase", "1", "force_lowercase", True),
    ],
)
def test_other_tools_spellings_are_understood(spelling, value, field, read):
    assert getattr(parsed(extra={spelling: value}).database_user, field) == read


@pytest.mark.parametrize(
    ("extra", "mode"),
    [
        pytest.param({}, "password", id="no iam"),
        pytest.param({"iam": False}, "password", id="iam off"),
        pytest.param({"iam": "false"}, "password", id="iam off as text"),
        pytest.param({"iam": True}, "aws_connection", id="iam on"),
        pytest.param({"iam": "true"}, "aws_connection", id="iam on as text"),
        pytest.param({"iam": True, "profile": "p"}, "profile", id="iam with profile"),
        pytest.param(
            {"iam": True, "access_key_id": KEY, "secret_access_key": SECRET}, "access_key", id="iam with keys"
        ),
        pytest.param({"iam": True, "auth_mode": "password"}, "password", id="a mode that is said wins"),
    ],
)
def test_a_stock_redshift_connection_keeps_its_meaning(extra, mode):
    """What the extra ``iam`` of Airflow's own hook means is decided here, also when it is a text."""
    sign_in = parse(RawConnection("old", "redshift", **GOOD, password=SECRET, extra=extra))
    assert sign_in.mode.name == mode


def test_a_stock_iam_connection_uses_aws_default():
    assert (
        parse(RawConnection("old", "redshift", **GOOD, extra={"iam": True})).mode.aws_conn_id == "aws_default"
    )
    assert parse(RawConnection("new", **GOOD)).mode.aws_conn_id is None


def test_pydantic_models_refuse_to_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        parsed().database_user.db_user = "other"


def test_blank_texts_are_empty():
    assert parsed(extra={"region": "  ", "aws_conn_id": " ", "db_groups": " "}, password=" ") == parsed()


def test_a_list_may_be_a_json_text():
    assert parsed(extra={"db_groups": '["a", "b"]'}).database_user.groups == ("a", "b")
    assert refusal(extra={"db_groups": '["a'}).count("must be a list") == 1


def test_a_login_given_to_the_hook_wins_over_the_connections_user():
    assert parsed({"login": "zoe"}, extra={"db_user": "bob"}).database_user.db_user == "zoe"


def test_a_secret_under_another_tools_name_is_a_notice():
    """Airflow hides values by the name, and does not know this one."""
    notices = parsed(extra={"auth_mode": "password", "PWD": SECRET}).notices
    assert notices == (
        "PWD holds a secret under a name by which Airflow does not hide it. Put it into password.",
    )
    assert not parsed(extra={"auth_mode": "password", "Password": SECRET}).notices


def test_an_unknown_mode_makes_no_other_field_wrong():
    text = refusal(
        extra={"auth_mode": "acces_key", "access_key_id": KEY, "role_arn": "arn:aws:iam::123456789012:role/R"}
    )
    assert "Did you mean 'access_key'?" in text
    assert "belongs to" not in text


def test_an_aws_connection_that_is_not_defined_is_told_with_all_else():
    with pytest.raises(InvalidSettings) as caught:
        parse(
            RawConnection("wh", **GOOD, extra={"aws_conn_id": "nope", "duration_seconds": 5}),
            None,
            lambda _: False,
        )
    assert "no Airflow connection 'nope'" in str(caught.value)
    assert "(duration_seconds)" in str(caught.value)
