from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.clients import (
    cluster_credentials,
    connect,
    iam_credentials,
    query,
    refused_login,
    workgroup_credentials,
)

MEMBERS = """
    SELECT member.rolname FROM pg_auth_members
    JOIN pg_roles AS member ON member.oid = pg_auth_members.member
    JOIN pg_roles AS grp ON grp.oid = pg_auth_members.roleid WHERE grp.rolname = %s
"""


@pytest.fixture(scope="module")
def cleartext_sandbox() -> Iterator[Sandbox]:
    with Sandbox(authentication="cleartext") as running:
        yield running


@pytest.fixture(params=["md5", "cleartext"])
def any_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    name = "sandbox" if request.param == "md5" else "cleartext_sandbox"
    chosen: Sandbox = request.getfixturevalue(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(chosen.ca_file))
    return chosen


def test_a_database_user_logs_in_with_a_temporary_password(any_sandbox: Sandbox) -> None:
    login = cluster_credentials(any_sandbox)
    assert login[0] == "IAM:etl"
    assert query(any_sandbox.cluster, login) == [("etl",)]


def test_a_missing_user_is_created_and_joins_groups(any_sandbox: Sandbox) -> None:
    any_sandbox.drop_user("newcomer")
    login = cluster_credentials(
        any_sandbox, DbUser="newcomer", AutoCreate=True, DbGroups=["analysts", "loaders"]
    )
    assert login[0] == "IAMA:newcomer"
    sql = "SELECT current_user, pg_has_role('analysts', 'member'), pg_has_role('loaders', 'member')"
    assert query(any_sandbox.cluster, login, sql) == [("newcomer", True, True)]


def test_an_iam_user_logs_in_under_its_own_name(any_sandbox: Sandbox) -> None:
    login = iam_credentials(any_sandbox)
    assert login[0] == "IAM:airflow"
    assert query(any_sandbox.cluster, login) == [("IAM:airflow",)]


def test_an_assumed_role_logs_in_under_the_name_of_the_role(any_sandbox: Sandbox) -> None:
    login = iam_credentials(any_sandbox, any_sandbox.temporary_keys())
    assert login[0] == "IAMR:RedshiftReader"
    assert query(any_sandbox.cluster, login) == [("IAMR:RedshiftReader",)]


def test_a_workgroup_lets_its_own_credentials_in(any_sandbox: Sandbox) -> None:
    login = workgroup_credentials(any_sandbox, any_sandbox.temporary_keys())
    assert query(any_sandbox.workgroup, login) == [("IAMR:RedshiftReader",)]


def test_a_stored_password_is_checked(any_sandbox: Sandbox) -> None:
    login = ("dbadmin", any_sandbox.database_password)
    assert query(any_sandbox.cluster, login) == [("dbadmin",)]
    wrong = refused_login(any_sandbox.cluster, ("dbadmin", "wrong"))
    assert wrong == ("28000", 'password authentication failed for user "dbadmin"')


def test_a_user_without_a_password_needs_a_temporary_one(any_sandbox: Sandbox) -> None:
    refused = refused_login(any_sandbox.cluster, ("etl", "anything"))
    assert refused == ("28000", 'password authentication failed for user "etl"')


def test_a_wrong_temporary_password_is_refused(any_sandbox: Sandbox) -> None:
    user, _ = cluster_credentials(any_sandbox)
    refused = refused_login(any_sandbox.cluster, (user, "wrong"))
    assert refused == ("28000", 'IAM authentication failed for user "IAM:etl"')


def test_the_prefix_belongs_to_the_login(sandbox: Sandbox) -> None:
    _, password = cluster_credentials(sandbox)
    refused = refused_login(sandbox.cluster, ("etl", password))
    assert refused == ("28000", 'password authentication failed for user "etl"')


def test_a_credential_of_another_target_is_refused(sandbox: Sandbox) -> None:
    refused = refused_login(sandbox.cluster, workgroup_credentials(sandbox))
    assert refused == ("28000", 'IAM authentication failed for user "IAM:airflow"')


def test_a_credential_for_one_database_does_not_open_another(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbName="dev")
    refused = refused_login(sandbox.cluster, login, database="postgres")
    assert refused == ("28000", 'IAM authentication failed for user "IAM:etl"')
    assert query(sandbox.cluster, cluster_credentials(sandbox), database="postgres") == [("etl",)]


def test_an_expired_credential_is_refused(sandbox: Sandbox) -> None:
    with sandbox.faults.lifetime(0):
        login = cluster_credentials(sandbox)
    assert refused_login(sandbox.cluster, login) == ("28000", "IAM Authentication token has expired")


def test_a_revoked_credential_is_wrong_from_then_on(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox)
    assert query(sandbox.cluster, login)
    sandbox.revoke_credentials("IAM:etl")
    refused = refused_login(sandbox.cluster, login)
    assert refused == ("28000", 'IAM authentication failed for user "IAM:etl"')


def test_an_unknown_user_gets_a_password_that_lets_nobody_in(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbUser="bob")
    assert refused_login(sandbox.cluster, login) == ("42704", 'user "IAM:bob" does not exist')


def test_an_unknown_database_is_refused(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbName="nowhere")
    refused = refused_login(sandbox.cluster, login, database="nowhere")
    assert refused == ("3D000", 'database "nowhere" does not exist')
    assert sandbox.logins[-1].accepted is False


def test_an_unknown_group_is_refused(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbGroups=["analysts", "nobodies"])
    assert refused_login(sandbox.cluster, login) == ("42704", 'group "nobodies" does not exist')
    assert sandbox.execute(MEMBERS, ["analysts"]) == []


def test_a_login_in_plain_text_is_refused(sandbox: Sandbox) -> None:
    refused = refused_login(sandbox.cluster, cluster_credentials(sandbox), ssl=False, sslmode=None)
    text = 'no pg_hba.conf entry for host "127.0.0.1", user "IAM:etl", database "dev", SSL off'
    assert refused == ("28000", text)


def test_the_certificate_names_localhost_only(sandbox: Sandbox) -> None:
    import redshift_connector

    with pytest.raises(redshift_connector.InterfaceError, match="IP address mismatch"):
        connect(sandbox.cluster, cluster_credentials(sandbox), host="127.0.0.1")


def test_more_sessions_than_the_limit_are_refused(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox)
    sandbox.connection_limit = 1
    with connect(sandbox.cluster, login):
        refused = refused_login(sandbox.cluster, login)
    assert refused == ("53300", 'connection limit "1" exceeded for non-bootstrap users')


def test_attempts_are_recorded_without_passwords(sandbox: Sandbox) -> None:
    user, password = cluster_credentials(sandbox, DbGroups=["loaders"])
    query(sandbox.cluster, (user, password))
    refused_login(sandbox.cluster, (user, "a wrong password"))
    good, bad = sandbox.logins[-2:]
    assert (good.user, good.accepted, good.api) == ("IAM:etl", True, "redshift:GetClusterCredentials")
    assert (good.groups, good.application_name, good.target) == (("loaders",), "test", "examplecluster")
    assert (bad.accepted, bad.message) == (False, 'IAM authentication failed for user "IAM:etl"')
    log = sandbox.server_log.read_text()
    assert (
        'examplecluster authenticated user "IAM:etl" database "dev" application "test" groups "loaders"'
        in log
    )
    assert password not in log
    assert "a wrong password" not in log
