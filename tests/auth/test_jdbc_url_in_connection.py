"""What a URL in a connection does beside the connection's own fields, and what becomes of its odd options."""

from __future__ import annotations

import pytest

from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.jdbc_url import looks_like_url, parse_url, plugin_mode, read_url
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse

HOST = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
SECRET = "wJalrXUtnFEMI-canary-K7MDENG"
KEYS = f"AccessKeyID=AKIAIOSFODNN7EXAMPLE&SecretAccessKey={SECRET}"
ODBC = "Driver={Amazon Redshift (x64)};"
PLUGIN = "com.amazon.redshift.plugin."


def sign_in_to(url: str, **extra) -> SignIn:
    return parse(RawConnection("wh", host=url, extra=extra))


@pytest.mark.parametrize(
    ("plugin", "mode"),
    [
        (f"{PLUGIN}AdfsCredentialsProvider", "adfs"),
        ("ADFS", "adfs"),
        ("PingCredentialsProvider", "ping"),
        ("com.amazon.redshift.plugin.OktaCredentialsProvider", "okta"),
        ("AzureAD", "azure_ad"),
        ("JWT", "web_identity"),
        (f"{PLUGIN}IdpTokenAuthPlugin", "identity_center_token"),
    ],
)
def test_a_plugin_is_its_auth_mode_or_is_named(plugin, mode):
    """As soon as the registry has the mode, the plugin is understood."""
    found, problems = plugin_mode(plugin)
    assert found == mode
    if mode in MODES:
        assert not problems
    else:
        assert repr(plugin) in problems[0].text


def test_everything_wrong_is_said_at_once():
    """What the URL gets wrong, and what the rest of the connection does."""
    with pytest.raises(InvalidSettings) as caught:
        sign_in_to(
            f"jdbc:redshift:iam://{HOST}:0/dev?Plugin_Name=org.acme.Mine&DbUser=a:b&IAMDuration=1&ssl=0",
            tcp_keepalive_idle=900,
        )
    text = str(caught.value)
    for field in ("port", "auth_mode", "db_user", "duration_seconds", "tcp_keepalive_idle"):
        assert f"({field})" in text
    assert "has 6 problems" in text


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        pytest.param({"login": "me"}, ("me", "p", None, "dev"), id="login"),
        pytest.param({"password": "mine"}, ("u", "mine", None, "dev"), id="password"),
        pytest.param({"port": 5440}, ("u", "p", 5440, "dev"), id="port"),
        pytest.param({"schema": "other"}, ("u", "p", None, "other"), id="database"),
        pytest.param({"extra": {"UserName": "me"}}, ("me", "p", None, "dev"), id="extra in another spelling"),
    ],
)
def test_fields_of_their_own_beat_the_url(fields, wanted):
    url = f"jdbc:redshift://{HOST}/dev?user=u&password=p"
    found = parse(RawConnection("wh", host=url, **fields))
    assert (
        found.mode.login,
        found.mode.password.get_secret_value(),
        found.target.port,
        found.target.database,
    ) == wanted


def test_a_problem_of_the_url_is_none_if_a_field_decides_otherwise():
    url = f"jdbc:redshift:iam://{HOST}:0/dev?Plugin_Name=org.acme.Mine&DbUser=u"
    sign_in = parse(RawConnection("wh", host=url, port=5439, extra={"auth_mode": "profile", "profile": "p"}))
    assert sign_in.mode.name == "profile"


