"""Which Identity Center, account and role: from the connection's fields, from a profile, or from both."""

from __future__ import annotations

import hashlib

import pytest

from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.settings import RawConnection, parse

LEGACY = """
[profile my-redshift-profile]
sso_start_url = https://mycompany.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = RedshiftReadOnly
region = us-east-1
"""
SESSION = """
[sso-session my-sso]
sso_start_url = https://mycompany.awsapps.com/start
sso_region = us-east-1

[profile my-redshift-profile]
sso_session = my-sso
sso_account_id = 123456789012
sso_role_name = RedshiftReadOnly
region = us-east-1
"""
BY_HAND = {
    "sso_start_url": "https://mycompany.awsapps.com/start",
    "sso_region": "us-east-1",
    "sso_account_id": "123456789012",
    "sso_role_name": "RedshiftReadOnly",
}
BY_PROFILE = {"profile": "my-redshift-profile"}


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Write the worker's AWS config file."""

    def write(text: str) -> None:
        path = tmp_path / "aws-config"
        path.write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))

    return write


def grant(extra):
    raw = RawConnection(
        "wh",
        schema="dev",
        login="etl",
        extra={"auth_mode": "identity_center", "cluster_identifier": "c", **extra},
    )
    return parse(raw).mode._grant


def refusal(extra) -> str:
    with pytest.raises(InvalidSettings) as caught:
        grant(extra)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "scopes"),
    [
        (LEGACY, "https://mycompany.awsapps.com/start", ()),
        (SESSION, "my-sso", ("sso:account:access",)),
    ],
    ids=["legacy", "sso-session"],
)
def test_a_profile_in_either_format_says_all(config, text, key, scopes):
    """The token's place in the cache is the one that the AWS CLI uses."""
    config(text)
    found = grant(BY_PROFILE)
    session = found.session
    assert (session.start_url, session.region) == ("https://mycompany.awsapps.com/start", "us-east-1")
    assert (found.account_id, found.role_name, found.region) == (
        "123456789012",
        "RedshiftReadOnly",
        "us-east-1",
    )
    assert session.cache_key == hashlib.sha1(key.encode()).hexdigest()
    assert session.scopes == scopes


def test_by_hand_there_is_no_profile():
    found = grant(BY_HAND)
    assert found.session.name is None
    assert found.session.scopes == ("sso:account:access",)
    assert found.session.cache_key == hashlib.sha1(b"https://mycompany.awsapps.com/start").hexdigest()
    assert found.region is None


def test_scopes_of_the_session_are_kept(config):
    config(
        SESSION.replace(
            "sso_region", "sso_registration_scopes = sso:account:access, redshift:connect\nsso_region"
        )
    )
    assert grant(BY_PROFILE).session.scopes == ("sso:account:access", "redshift:connect")


def test_account_and_role_of_the_connection_win_over_the_profile(config):
    config(SESSION)
    found = grant({**BY_PROFILE, "sso_account_id": "210987654321", "sso_role_name": "Loader"})
    assert (found.account_id, found.role_name) == ("210987654321", "Loader")
    assert found.session.name == "my-sso"


def test_a_start_url_of_the_connection_is_another_sign_in(config):
    config(SESSION)
    found = grant({**BY_PROFILE, "sso_start_url": "https://other.awsapps.com/start"})
    assert found.session.name is None
    assert found.session.start_url == "https://other.awsapps.com/start"


def test_an_account_that_json_made_a_number_of_keeps_its_zeros():
    assert grant({**BY_HAND, "sso_account_id": 12345678901}).account_id == "012345678901"


def test_all_that_is_missing_is_named_at_once():
    shown = refusal({"sso_region": "us-east-1"})
    assert "Start URL (sso_start_url): missing, and so is sso_account_id and sso_role_name." in shown
    assert "profile" in shown


def test_what_a_profile_lacks_is_named(config):
    config(SESSION.replace("sso_role_name = RedshiftReadOnly\n", ""))
    assert "(sso_role_name): missing: the AWS profile does not have it" in refusal(BY_PROFILE)


def test_a_profile_that_refers_to_no_session_is_explained(config):
    config(SESSION.replace("[sso-session my-sso]", "[sso-session mine]"))
    assert "its sso_session 'my-sso' is not in ~/.aws/config" in refusal(BY_PROFILE)


def test_an_unknown_profile_is_explained(config):
    config(SESSION)
    shown = refusal({"profile": "my-redshift-profil"})
    assert "no profile 'my-redshift-profil'" in shown
    assert "Did you mean 'my-redshift-profile'?" in shown


def test_a_config_file_that_cannot_be_read_is_explained(config):
    config("[profile my-redshift-profile\nsso_region = x")
    assert "Profile (profile): is in a file that cannot be read. Unable to parse config file: /" in refusal(
        BY_PROFILE
    )


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("sso_start_url", "http://mycompany.awsapps.com/start", "must be the https:// address"),
        ("sso_start_url", "https://mycompany.awsapps.com/start/#/", "without ? or #"),
        ("sso_region", "us-east", "must be an AWS region"),
        ("sso_account_id", "1234", "must be an AWS account ID: 12 digits"),
        ("sso_role_name", "Redshift Read", "must be the name of a permission set"),
        ("sign_in_store", "database", "must be 'file' or 'variable'"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_wanted(field, value, wanted):
    assert wanted in refusal({**BY_HAND, field: value})
