"""Signing in as a person of IAM Identity Center: once approved, then silent, and clear when it has ended."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.identity_center.oidc import Oidc
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import FileStore
from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

CONFIG = """
[sso-session my-sso]
sso_start_url = https://mycompany.awsapps.com/start
sso_region = us-east-1

[profile by-session]
sso_session = my-sso
sso_account_id = 123456789012
sso_role_name = RedshiftReadOnly
region = us-east-1

[profile legacy]
sso_start_url = https://mycompany.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = RedshiftReadOnly
region = us-east-1
"""
START_URL_KEY = SsoSession("https://mycompany.awsapps.com/start", "").cache_key
KEYS = {"by-session": SsoSession("", "", "my-sso").cache_key, "legacy": START_URL_KEY}


@pytest.fixture
def center(redshift, tmp_path, monkeypatch):
    """Give Identity Center, with the account of AWS's documentation, and a worker whose config file knows it."""
    path = tmp_path / "aws-config"
    path.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    redshift.identity_center.assign("123456789012", "RedshiftReadOnly")
    return redshift.identity_center


@pytest.fixture
def conn_id(center, define):
    """Define the connection, by hand."""
    return define("redshift_iam_default", extra=by_hand(center))


def by_hand(center) -> dict[str, str]:
    return {
        "auth_mode": "identity_center",
        "aws_conn_id": "",
        "sso_start_url": center.start_url,
        "sso_region": center.region,
        "sso_account_id": center.account_id,
        "sso_role_name": center.role_name,
    }


def cache(key: str = START_URL_KEY) -> Path:
    return Path.home() / ".aws" / "sso" / "cache" / f"{key}.json"


def let_access_token_run_out(key: str = START_URL_KEY) -> None:
    """Set back the clock of the token, as if its hours were over."""
    record = json.loads(cache(key).read_text())
    past = datetime.now(UTC) - timedelta(minutes=1)
    cache(key).write_text(json.dumps({**record, "expiresAt": past.strftime("%Y-%m-%dT%H:%M:%SZ")}))


def refusal(conn_id: str, kind: type[errors.RsAuthError] = errors.SignInNeeded) -> str:
    with pytest.raises(kind) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    assert not caught.value.retryable
    return str(caught.value)


def test_once_approved_tasks_sign_in_as_the_persons_role(redshift, center, approve, conn_id):
    approve(conn_id)
    redshift.calls.clear()
    hook = RedshiftIAMHook(conn_id)
    assert hook.get_first("select current_user") == ("etl",)
    assert [call.action for call in redshift.calls.all] == ["GetRoleCredentials", "GetClusterCredentials"]
    assert redshift.logins[-1].user == "IAM:etl"
    works, message = hook.test_connection()
    assert works, message
    assert "assumed-role/AWSReservedSSO_RedshiftReadOnly_" in message


@pytest.mark.parametrize("profile", ["by-session", "legacy"])
def test_a_profile_in_either_format_signs_in(center, approve, define, profile):
    """Account and role are those of the documentation's samples; the region is the profile's."""
    conn_id = define(
        "redshift_iam_default", extra={"auth_mode": "identity_center", "profile": profile, "region": ""}
    )
    approve(conn_id)
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("etl",)
    assert cache(KEYS[profile]).exists()


def test_serverless_and_a_further_role(redshift, center, approve, define):
    conn_id = define("redshift_serverless", extra=by_hand(center))
    approve(conn_id)
    person = RedshiftIAMHook(conn_id).get_first("select current_user")[0]
    assert person.startswith("IAMR:AWSReservedSSO_Redshift")
    define("redshift_serverless", extra={**by_hand(center), "role_arn": redshift.role_arn})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("IAMR:RedshiftReader",)


def test_the_cache_is_private(center, approve, conn_id):
    approve(conn_id)
    assert stat.S_IMODE(cache().stat().st_mode) == 0o600
    assert stat.S_IMODE(cache().parent.stat().st_mode) == 0o700
    assert [path.name for path in cache().parent.glob("*.json")] == [cache().name], "nothing pending is left"


