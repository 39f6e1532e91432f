"""An authentication profile kept in Redshift fills a connection up: read once, under everything else, without leaks."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_provider_rsauth.auth import auth_profile, errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

GET, READ = "GetClusterCredentials", "DescribeAuthenticationProfiles"
SECRET = "wJalrXUtnFEMI-canary-K7MDENG"
EMPTY = {"host": None, "port": None, "schema": None, "login": None}
NOTHING = {"cluster_identifier": None, "serverless_work_group": None}


@pytest.fixture
def content(redshift):
    """What a profile for the first cluster says."""
    cluster = redshift.cluster
    return {
        "Host": cluster.host,
        "Port": cluster.port,
        "ClusterID": cluster.name,
        "Database": "dev",
        "DbUser": "etl",
    }


@pytest.fixture
def profile(redshift, define, content):
    """Keep a profile, and define a connection that says little else."""

    def kept(options=None, *, based_on="redshift_iam_default", **changes) -> str:
        redshift.add_authentication_profile("team-a", content if options is None else options)
        extra = {**NOTHING, "auth_profile": "team-a", **changes.pop("extra", {})}
        return define(based_on, extra=extra, **{**EMPTY, **changes})

    return kept


def test_a_profile_says_where_and_as_whom(profile, redshift):
    assert RedshiftIAMHook(profile()).get_first("select current_user") == ("etl",)
    assert [call.action for call in redshift.calls.all] == [READ, GET]
    assert redshift.calls.all[0].parameters == {"AuthenticationProfileName": "team-a"}
    assert (redshift.logins[-1].user, redshift.logins[-1].accepted) == ("IAM:etl", True)


def test_a_profile_can_leave_the_host_to_aws(profile, redshift):
    conn_id = profile({"ClusterID": "othercluster", "DbUser": "analyst"})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("analyst",)
    assert [call.action for call in redshift.calls.all] == [READ, "DescribeClusters", GET]


def test_a_profile_of_a_workgroup(profile, redshift):
    conn_id = profile({"Workgroup": "example-workgroup", "Serverless": "1"}, based_on="redshift_serverless")
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("IAM:airflow",)
    assert redshift.calls.count("GetCredentials") == 1


@pytest.mark.parametrize("based_on", ["redshift_access_key", "redshift_profile"])
def test_every_aws_identity_reads_it(profile, redshift, based_on):
    conn_id = profile(
        based_on=based_on, extra={"as_iam_identity": False, "auto_create": None, "db_groups": None}
    )
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("etl",)
    assert redshift.calls.count(READ) == 1


def test_the_connection_wins_and_the_hook_over_both(profile, redshift):
    hook = RedshiftIAMHook(profile(login="analyst", extra={"duration_seconds": 1800}))
    assert hook.get_first("select current_user") == ("analyst",)
    assert redshift.calls.all[-1].parameters["DurationSeconds"] == "1800"
    assert RedshiftIAMHook("wh", db_user="etl").get_first("select current_user") == ("etl",)


def test_a_url_stands_between_connection_and_profile(profile, redshift, content):
    url = "jdbc:redshift:iam:///dev?AuthProfile=team-a&DbUser=analyst&Region=us-east-1"
    conn_id = profile({**content, "IAMDuration": 1200}, host=url, extra={"auth_profile": None})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("analyst",)
    assert redshift.calls.all[-1].parameters["DurationSeconds"] == "1200"
    assert RedshiftIAMHook(profile(host=url, extra={"db_user": "etl"})).get_first("select current_user") == (
        "etl",
    )


def test_a_stock_connection_reads_it(profile, redshift):
    conn_id = profile(conn_type="redshift", extra={"iam": True, "auth_mode": None})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("etl",)


def test_connections_of_a_process_read_it_once(profile, redshift):
    for _ in range(3):
        RedshiftIAMHook(profile()).get_conn().close()
    assert (redshift.calls.count(READ), redshift.calls.count(GET)) == (1, 1)


def test_many_threads_read_it_once(profile, redshift):
    hook = RedshiftIAMHook(profile())
    with ThreadPoolExecutor(20) as pool:
        users = list(pool.map(lambda _: hook.sign_in.database_user.db_user, range(20)))
    assert users == ["etl"] * 20
    assert redshift.calls.count(READ) == 1


def test_it_is_read_again_after_a_while(profile, redshift, monkeypatch):
    monkeypatch.setattr(auth_profile, "REMEMBERED", auth_profile.timedelta(0))
    for _ in range(2):
        RedshiftIAMHook(profile()).get_conn().close()
    assert (redshift.calls.count(READ), redshift.calls.count(GET)) == (2, 1)


def test_another_identity_reads_for_itself(profile, redshift):
    RedshiftIAMHook(profile()).get_conn().close()
    nobody = redshift.create_access_keys("no_profile_reader", None)
    own = {"auth_mode": "access_key", "access_key_id": nobody.access_key_id}
    conn_id = profile(extra={**own, "aws_conn_id": None, "secret_access_key": nobody.secret_access_key})
    with pytest.raises(errors.NotAllowed) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    assert caught.value.action == "redshift:DescribeAuthenticationProfiles"
    assert caught.value.resource.endswith(":authenticationprofile:team-a")
    assert str(caught.value).startswith("Connection 'wh' (AWS access key)")


def test_the_test_button_reads_it_anew(profile, redshift, content):
    RedshiftIAMHook(profile()).get_conn().close()
    redshift.add_authentication_profile("team-a", {**content, "DbUser": "analyst"})
    works, message = RedshiftIAMHook("wh").test_connection()
    assert works, message
    assert "Database user: analyst." in message


def test_the_uri_asks_nobody(profile, redshift):
    assert RedshiftIAMHook(profile(schema="dev")).get_uri() == "redshift+redshift_connector:///dev"
    assert redshift.calls.count() == 0


def test_a_profile_that_is_not_there_is_told(profile, redshift):
    conn_id = profile(extra={"auth_profile": "team-b"})
    with pytest.raises(errors.NotFound) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    text = str(caught.value)
    assert text.startswith(
        "Connection 'wh' (Airflow AWS connection): There is no authentication profile 'team-b'"
    )
    assert "in this AWS account and region" in text
    assert "`aws redshift describe-authentication-profiles --region us-east-1" in text
    assert caught.value.__context__ is None
    works, message = RedshiftIAMHook(conn_id).test_connection()
    assert not works
    assert message == text


@pytest.mark.parametrize("text", ["{not JSON", f'["{SECRET}"]', f'"{SECRET}"', "", "[" * 100_000])
def test_a_content_that_is_no_object_is_told_and_not_shown(profile, text):
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(profile(text)).get_conn()
    error = caught.value
    said = "Authentication profile (auth_profile): the content of authentication profile 'team-a' is not a JSON object"
    assert said in str(error)
    assert "modify-authentication-profile" in str(error)
    assert SECRET not in f"{error!r} {error.__context__!r} {error.__cause__!r}"
    assert error.__context__ is None


def test_a_wrong_value_in_it_is_told_as_its(profile, content):
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(profile({**content, "IAMDuration": 5, "SSLMode": "disable"})).get_conn()
    text = str(caught.value)
    assert text.count("(from authentication profile 'team-a')") == 2
    assert "is 5 but must be a whole number from 900 to 3600 (from" in text


def test_an_unknown_option_in_it_is_a_warning(profile, content, caplog):
    hook = RedshiftIAMHook(profile({**content, "DbUsr": "x"}))
    with caplog.at_level(logging.WARNING):
        assert hook.get_first("select 1") == (1,)
    (notice,) = hook.sign_in.notices
    assert notice.startswith("authentication profile 'team-a': dbusr is not a setting")


def test_a_connection_without_a_region_is_told_before_a_call(profile, redshift):
    with pytest.raises(errors.InvalidSettings, match=r"Region \(region\): missing"):
        RedshiftIAMHook(profile(based_on="redshift_access_key", extra={"region": None})).get_conn()
    assert redshift.calls.count() == 0


def test_a_wrong_setting_is_told_before_a_call(profile, redshift):
    with pytest.raises(errors.InvalidSettings, match=r"Port \(port\)"):
        RedshiftIAMHook(profile(extra={"port": 0})).get_conn()
    assert redshift.calls.count() == 0


def test_throttling_keeps_what_is_known(profile, redshift):
    hook = RedshiftIAMHook(profile())
    hook.get_conn().close()
    redshift.faults.refuse(READ, "Throttling", "Rate exceeded")
    hook.get_conn().close()
    assert redshift.calls.count(READ) == 1


def test_no_secret_of_a_profile_leaks(profile, redshift, content, caplog, monkeypatch):
    """Airflow is told before anything could print it, and botocore's debug lines, which have all of it, are withheld."""
    registered = []
    monkeypatch.setattr("airflow_provider_rsauth.hooks.redshift_iam.mask_secret", registered.append)
    secrets = {
        "SecretAccessKey": f"{SECRET}1",
        "PWD": f"{SECRET}2",
        "SessionToken": f"{SECRET}3",
        "Client_Secret": f"{SECRET}4",
    }
    hook = RedshiftIAMHook(profile({**content, **secrets}))
    with caplog.at_level(logging.DEBUG):
        sign_in = hook.sign_in
        hook.get_conn().close()
    assert {*secrets.values()} <= set(registered)
    (held,) = [entry.held for entry in auth_profile.broker._entries.values()]
    assert SECRET not in caplog.text + repr(sign_in) + repr(sign_in.notices) + repr(held) + repr(
        redshift.calls.all
    )
    redshift.add_authentication_profile("team-a", {**content, **secrets, "Host": f"{SECRET}/", "Port": "x"})
    with pytest.raises(errors.InvalidSettings) as caught:
        hook._sign_in(anew=True)
    assert (
        SECRET not in f"{caught.value} {caught.value!r} {vars(caught.value)!r} {caught.value.__context__!r}"
    )
