"""An AWS profile may carry the drivers' options; what the connection says wins."""

from __future__ import annotations

import pytest

from airflow_provider_rsauth.auth import registry
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.jdbc_url import PLUGINS
from airflow_provider_rsauth.auth.settings import RawConnection, parse

CARRIER = """
[profile warehouse]
region = eu-central-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
role_session_name = of-the-profile
duration_seconds = 43200
ca_bundle = /etc/proxy.pem
ClusterID = examplecluster
DbUser = Newuser
DbGroups = Group1,group2
AutoCreate = true
ForceLowercase = true
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Write the worker's AWS config file."""

    def write(text: str) -> None:
        path = tmp_path / "aws-config"
        path.write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))

    return write


def sign_in(login=None, schema="dev", **extra):
    return parse(
        RawConnection(
            "wh", login=login, schema=schema, extra={"auth_mode": "profile", "profile": "warehouse", **extra}
        )
    )


def refusal(**extra) -> str:
    with pytest.raises(InvalidSettings) as caught:
        sign_in(**extra)
    return str(caught.value)


def test_what_the_connection_leaves_open_comes_from_the_profile(config):
    config(CARRIER)
    found = sign_in()
    user = found.database_user
    assert (user.db_user, user.groups, user.auto_create) == ("Newuser", ("group1", "group2"), True)
    assert found.target.identifier == "examplecluster"
    assert not found.notices


def test_what_the_connection_says_wins(config):
    config(CARRIER)
    found = sign_in(login="etl", auto_create=False, db_groups=["loaders"], cluster_identifier="othercluster")
    user = found.database_user
    assert (user.db_user, user.groups, user.auto_create) == ("etl", ("loaders",), False)
    assert found.target.identifier == "othercluster"


def test_a_url_wins_over_its_profile(config):
    config(CARRIER)
    found = parse(
        RawConnection("wh", host="jdbc:redshift:iam://c2:us-west-2/dev?Profile=warehouse&DbUser=url_user")
    )
    assert (found.target.identifier, found.target.region) == ("c2", "us-west-2")
    assert (found.database_user.db_user, found.database_user.auto_create) == ("url_user", True)


def test_what_is_awss_own_in_a_profile_is_left_to_aws(config):
    """The identity's region, role and session are boto3's to read; the duration is that of its role session."""
    config(CARRIER)
    found = sign_in()
    assert found.target.region is None
    assert found.mode.role_session_name is None
    assert found.database_user.duration_seconds is None
    assert found.driver.ca_bundle is None


def test_a_wrong_value_is_told_with_its_source(config):
    config(CARRIER.replace("AutoCreate = true", "AutoCreate = perhaps"))
    assert "must be true or false (from AWS profile 'warehouse')" in refusal()


def test_a_plugin_that_is_no_auth_mode_is_a_problem(config):
    config(CARRIER + "plugin_name = com.amazon.redshift.plugin.BrowserSamlCredentialsProvider\n")
    shown = refusal()
    assert "Profile (profile): has a plugin_name:" in shown
    assert "opens a browser on the machine that signs in" in shown


def test_a_plugin_chooses_the_auth_mode(config, monkeypatch):
    """Then user and password of the profile are the person's."""
    monkeypatch.setitem(PLUGINS, "oktacredentialsprovider", "password")
    config(
        "[profile warehouse]\nplugin_name = com.amazon.redshift.plugin.OktaCredentialsProvider\n"
        "user = jane\npassword = Example-Passw0rd\n"
    )
    found = parse(
        RawConnection("wh", host="h.example.com", extra={"auth_mode": "profile", "profile": "warehouse"})
    )
    assert isinstance(found.mode, registry.MODES["password"])
    assert found.mode.login == "jane"


def test_without_a_plugin_user_and_password_of_a_profile_are_nobodys(config):
    config(CARRIER.replace("DbUser = Newuser", "user = jane\npassword = Example-Passw0rd"))
    assert "db_user" in refusal()


def test_a_profile_of_identity_center_may_carry_them_too(config):
    config(
        "[profile warehouse]\nsso_start_url = https://mycompany.awsapps.com/start\nsso_region = us-east-1\n"
        "sso_account_id = 123456789012\nsso_role_name = RedshiftReadOnly\nDbUser = jane\nClusterID = examplecluster\n"
    )
    assert sign_in(auth_mode="identity_center").database_user.db_user == "jane"


def test_modes_without_a_profile_read_none(config):
    config(CARRIER)
    found = sign_in(login="etl", auth_mode="aws_connection", cluster_identifier="c")
    assert not found.database_user.auto_create