def test_nobody_signed_in_names_command_and_sensor(redshift, conn_id):
    shown = refusal(conn_id)
    assert (
        "Connection 'wh' (IAM Identity Center): Nobody is signed in to IAM Identity Center at https://mycompany"
        in shown
    )
    assert "there is no token in ~/.aws/sso/cache of this machine" in shown
    assert "`rsauth sign-in wh`" in shown
    assert "IdentityCenterSignInSensor(redshift_conn_id='wh')" in shown
    assert not redshift.calls.all


def test_an_access_token_that_ran_out_is_refreshed_silently(redshift, center, approve, conn_id):
    approve(conn_id)
    let_access_token_run_out()
    before = json.loads(cache().read_text())
    redshift.calls.clear()
    RedshiftIAMHook(conn_id).get_conn().close()
    assert redshift.calls.count("CreateToken") == 1
    after = json.loads(cache().read_text())
    assert after["accessToken"] != before["accessToken"]
    assert after["expiresAt"] > before["expiresAt"]


def test_an_access_token_that_the_portal_ended_is_refreshed_silently(redshift, center, approve, conn_id):
    approve(conn_id)
    center.expire_access_tokens()
    redshift.calls.clear()
    RedshiftIAMHook(conn_id).get_conn().close()
    assert (redshift.calls.count("GetRoleCredentials"), redshift.calls.count("CreateToken")) == (2, 1)


def test_a_dead_refresh_token_names_command_and_sensor_and_is_tried_once(redshift, center, approve, conn_id):
    approve(conn_id)
    let_access_token_run_out()
    center.expire_refresh_tokens()
    shown = refusal(conn_id)
    assert "has ended, and its refresh token is not accepted any more (InvalidGrantException)" in shown
    assert "`rsauth sign-in wh`" in shown
    assert "IdentityCenterSignInSensor" in shown
    redshift.calls.clear()
    assert "has ended, and its token has no refresh token (any more)." in refusal(conn_id)
    assert not redshift.calls.all


def test_where_another_machine_refreshed_first_its_token_is_used_and_kept(
    redshift, center, approve, conn_id, monkeypatch
):
    """Machines that share a store need not share a lock; a refresh token may be good for one of them only."""
    approve(conn_id)
    let_access_token_run_out()
    before, read = json.loads(cache().read_text()), FileStore.read
    RedshiftIAMHook(conn_id).get_conn().close()
    by_the_other = cache().read_text()
    seen_too_early = [before, before]
    monkeypatch.setattr(FileStore, "read", lambda *of: seen_too_early.pop() if seen_too_early else read(*of))
    redshift.calls.clear()
    with redshift.faults.refuse(
        "CreateToken", "InvalidGrantException", "Invalid refresh token provided", 400
    ):
        assert IdentityCenterSignIn(conn_id).is_signed_in()
    assert redshift.calls.count("CreateToken") == 1
    assert cache().read_text() == by_the_other


def test_a_session_ended_in_identity_center_is_told(center, approve, conn_id):
    approve(conn_id)
    center.expire_access_tokens()
    center.expire_refresh_tokens()
    assert "not accepted any more" in refusal(conn_id)


def test_a_legacy_profile_says_that_it_cannot_be_refreshed(redshift, center, approve, define):
    conn_id = define("redshift_iam_default", extra={"auth_mode": "identity_center", "profile": "legacy"})
    approve(conn_id)
    assert "refreshToken" not in json.loads(cache().read_text())
    let_access_token_run_out()
    redshift.calls.clear()
    shown = refusal(conn_id)
    assert "tokens of a profile in the legacy format are not refreshed" in shown
    assert "Give the profile an sso-session" in shown
    assert not redshift.calls.all


def test_a_registration_that_ran_out_is_told_and_renewed_by_the_next_sign_in(
    redshift, center, approve, conn_id
):
    approve(conn_id)
    record = json.loads(cache().read_text())
    cache().write_text(json.dumps({**record, "registrationExpiresAt": "2020-01-01T00:00:00Z"}))
    let_access_token_run_out()
    assert "so has the registration that could refresh it" in refusal(conn_id)
    redshift.calls.clear()
    approve(conn_id)
    assert redshift.calls.count("RegisterClient") == 1
    RedshiftIAMHook(conn_id).get_conn().close()


