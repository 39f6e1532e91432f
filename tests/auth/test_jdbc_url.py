"""JDBC URLs and ODBC strings are read as the drivers read them, into settings of ours, without guessing."""

from __future__ import annotations

from operator import attrgetter

import pytest

from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.jdbc_url import PLUGINS
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse

HOST = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
WORKGROUP_HOST = "etl-wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com"
KEY = "AKIAIOSFODNN7EXAMPLE"
TEMPORARY_KEY = "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI-canary-K7MDENG"
KEYS = f"AccessKeyID={KEY}&SecretAccessKey={SECRET}"
ODBC = "Driver={Amazon Redshift (x64)};"
PLUGIN = "com.amazon.redshift.plugin."


def sign_in_to(url: str) -> SignIn:
    return parse(RawConnection("wh", host=url))


def secret_of(sign_in: SignIn, name: str) -> str:
    return getattr(sign_in.mode, name).get_secret_value()


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        pytest.param(
            f"jdbc:redshift://{HOST}:5440/dev?user=u&password=p",
            {"mode.name": "password", "target.host": HOST, "target.port": 5440, "target.database": "dev"},
            id="password login with port",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u&password=p",
            {"target.port": None, "target.identifier": "examplecluster"},
            id="password login without port",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}?user=u&password=p", {"target.database": None}, id="without database"
        ),
        pytest.param(
            f"JDBC:Redshift://{HOST.upper()}/Dev?USER=u&PassWord=p",
            {"target.host": HOST, "target.database": "Dev", "mode.login": "u"},
            id="any case",
        ),
        pytest.param(
            f'  "jdbc:redshift://{HOST}/dev?user=u&password=p" ',
            {"target.host": HOST, "secret password": "p"},
            id="blanks and quotes around it",
        ),
        pytest.param(
            "jdbc:redshift:dev?user=u&password=p",
            {"target.host": "localhost", "target.database": "dev"},
            id="no slashes means localhost",
        ),
        pytest.param(
            "jdbc:redshift:dev?Host=tunnel.local&user=u&password=p",
            {"target.host": "tunnel.local"},
            id="no slashes, host as option",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}:5439/dev?DbUser=u",
            {"mode.name": "aws_connection", "mode.aws_conn_id": None, "target.port": 5439},
            id="iam by host and port",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?DbUser=u",
            {"target.identifier": "examplecluster", "target.region": "us-west-2", "target.port": None},
            id="iam by host alone",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}:5439?DbUser=u", {"target.database": None}, id="iam without database"
        ),
        pytest.param(
            "jdbc:redshift:iam://examplecluster:us-west-2/dev?DbUser=u",
            {"target.identifier": "examplecluster", "target.region": "us-west-2", "target.host": None},
            id="iam by cluster and region",
        ),
        pytest.param(
            "jdbc:redshift:iam://examplecluster:us-gov-west-1/dev?DbUser=u",
            {"target.region": "us-gov-west-1", "target.partition": "aws-us-gov"},
            id="iam by cluster and GovCloud region",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}.cn:5439/dev?DbUser=u",
            {"target.host": f"{HOST}.cn", "target.identifier": "examplecluster"},
            id="host in China",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{WORKGROUP_HOST}:5439/dev",
            {"target.is_serverless": True, "target.identifier": "etl-wg", "target.account": "123456789012"},
            id="serverless by host",
        ),
        pytest.param(
            "jdbc:redshift:iam://nlb.local:5439/dev?isServerless=true&serverlessWorkGroup=etl-wg&Region=eu-west-1",
            {"target.is_serverless": True, "target.identifier": "etl-wg", "target.host": "nlb.local"},
            id="serverless behind another host",
        ),
        pytest.param(
            "jdbc:redshift:iam://nlb.local:5439/dev?ClusterID=examplecluster&Region=US-WEST-2&DbUser=u",
            {"target.identifier": "examplecluster", "target.region": "us-west-2"},
            id="cluster behind another host, region in capitals",
        ),
        pytest.param(
            "jdbc:redshift:iam:///dev?ClusterID=examplecluster&Region=us-west-2&DbUser=u",
            {"target.host": None, "target.identifier": "examplecluster"},
            id="iam without host",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?IAMAuth=true&DbUser=u",
            {"mode.name": "aws_connection"},
            id="iam said by an option",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?{KEYS}&DbUser=u",
            {"mode.name": "access_key", "mode.access_key_id": KEY, "secret secret_access_key": SECRET},
            id="access key",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?AccessKeyID={TEMPORARY_KEY}&SecretAccessKey=a%2Fb+c%3D&SessionToken=t%2Bo/k+e=n==&UID=u",
            {"secret secret_access_key": "a/b+c=", "secret session_token": "t+o/k+e=n=="},
            id="temporary keys, plus stays plus",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?AccessKeyID={KEY}&PWD={SECRET}&UID=u",
            {"mode.name": "access_key", "secret secret_access_key": SECRET, "database_user.db_user": "u"},
            id="secret key in pwd",
        ),
        pytest.param(
            "jdbc:redshift:iam://examplecluster:us-west-2/dev?Profile=user2&DbUser=newuser&AutoCreate=true&DbGroups=group1,group2",
            {
                "mode.name": "profile",
                "mode.profile": "user2",
                "database_user.db_user": "newuser",
                "database_user.auto_create": True,
                "database_user.groups": ("group1", "group2"),
            },
            id="AWS's own example with a profile",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&IAMDuration=1200&ForceLowercase=true&DbGroups=Ab",
            {"database_user.duration_seconds": 1200, "database_user.groups": ("ab",)},
            id="duration and lower case",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?groupFederation=true",
            {"database_user.as_iam_identity": True},
            id="group federation is the IAM identity",
        ),
        pytest.param(
            f"jdbc:redshift:iam:///dev?{KEYS}&AuthProfile=team-a&Region=us-west-2",
            {
                "mode.name": "access_key",
                "mode.auth_profile": "team-a",
                "pending_profile": "team-a",
                "target.region": "us-west-2",
                "target.database": "dev",
            },
            id="authentication profile",
        ),
        pytest.param(
            f"{ODBC}IAM=1;AuthProfile=team-a;Region=us-west-2",
            {"mode.name": "aws_connection", "pending_profile": "team-a"},
            id="ODBC authentication profile",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev;UID=u;PWD=p;ssl=true",
            {"mode.login": "u", "secret password": "p"},
            id="semicolons throughout",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u;password=p&tcpKeepAlive=true",
            {"mode.login": "u", "secret password": "p"},
            id="semicolon and ampersand mixed",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?ssl&&user=u&password=p", {"mode.login": "u"}, id="option without ="
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/my%20db?user=u%40x&password=%C3%A4%26%3B%3D%25+",
            {"target.database": "my db", "mode.login": "u@x", "secret password": "ä&;=%+"},
            id="percent-encoding",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u&password=50%", {"secret password": "50%"}, id="percent alone"
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=old&UID=new&password=old&PWD=new",
            {"mode.login": "new", "secret password": "new"},
            id="uid and pwd win",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u&password=p&connectTimeout=10&loginTimeout=20&ApplicationName=x",
            {"driver.connect_timeout": 20, "driver.application_name": "x"},
            id="login timeout wins",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u&password=p&loginTimeout=0",
            {"driver.connect_timeout": None},
            id="timeout 0 is the default",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&IAMDisableCache=true",
            {"driver.credential_cache": "off"},
            id="cache off",
        ),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&IAMDisableCache=false",
            {"driver.credential_cache": "process"},
            id="cache on",
        ),
        pytest.param(
            f"jdbc:redshift://{HOST}/dev?user=u&password=p&AuthMech=verify-ca",
            {"driver.sslmode": "verify-ca"},
            id="AuthMech is sslmode",
        ),
        pytest.param(
            f"{ODBC}Server={HOST};Port=5439;Database=dev;UID=u;PWD=p",
            {"mode.name": "password", "target.host": HOST, "target.port": 5439, "mode.login": "u"},
            id="ODBC password",
        ),
        pytest.param(
            f"{ODBC}server={HOST};database=dev;Uid=u;pwd={{a;b}}}}c=&+}};",
            {"secret password": "a;b}c=&+"},
            id="ODBC braces",
        ),
        pytest.param(
            f" dRiVeR = Amazon Redshift ; SERVER = {HOST} ; UID = u ; PWD = 50%25 ;; ",
            {"mode.login": "u", "secret password": "50%25"},
            id="ODBC any case, blanks, no decoding",
        ),
        pytest.param(
            f"{ODBC}IAM=1;ClusterID=examplecluster;Region=us-west-2;Database=dev;DbUser=u;AuthType=Profile;Profile=p",
            {"mode.name": "profile", "mode.profile": "p", "target.identifier": "examplecluster"},
            id="ODBC profile",
        ),
        pytest.param(
            f"{ODBC}IAM=1;Server={HOST};AuthType=Static;AccessKeyID={KEY};SecretAccessKey={SECRET};DbUser=u;User AutoCreate=1",
            {"mode.name": "access_key", "database_user.auto_create": True},
            id="ODBC static keys",
        ),
        pytest.param(
            f"{ODBC}IAM=1;Server={HOST};DbUser=u;InstanceProfile=1",
            {"mode.name": "aws_connection"},
            id="ODBC instance profile",
        ),
        pytest.param(
            f"{ODBC}AuthType=Profile;Profile=p;Server={HOST};DbUser=u",
            {"mode.name": "profile"},
            id="ODBC AuthType implies IAM",
        ),
        pytest.param(
            f"{ODBC}IAM=0;AuthType=Profile;Profile=p;Server={HOST};UID=u;PWD=p",
            {"mode.name": "password"},
            id="ODBC IAM=0 wins",
        ),
        pytest.param(
            f"{ODBC}IAM=1;Serverless=1;Workgroup=etl-wg;Region=eu-west-1;Database=dev",
            {"target.is_serverless": True, "target.identifier": "etl-wg"},
            id="ODBC workgroup",
        ),
        pytest.param(
            f"Server={HOST};UID=u;PWD=p;KeepAlive=1;KeepAliveIdle=0;KeepAliveInterval=9",
            {"driver.tcp_keepalive_idle": 60, "driver.tcp_keepalive_interval": 9},
            id="ODBC without driver, keepalive",
        ),
    ],
)
def test_a_url_becomes_a_sign_in(url, facts):
    """The host field of a connection takes the whole URL."""
    sign_in = sign_in_to(url)
    for name, wanted in facts.items():
        is_secret = name.startswith("secret ")
        found = secret_of(sign_in, name.split()[1]) if is_secret else attrgetter(name)(sign_in)
        assert found == wanted, name


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("jdbc:postgresql://h/db", ["not with jdbc:redshift:", "jdbc:redshift:iam://cluster:region"], id="another database"),
        pytest.param("jdbc:redshift:", ["two slashes"], id="nothing after the prefix"),
        pytest.param("jdbc:redshift:iam:examplecluster:us-west-2/dev", ["two slashes"], id="iam without slashes"),
        pytest.param(f"jdbc:redshift:{HOST}:5439/dev", ["two slashes"], id="host without slashes"),
        pytest.param(f"jdbc:redshift://u:{SECRET}@{HOST}/dev", ["@", "options user and password"], id="user before the host"),
        pytest.param(f"jdbc:redshift:iam://u:{SECRET[:5]}/{SECRET}@{HOST}/dev", ["@"], id="slash in a password before the host"),
        pytest.param("jdbc:redshift://a.local:5439,b.local:5439/dev?user=u&password=p", ["Host (host): names 2 hosts"], id="several hosts"),
        pytest.param("jdbc:redshift://h.local:abc/dev?user=u&password=p", ["Port (port): what stands", "1 to 65535"], id="port in letters"),
        pytest.param("jdbc:redshift://h.local:0/dev?user=u&password=p", ["Port (port)"], id="port 0"),
        pytest.param("jdbc:redshift:iam://h.local:65536/dev?ClusterID=a&Region=us-west-2&DbUser=u", ["Port or region (port)"], id="port too high"),
        pytest.param("jdbc:redshift:iam://h.local:usa/dev?ClusterID=a&Region=us-west-2&DbUser=u", ["Port or region (port)", "AWS region after a cluster"], id="neither port nor region"),
        pytest.param("jdbc:redshift://::1:5439/dev?user=u&password=p", ["Host (host)"], id="IPv6 without brackets"),
        pytest.param("jdbc:redshift://[::1]:5439/dev?user=u&password=p", ["Host (host): must be", "does not connect over IPv6"], id="IPv6 in brackets"),
        pytest.param("jdbc:redshift://[::1/dev?user=u&password=p", ["Host (host)"], id="bracket left open"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?user=u&password=%FF{SECRET}", ["percent-encoding in password"], id="bytes that are no UTF-8"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?user=u&password=p&ssl=false", ["ssl: cannot be off"], id="ssl off"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?user=u&password=p&sslmode=disable", ["TLS verification (sslmode)"], id="sslmode disable"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?user=u&password=p&dbname=other", ["database: is given twice", "'dbname'"], id="two databases"),
        pytest.param("jdbc:redshift:iam://a:us-west-2/dev?Region=eu-west-1&DbUser=u", ["region: is given twice"], id="two regions"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?user=u", ["Password (password): missing"], id="no password"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev", ["Database user (db_user): missing"], id="no database user"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&AccessKeyID={KEY}", ["Secret access key (secret_access_key): missing"], id="key without secret"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&SecretAccessKey={SECRET}", ["Access key ID (access_key_id): missing"], id="secret without key"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&{KEYS}&Profile=p", ["both Profile and AccessKeyID"], id="profile and key"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev?DbUser=u&Plugin_Name={PLUGIN}OktaCredentialsProvider&Profile=p&idp_host=h&app_id=a&user=u&password=p", ["both Plugin_Name and Profile"], id="profile and plugin"),
        pytest.param(f"jdbc:redshift:iam://{HOST}/dev?Plugin_Name={PLUGIN}BrowserSamlCredentialsProvider&DbUser=u", ["BrowserSamlCredentialsProvider'", "no", "browser"], id="plugin with a browser"),
        pytest.param(f"jdbc:redshift://{HOST}/dev?plugin_name=org.acme.Mine&DbUser=u", ["Plugin_Name (auth_mode): 'org.acme.Mine'", "no counterpart"], id="plugin of somebody's own"),
        pytest.param("jdbc:redshift:iam://nlb.local:5439/dev?isServerless=true&DbUser=u", ["Workgroup (serverless_work_group): missing"], id="serverless without workgroup"),
        pytest.param(f"{ODBC}Server={HOST};UID=u;PWD={{{SECRET}", ["braces"], id="ODBC brace left open"),
        pytest.param(f"{ODBC}Server={HOST};UID=u;PWD={{a}}{SECRET}", ["braces"], id="ODBC brace not doubled"),
        pytest.param("DSN=warehouse;UID=u;PWD=p", ["names a DSN", "odbc.ini"], id="ODBC DSN"),
        pytest.param(f"{ODBC}IAM=1;AuthType=Plugin;Server={HOST};DbUser=u", ["AuthType (auth_mode): is 'plugin'", "Plugin_Name"], id="ODBC plugin without name"),
        pytest.param(f"{ODBC}IAM=1;AuthType=Magic;Server={HOST};DbUser=u", ["'magic' but must be Static, Profile"], id="ODBC AuthType unknown"),
    ],
)  # fmt: skip
def test_a_wrong_url_is_explained(url, said):
    with pytest.raises(InvalidSettings) as caught:
        sign_in_to(url)
    text = str(caught.value)
    assert text.startswith("Connection 'wh'")
    assert "has 1 problem:" in text
    for part in said:
        assert part in text
    assert SECRET not in text + repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.timeout(5)
@pytest.mark.parametrize("blanks", [" " * 3000, "; " * 1500, "\t" * 3000], ids=["blanks", "pairs", "tabs"])
def test_a_long_run_of_blanks_costs_no_time(blanks):
    sign_in = sign_in_to(f"{ODBC}Server={HOST};{blanks}UID=u;PWD=p{blanks}")
    assert (sign_in.target.host, sign_in.mode.login) == (HOST, "u")


def test_every_plugin_that_has_a_counterpart_leads_to_an_auth_mode():
    assert set(PLUGINS.values()) <= set(MODES)