def test_an_auth_mode_beside_the_url_wins_and_says_so():
    """The connection form stores an auth mode even if nobody chose one."""
    sign_in = sign_in_to(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&Profile=p", auth_mode="aws_connection")
    assert sign_in.mode.name == "aws_connection"
    assert any("by its URL it would be 'profile'" in notice for notice in sign_in.notices)
    same = sign_in_to(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&Profile=p", auth_mode="profile")
    assert not same.notices


def test_the_url_can_be_an_extra_and_the_host_a_field():
    url = f"jdbc:redshift:iam://{HOST}/dev?DbUser=u"
    sign_in = parse(
        RawConnection(
            "wh", host="tunnel.local:5555", extra={"jdbc_url": url, "region": "us-west-2", "ClusterID": "a"}
        )
    )
    assert (sign_in.target.host, sign_in.target.port) == ("tunnel.local", 5555)
    assert sign_in.target.database == "dev"
    assert sign_in == parse(
        RawConnection("wh", host=url), {"host": "tunnel.local:5555", "ClusterID": "a", "region": "us-west-2"}
    )


def test_a_stock_connection_keeps_its_iam():
    """``iam`` of Airflow's own hook is an extra like any other: it beats what the URL says."""
    url = f"jdbc:redshift://{HOST}/dev?user=u"
    sign_in = parse(RawConnection("old", "redshift", host=url, extra={"iam": True}))
    assert sign_in.mode.name == "aws_connection"


def test_a_stock_connection_with_a_plugin_is_not_guessed():
    raw = RawConnection(
        "old",
        "redshift",
        host=HOST,
        login="u",
        extra={"iam": True, "credentials_provider": "BrowserAzureCredentialsProvider"},
    )
    with pytest.raises(InvalidSettings, match="'BrowserAzureCredentialsProvider' opens a browser"):
        parse(raw)


def notices_of(options: str) -> tuple[str, ...]:
    return sign_in_to(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&{options}").notices


@pytest.mark.parametrize(
    ("option", "notice"),
    [
        pytest.param("EndpointUrl=http://x", "endpointurl is not used: the AWS APIs are found by region", id="endpoint"),
        pytest.param("loginToRp=urn:amazon:webservices", "login_to_rp is not used: it belongs to the auth mode AD FS", id="identity provider"),
        pytest.param("DSILogLevel=0", "no counterpart here", id="option of the driver"),
        pytest.param("AuthProfile=x", "authentication profile 'x' adds is known", id="authentication profile"),
        pytest.param("DbGroupsFilter=x", "name the groups in db_groups", id="filter of groups"),
        pytest.param("sslfactory=org.x.NonValidatingFactory", "always verified", id="TLS factory"),
        pytest.param("ClsuterID=x", "Did you mean cluster_identifier?", id="misspelt"),
        pytest.param("Password=x", "password is not used: it belongs to the auth mode", id="password beside IAM"),
    ],
)  # fmt: skip
def test_an_option_without_effect_is_a_notice(option, notice):
    notices = [text for text in notices_of(option) if "holds secrets" not in text]
    assert len(notices) == 1
    assert notice in notices[0]


@pytest.mark.parametrize(
    "option", ["tcpKeepAlive=true", "serverlessAcctId=123456789012", "ssl=true", "KeepAlive=1"]
)
def test_what_says_nothing_new_is_no_notice(option):
    assert not notices_of(option)


def test_a_secret_in_the_url_is_a_notice_without_the_secret():
    notices = sign_in_to(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&{KEYS}").notices
    assert len(notices) == 1
    assert "secrets (secret_access_key)" in notices[0]
    assert SECRET not in notices[0]


@pytest.mark.parametrize(
    "url",
    [
        f"jdbc:redshift://{HOST}/dev?user=u&password=abc&{SECRET}=x&{SECRET}&tcpKeepAlive=true",
        f"jdbc:redshift://{HOST}/dev;user=u;password=abc;{SECRET}",
        f"{ODBC}Server={HOST};Database=dev;UID=u;PWD=abc;{SECRET}=x;{SECRET}",
    ],
)
def test_the_rest_of_a_cut_secret_is_not_shown(url):
    """A separator inside a password makes an option of its rest; its name must not get into a log."""
    sign_in = sign_in_to(url)
    assert SECRET not in "".join(sign_in.notices)
    assert any("What follows password in the URL is no option" in notice for notice in sign_in.notices)


def test_parse_url_returns_plain_options():
    url = f"jdbc:redshift:iam://{HOST}:5439/dev?DbUser=u&DBGroups=a,b&Profile=p&whatever=1"
    assert parse_url(url) == {
        "host": HOST,
        "port": "5439",
        "database": "dev",
        "db_user": "u",
        "db_groups": "a,b",
        "profile": "p",
        "whatever": "1",
        "auth_mode": "profile",
    }


@pytest.mark.parametrize("text", ["", "x", "postgresql://h/db", f"https://{SECRET}"])
def test_parse_url_refuses_what_is_no_url(text):
    with pytest.raises(InvalidSettings, match="neither a JDBC URL nor an ODBC") as caught:
        parse_url(text)
    assert SECRET not in str(caught.value)


def test_parse_url_raises_what_read_url_tells():
    url = "jdbc:redshift://a,b/dev?user=u&password=p"
    assert [problem.field for problem in read_url(url).problems] == ["host"]
    with pytest.raises(InvalidSettings, match="names 2 hosts"):
        parse_url(url)


def test_a_reading_shows_no_option():
    assert SECRET not in repr(read_url(f"jdbc:redshift://{HOST}/dev?password={SECRET}"))


@pytest.mark.parametrize(
    ("text", "is_url"),
    [
        ("jdbc:redshift://h/db", True),
        (" JDBC:redshift:db", True),
        (f"{ODBC}Server=h", True),
        ("Port=1;Server=h", True),
        (HOST, False),
        (f"{HOST}:5439/dev", False),
        ("https://h", False),
        ("", False),
    ],
)
def test_a_url_is_told_from_a_host(text, is_url):
    assert looks_like_url(text) is is_url


def test_a_name_after_a_secret_is_not_shown_when_it_cannot_be_decoded():
    with pytest.raises(InvalidSettings, match="percent-encoding") as caught:
        parse_url(f"jdbc:redshift://{HOST}/dev?user=u&password=abc&{SECRET}=%FF")
    assert SECRET not in str(caught.value)


def test_an_override_beats_the_url_and_keeps_the_rest_of_it():
    """Operators pass the connection's extras to the hook as arguments, a URL among them."""
    url = f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&IAMDisableCache=1"
    from_host = parse(RawConnection("wh", host=url), {"db_user": "v", "database": "other"})
    from_extra = parse(
        RawConnection("wh", extra={"JdbcUrl": url}), {"jdbc_url": url, "db_user": "v", "database": "other"}
    )
    assert from_host == from_extra
    assert (from_host.database_user.db_user, from_host.target.database) == ("v", "other")
    assert from_host.driver.credential_cache == "off"