def test_a_registration_that_identity_center_forgot_is_renewed(redshift, center, approve, conn_id):
    """The client believes in it still."""
    approve(conn_id)
    center.expire_registrations()
    redshift.calls.clear()
    approve(conn_id)
    assert redshift.calls.count("RegisterClient") == 1


def test_a_registration_that_stands_is_used_again(redshift, center, approve, conn_id):
    approve(conn_id)
    redshift.calls.clear()
    approve(conn_id)
    assert redshift.calls.count("RegisterClient") == 0


def test_a_pending_sign_in_is_not_asked_for_twice(redshift, center, conn_id):
    first = IdentityCenterSignIn(conn_id).begin()
    again = IdentityCenterSignIn(conn_id).begin()
    assert first.user_code == again.user_code
    assert redshift.calls.count("StartDeviceAuthorization") == 1
    assert center.pending == [first.user_code]


def test_identity_center_is_not_asked_more_often_than_it_wants(redshift, center, conn_id):
    """However many processes ask: when it was asked last is kept beside what waits."""
    center.interval = 5
    pending = IdentityCenterSignIn(conn_id).begin()
    center.approve(pending.user_code)
    redshift.faults.refuse("CreateToken", "AuthorizationPendingException", "", times=1)
    redshift.calls.clear()
    for _ in range(3):
        assert IdentityCenterSignIn(conn_id).check().user_code == pending.user_code
    assert redshift.calls.count("CreateToken") == 1


def test_asking_too_often_slows_down(redshift, center, conn_id):
    center.interval = 5
    sign_in = IdentityCenterSignIn(conn_id)
    assert sign_in.begin().interval == 5
    with redshift.faults.refuse("CreateToken", "SlowDownException", "", times=1):
        assert sign_in.check().interval == 10
    assert IdentityCenterSignIn(conn_id).begin().interval == 10


def test_a_code_that_ran_out_is_replaced(center, conn_id):
    sign_in = IdentityCenterSignIn(conn_id)
    first = sign_in.begin()
    center.expire_device_codes()
    assert sign_in.check() is False
    assert sign_in.begin().user_code != first.user_code


def test_a_denial_is_told_apart(center, conn_id):
    sign_in = IdentityCenterSignIn(conn_id)
    pending = sign_in.begin()
    center.deny(pending.user_code)
    with pytest.raises(errors.SignInDenied, match=f"Connection 'wh'.*: .*{pending.user_code} was denied"):
        sign_in.check()
    assert sign_in.check() is False


def test_a_role_that_is_not_assigned_names_those_that_are(center, approve, conn_id, define):
    approve(conn_id)
    define("redshift_iam_default", extra={**by_hand(center), "sso_role_name": "RedshiftAdmin"})
    shown = refusal(conn_id, errors.NotFound)
    assert f"may not use the role RedshiftAdmin in account {center.account_id}" in shown
    assert "there are for this person: RedshiftReadOnly." in shown
    define("redshift_iam_default", extra={**by_hand(center), "sso_account_id": "999999999999"})
    shown = refusal(conn_id, errors.NotFound)
    assert "This person has the accounts: " in shown
    assert center.account_id in shown


def test_a_wrong_start_url_or_region_is_explained(center, define):
    conn_id = define(
        "redshift_iam_default",
        extra={**by_hand(center), "sso_start_url": "https://elsewhere.awsapps.com/start"},
    )
    with pytest.raises(
        errors.SignInRefused, match="in us-east-1 does not know the start URL https://els"
    ) as it:
        IdentityCenterSignIn(conn_id).begin()
    assert "sso_region is the region of Identity Center" in str(it.value)


def test_a_home_that_cannot_be_written_to_is_said(conn_id):
    (Path.home() / ".aws").write_text("in the way")
    with pytest.raises(errors.SignInRefused, match=r"cannot be kept in .*sso/cache") as caught:
        IdentityCenterSignIn(conn_id).begin()
    assert "sign_in_store = variable" in str(caught.value)


def test_a_corrupt_cache_is_as_good_as_none(center, approve, conn_id):
    approve(conn_id)
    cache().write_text('{"accessToken": "half')
    assert "Nobody is signed in" in refusal(conn_id)


def test_another_mode_has_no_person_to_ask(redshift):
    with pytest.raises(errors.InvalidSettings, match="is 'aws_connection', which needs no person"):
        IdentityCenterSignIn("redshift_iam_default").is_signed_in()


def test_throttling_of_the_portal_is_weather(redshift, center, approve, conn_id):
    approve(conn_id)
    with (
        redshift.faults.refuse("GetRoleCredentials", "TooManyRequestsException", "slow", 429),
        pytest.raises(errors.Throttled),
    ):
        RedshiftIAMHook(conn_id).get_conn()


FIFTY = """
import multiprocessing, sys
from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn

def work(gate, results):
    gate.wait(60)
    results.put("ok" if all(IdentityCenterSignIn("wh").is_signed_in() for _ in range(2)) else "not signed in")

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    gate, results = fork.Barrier(50), fork.Queue()
    processes = [fork.Process(target=work, args=(gate, results)) for _ in range(50)]
    for process in processes:
        process.start()
    print(*[results.get(timeout=100) for _ in processes])
"""


def test_fifty_processes_on_an_expired_token_refresh_it_once_and_never_corrupt_it(
    redshift, center, approve, conn_id
):
    """Those of one home take turns: one refreshes, the others find what it wrote."""
    approve(conn_id)
    let_access_token_run_out()
    redshift.calls.clear()
    done = subprocess.run(
        [sys.executable, "-c", FIFTY], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-50:] == ["ok"] * 50
    assert redshift.calls.count("CreateToken") == 1
    assert json.loads(cache().read_text())["refreshToken"]


def test_no_token_is_logged_or_shown(center, conn_id, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    sign_in = IdentityCenterSignIn(conn_id)
    pending = sign_in.begin()
    center.approve()
    assert sign_in.check() is True
    records = [json.loads(cache().read_text())]
    let_access_token_run_out()
    RedshiftIAMHook(conn_id).get_conn().close()
    records.append(json.loads(cache().read_text()))
    names = ("accessToken", "refreshToken", "clientSecret")
    secrets = {pending.device_code, *(record[name] for record in records for name in names)}
    assert len(secrets) >= 5
    shown = caplog.text + "".join(capfd.readouterr()) + repr(pending) + repr(sign_in)
    assert pending.user_code in shown
    assert not [secret for secret in secrets if secret in shown]


def test_a_refresh_that_another_machine_won_is_used(center, approve, conn_id, monkeypatch):
    """Machines that share Variables share no lock, and a refresh token may be good for one time only."""
    approve(conn_id)
    let_access_token_run_out()
    refresh = Oidc.refresh

    def another_machine_first(oidc, token):
        monkeypatch.setattr(Oidc, "refresh", refresh)
        won = oidc.refresh(token)
        cache().write_text(json.dumps(won.record(oidc._session)))
        return "InvalidGrantException"

    monkeypatch.setattr(Oidc, "refresh", another_machine_first)
    RedshiftIAMHook(conn_id).get_conn().close()
    assert json.loads(cache().read_text())["refreshToken"]


def test_an_aws_profile_in_the_environment_does_not_matter(approve, conn_id, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    approve(conn_id)


def test_no_frame_of_a_traceback_holds_a_token(redshift, center, approve, conn_id):
    """Error trackers keep the local variables of each frame."""
    approve(conn_id)
    record = json.loads(cache().read_text())
    let_access_token_run_out()
    secrets = [record[name] for name in ("accessToken", "refreshToken", "clientSecret")]
    with (
        redshift.faults.refuse("CreateToken", "InternalServerException", "", 500),
        pytest.raises(errors.Unavailable) as caught,
    ):
        IdentityCenterSignIn(conn_id).is_signed_in()
    frame = caught.value.__traceback__
    while frame:
        if "airflow_provider_rsauth" in frame.tb_frame.f_code.co_filename:
            shown = repr(frame.tb_frame.f_locals)
            assert not [secret for secret in secrets if secret in shown], frame.tb_frame.f_code.co_qualname
        frame = frame.tb_next
