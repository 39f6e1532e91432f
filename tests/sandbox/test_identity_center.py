"""IAM Identity Center: sign-in with a device code, tokens, the access portal, and what goes wrong."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from airflow_provider_rsauth.sandbox import Sandbox, SandboxError
from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from tests.sandbox.clients import aws, cluster_credentials, iam_credentials, query, refused_call

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ["sso:account:access"]
WHO_AM_I = """
import boto3
print(boto3.Session(profile_name="analyst").client("sts").get_caller_identity()["Arn"])
"""
DEAD_TOKEN = ("UnauthorizedException", "Session token not found or invalid", 401)


def unsigned(sandbox: Sandbox, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint_url,
        region_name=sandbox.region,
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
    )


class Device:
    """A registered client, as the SDKs make one."""

    def __init__(self, sandbox: Sandbox, **registration: Any) -> None:
        self.sandbox = sandbox
        self.oidc = unsigned(sandbox, "sso-oidc")
        self.registration = self.oidc.register_client(
            **{"clientName": "laptop", "clientType": "public", "scopes": SCOPES, **registration}
        )
        self.secrets = {name: self.registration[name] for name in ("clientId", "clientSecret")}
        self.authorization: dict[str, Any] = {}

    def start(self, **changes: Any) -> dict[str, Any]:
        asked = {**self.secrets, "startUrl": self.sandbox.identity_center.start_url, **changes}
        self.authorization = self.oidc.start_device_authorization(**asked)
        return self.authorization

    def poll(self, **changes: Any) -> dict[str, Any]:
        code = {"deviceCode": self.authorization.get("deviceCode", "none")}
        asked = {**self.secrets, "grantType": DEVICE_CODE, **code, **changes}
        answer: dict[str, Any] = self.oidc.create_token(**asked)
        return answer

    def refresh(self, refresh_token: str, **changes: Any) -> dict[str, Any]:
        return self.poll(grantType="refresh_token", refreshToken=refresh_token, **changes)

    def sign_in(self) -> dict[str, Any]:
        self.start()
        self.sandbox.identity_center.approve()
        return self.poll()


def refused(call: Any, **parameters: Any) -> tuple[str, str, int]:
    """Tell code, OAuth 2.0's name of it, and status; the description is for humans but must be there."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert response["error_description"]
    return response["Error"]["Code"], response["error"], response["ResponseMetadata"]["HTTPStatusCode"]


def role_credentials(sandbox: Sandbox, token: str, **changes: str) -> dict[str, Any]:
    center = sandbox.identity_center
    asked = {"accountId": center.account_id, "roleName": center.role_name, **changes}
    answer = unsigned(sandbox, "sso").get_role_credentials(accessToken=token, **asked)
    found: dict[str, Any] = answer["roleCredentials"]
    return found


def keys_of(credentials: dict[str, Any]) -> AccessKeys:
    return AccessKeys(credentials["accessKeyId"], credentials["secretAccessKey"], credentials["sessionToken"])


def test_a_person_signs_in_and_reaches_the_cluster(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    device = Device(sandbox)
    lifetime = device.registration["clientSecretExpiresAt"] - device.registration["clientIdIssuedAt"]
    assert lifetime == 90 * 86400
    started = device.start()
    assert (started["expiresIn"], started["interval"]) == (600, 1)
    assert started["verificationUri"] == f"{sandbox.endpoint_url}/device"
    assert started["verificationUriComplete"].endswith(f"/device?user_code={started['userCode']}")
    assert center.pending == [started["userCode"]]
    center.approve(started["userCode"])
    assert center.pending == []
    token = device.poll()
    assert (token["tokenType"], token["expiresIn"]) == ("Bearer", 8 * 3600)
    credentials = role_credentials(sandbox, token["accessToken"])
    assert 3500 < credentials["expiration"] / 1000 - time.time() <= 3600
    keys = keys_of(credentials)
    arn = aws(sandbox, "sts", keys).get_caller_identity()["Arn"]
    role, person = arn.split("/")[1:]
    assert role.startswith("AWSReservedSSO_RedshiftReadOnly_")
    assert person == center.user_name
    assert query(sandbox.cluster, cluster_credentials(sandbox, keys)) == [("etl",)]
    assert iam_credentials(sandbox, keys)[0] == f"IAMR:{role}"


@pytest.mark.parametrize(
    ("registration", "error"),
    [
        (
            {"clientType": "confidential"},
            ("InvalidClientMetadataException", "invalid_client_metadata", 400),
        ),
        ({"clientName": ""}, ("InvalidRequestException", "invalid_request", 400)),
        (
            {"grantTypes": ["authorization_code"]},
            ("UnsupportedGrantTypeException", "unsupported_grant_type", 400),
        ),
    ],
)
def test_a_registration_is_refused(
    sandbox: Sandbox, registration: dict[str, Any], error: tuple[str, str, int]
) -> None:
    asked = {"clientName": "laptop", "clientType": "public", **registration}
    assert refused(unsigned(sandbox, "sso-oidc").register_client, **asked) == error


@pytest.mark.parametrize("wrong", [{"clientId": "unknown"}, {"clientSecret": "wrong"}])
def test_a_client_proves_who_it_is(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    device = Device(sandbox)
    device.start()
    error = ("InvalidClientException", "invalid_client", 401)
    assert refused(device.start, **wrong) == error
    assert refused(device.poll, **wrong) == error
    assert refused(device.refresh, refresh_token="any", **wrong) == error


def test_a_registration_ends(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    token = device.sign_in()
    sandbox.identity_center.expire_registrations()
    error = ("InvalidClientException", "invalid_client", 401)
    assert refused(device.start) == error
    assert refused(device.refresh, refresh_token=token["refreshToken"]) == error
    sandbox.identity_center.registration_seconds = 0
    assert refused(Device(sandbox).start) == error


@pytest.mark.parametrize(
    ("written", "is_ours"),
    [
        ("https://mycompany.awsapps.com/start", True),
        ("https://mycompany.awsapps.com/start/#/", True),
        ("https://mycompany.awsapps.com/start#", True),
        ("https://other.awsapps.com/start", False),
        ("https://mycompany.awsapps.com/started", False),
        ("", False),
    ],
)
def test_the_start_url_is_checked(sandbox: Sandbox, written: str, is_ours: bool) -> None:
    device = Device(sandbox)
    if is_ours:
        assert device.start(startUrl=written)
    else:
        error = ("InvalidRequestException", "invalid_request", 400)
        assert refused(device.start, startUrl=written) == error


def test_a_client_waits_for_the_person(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    device.start()
    pending = ("AuthorizationPendingException", "authorization_pending", 400)
    assert refused(device.poll) == pending
    assert refused(device.poll) == pending  # AWS's CLI asks twice at once
    assert refused(device.poll) == ("SlowDownException", "slow_down", 400)
    sandbox.identity_center.interval = 0.2
    time.sleep(0.25)
    assert refused(device.poll) == pending
    sandbox.identity_center.approve()
    assert device.poll()["accessToken"]


def test_the_person_denies(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    device.start()
    sandbox.identity_center.deny()
    assert refused(device.poll) == ("AccessDeniedException", "access_denied", 400)
    sandbox.identity_center.approve()
    assert refused(device.poll) == ("AccessDeniedException", "access_denied", 400)


def test_a_device_code_runs_out(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    expired = ("ExpiredTokenException", "expired_token", 400)
    device.start()
    sandbox.identity_center.expire_device_codes()
    assert refused(device.poll) == expired
    sandbox.identity_center.device_code_seconds = 0
    assert device.start()["expiresIn"] == 0
    assert sandbox.identity_center.pending == []
    assert refused(device.poll) == expired


def test_a_device_code_is_good_for_one_token_of_its_client(sandbox: Sandbox) -> None:
    device, other = Device(sandbox), Device(sandbox)
    invalid = ("InvalidGrantException", "invalid_grant", 400)
    device.start()
    sandbox.identity_center.approve()
    assert refused(other.poll, deviceCode=device.authorization["deviceCode"]) == invalid
    assert device.poll()["accessToken"]
    assert refused(device.poll) == invalid
    assert refused(device.poll, deviceCode="unknown") == invalid


def test_a_token_request_says_what_it_is_for(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    device.start()
    unsupported = ("UnsupportedGrantTypeException", "unsupported_grant_type", 400)
    assert refused(device.poll, grantType="authorization_code") == unsupported
    assert refused(device.poll, deviceCode="") == ("InvalidRequestException", "invalid_request", 400)
    assert refused(device.refresh, refresh_token="") == ("InvalidRequestException", "invalid_request", 400)


def test_a_client_keeps_to_the_grants_it_registered_for(sandbox: Sandbox) -> None:
    unauthorized = ("UnauthorizedClientException", "unauthorized_client", 400)
    assert refused(Device(sandbox, grantTypes=["refresh_token"]).start) == unauthorized
    device = Device(sandbox, grantTypes=[DEVICE_CODE])
    assert "refreshToken" not in device.sign_in()
    assert refused(device.refresh, refresh_token="any") == unauthorized


def test_a_token_is_refreshed_as_often_as_wanted(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    first = device.sign_in()
    second = device.refresh(first["refreshToken"])
    third = device.refresh(first["refreshToken"])
    tokens = {each[name] for each in (first, second, third) for name in ("accessToken", "refreshToken")}
    assert len(tokens) == 6
    for each in (first, second, third):
        assert role_credentials(sandbox, each["accessToken"])
    assert device.refresh(second["refreshToken"])


def test_a_client_without_scopes_gets_no_refresh_token(sandbox: Sandbox) -> None:
    token = Device(sandbox, scopes=[]).sign_in()
    assert token["accessToken"]
    assert "refreshToken" not in token


def test_a_refresh_token_dies(sandbox: Sandbox) -> None:
    device, other = Device(sandbox), Device(sandbox)
    token = device.sign_in()["refreshToken"]
    invalid = ("InvalidGrantException", "invalid_grant", 400)
    assert refused(other.refresh, refresh_token=token) == invalid
    assert refused(device.refresh, refresh_token="unknown") == invalid
    sandbox.identity_center.expire_refresh_tokens()
    assert refused(device.refresh, refresh_token=token) == invalid


def test_an_access_token_dies(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    device = Device(sandbox)
    token = device.sign_in()
    portal = unsigned(sandbox, "sso")
    asked = {"accountId": center.account_id, "roleName": center.role_name}
    for call, parameters in (
        (portal.get_role_credentials, asked),
        (portal.list_accounts, {}),
        (portal.list_account_roles, {"accountId": center.account_id}),
        (portal.logout, {}),
    ):
        assert refused_call(call, accessToken="unknown", **parameters) == DEAD_TOKEN
    center.expire_access_tokens()
    assert refused_call(portal.list_accounts, accessToken=token["accessToken"]) == DEAD_TOKEN
    refreshed = device.refresh(token["refreshToken"])
    assert portal.list_accounts(accessToken=refreshed["accessToken"])
    center.access_token_seconds = 0
    refreshed = device.refresh(token["refreshToken"])
    assert refreshed["expiresIn"] == 0
    assert refused_call(portal.list_accounts, accessToken=refreshed["accessToken"]) == DEAD_TOKEN


def test_signing_out_ends_all_tokens_of_the_session_and_no_others(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    token, others = device.sign_in(), device.sign_in()
    refreshed = device.refresh(token["refreshToken"])
    keys = keys_of(role_credentials(sandbox, token["accessToken"]))
    portal = unsigned(sandbox, "sso")
    portal.logout(accessToken=token["accessToken"])
    for each in (token, refreshed):
        assert refused_call(portal.list_accounts, accessToken=each["accessToken"]) == DEAD_TOKEN
        assert refused(device.refresh, refresh_token=each["refreshToken"])[0] == "InvalidGrantException"
    assert portal.list_accounts(accessToken=others["accessToken"])
    assert aws(sandbox, "sts", keys).get_caller_identity()


def test_the_portal_lists_accounts_and_roles(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    center.assign("123456789012", "Analyst")
    token = Device(sandbox).sign_in()["accessToken"]
    portal = unsigned(sandbox, "sso")
    accounts = [each["accountId"] for each in portal.list_accounts(accessToken=token)["accountList"]]
    assert accounts == sorted([center.account_id, "123456789012"])
    answer = portal.list_account_roles(accessToken=token, accountId="123456789012")
    assert answer["roleList"] == [{"roleName": "Analyst", "accountId": "123456789012"}]
    refusal = refused_call(portal.list_account_roles, accessToken=token, accountId="210987654321")
    assert refusal[::2] == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("wrong", [{"accountId": "210987654321"}, {"roleName": "Administrator"}])
def test_a_role_that_is_not_assigned_is_not_given(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    token = Device(sandbox).sign_in()["accessToken"]
    error = ("ForbiddenException", "No access", 403)
    assert refused_call(role_credentials, sandbox=sandbox, token=token, **wrong) == error


def test_an_assignment_in_another_account_obeys_its_policy_and_ends_with_reset(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    nothing = {"Statement": [{"Effect": "Deny", "Action": "redshift:*", "Resource": "*"}]}
    arn = center.assign("123456789012", center.role_name, nothing)
    assert arn.startswith(
        f"arn:aws:iam::{sandbox.account_id}:role/aws-reserved/sso.amazonaws.com/AWSReserved"
    )
    token = Device(sandbox).sign_in()["accessToken"]
    keys = keys_of(role_credentials(sandbox, token, accountId="123456789012"))
    call = aws(sandbox, "redshift", keys).describe_clusters
    code, message, status = refused_call(call)
    assert (code, status) == ("AccessDenied", 403)
    assert f"{arn.rsplit('/', 1)[1]}/{center.user_name}" in message
    assert center.assign("123456789012", center.role_name) == arn
    assert call()
    center.reset()
    assert list(center.assignments) == [(center.account_id, center.role_name)]


def test_role_credentials_end(sandbox: Sandbox) -> None:
    sandbox.identity_center.role_credentials_seconds = 1
    keys = keys_of(role_credentials(sandbox, Device(sandbox).sign_in()["accessToken"]))
    assert aws(sandbox, "sts", keys).get_caller_identity()
    time.sleep(1.1)
    assert refused_call(aws(sandbox, "sts", keys).get_caller_identity)[0] == "ExpiredToken"


def test_sign_ins_are_decided_one_by_one_or_all_at_once(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    first, second, third = (Device(sandbox) for _ in range(3))
    codes = [each.start()["userCode"] for each in (first, second, third)]
    assert center.pending == codes
    center.deny(codes[1])
    assert center.pending == [codes[0], codes[2]]
    center.approve()
    assert first.poll()["accessToken"]
    assert third.poll()["accessToken"]
    assert refused(second.poll)[0] == "AccessDeniedException"
    with pytest.raises(SandboxError, match=codes[0]):
        center.approve(codes[0])
    center.auto_approve = True
    first.start()
    assert center.pending == []
    assert first.poll()["accessToken"]


def test_reset_forgets_clients_tokens_and_settings(sandbox: Sandbox) -> None:
    center = sandbox.identity_center
    device = Device(sandbox)
    token = device.sign_in()["accessToken"]
    center.start_url, center.auto_approve, center.interval = "https://other.awsapps.com/start", True, 7
    center.reset()
    assert (center.start_url, center.auto_approve, center.interval) == (
        "https://mycompany.awsapps.com/start",
        False,
        1,
    )
    assert refused(device.start)[0] == "InvalidClientException"
    assert refused_call(unsigned(sandbox, "sso").list_accounts, accessToken=token) == DEAD_TOKEN


def browse(url: str, **fields: str) -> tuple[int, str]:
    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        with urllib.request.urlopen(url, data, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_person_approves_on_the_page(sandbox: Sandbox) -> None:
    device = Device(sandbox, clientName="<b>my & laptop</b>")
    started = device.start()
    status, page = browse(started["verificationUriComplete"])
    assert status == 200
    assert started["userCode"] in page
    assert "&lt;b&gt;my &amp; laptop&lt;/b&gt;" in page
    assert "<b>" not in page
    assert refused(device.poll)[0] == "AuthorizationPendingException"
    answer = {"user_code": started["userCode"], "verdict": "approve"}
    assert "Request approved" in browse(started["verificationUri"], **answer)[1]
    assert device.poll()["accessToken"]
    assert browse(started["verificationUri"], **answer)[0] == 404


def test_a_person_denies_on_the_page(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    started = device.start()
    answer = {"user_code": started["userCode"], "verdict": "deny"}
    assert "Request denied" in browse(started["verificationUri"], **answer)[1]
    assert refused(device.poll)[0] == "AccessDeniedException"


def test_a_person_types_the_code(sandbox: Sandbox) -> None:
    page = f"{sandbox.endpoint_url}/device"
    device = Device(sandbox)
    typed = device.start()["userCode"].lower().replace("-", " ")
    assert 'name="user_code"' in browse(page)[1]
    assert "Approve" in browse(f"{page}?user_code={urllib.parse.quote(typed)}")[1]
    status, answer = browse(f"{page}?user_code=%3Cscript%3E")
    assert status == 404
    assert "Approve" not in answer
    assert "<script>" not in answer.lower()
    assert browse(page, user_code=typed, verdict="maybe")[0] == 400
    assert sandbox.identity_center.pending == [device.authorization["userCode"]]


def test_calls_are_recorded_without_secrets(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    token = device.sign_in()
    refreshed = device.refresh(token["refreshToken"])
    role_credentials(sandbox, refreshed["accessToken"])
    assert [(call.service, call.action) for call in sandbox.calls.all] == [
        ("sso-oidc", "RegisterClient"),
        ("sso-oidc", "StartDeviceAuthorization"),
        ("sso-oidc", "CreateToken"),
        ("sso-oidc", "CreateToken"),
        ("sso", "GetRoleCredentials"),
    ]
    recorded = str(sandbox.calls.all)
    assert sandbox.identity_center.role_name in recorded
    for secret in (
        device.secrets["clientSecret"],
        device.authorization["deviceCode"],
        token["refreshToken"],
        refreshed["accessToken"],
    ):
        assert secret not in recorded


def test_faults_concern_identity_center_too(sandbox: Sandbox) -> None:
    device = Device(sandbox)
    device.start()
    sandbox.identity_center.approve()
    with sandbox.faults.refuse("CreateToken", "InvalidGrantException", "Not today"):
        assert refused(device.poll) == ("InvalidGrantException", "invalid_grant", 400)
    sandbox.faults.server_error("CreateToken")
    assert refused_call(device.poll)[::2] == ("InternalFailure", 500)
    with sandbox.faults.throttle("CreateToken", rate=0, burst=0):
        assert refused(device.poll) == ("SlowDownException", "slow_down", 400)
    token = device.poll()["accessToken"]
    with sandbox.faults.throttle("GetRoleCredentials", rate=0, burst=0):
        refusal = refused_call(role_credentials, sandbox=sandbox, token=token)
        assert refusal == ("TooManyRequestsException", "Rate exceeded", 429)
    assert role_credentials(sandbox, token)


@pytest.mark.parametrize("bucket", ["token", "logout", "device", "federation", "assignment"])
def test_buckets_may_have_the_names_of_its_paths(sandbox: Sandbox, bucket: str) -> None:
    s3 = aws(sandbox, "s3")
    s3.create_bucket(Bucket=bucket)
    try:
        s3.put_object(Bucket=bucket, Key="credentials", Body=b"content")
        assert s3.get_object(Bucket=bucket, Key="credentials")["Body"].read() == b"content"
        listed = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket})
        assert "<Key>credentials</Key>" in browse(listed)[1]
    finally:
        s3.delete_object(Bucket=bucket, Key="credentials")
        s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("body", [b"key=credentials&file=content", b"[1]", b""])
def test_an_upload_to_a_bucket_is_no_token_request(sandbox: Sandbox, body: bytes) -> None:
    request = urllib.request.Request(f"{sandbox.endpoint_url}/token", body, method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    caught.value.close()
    assert sandbox.calls.count() == 1
    assert sandbox.calls.count("CreateToken") == 0


def cache_token(home: Path, sandbox: Sandbox, device: Device, token: dict[str, Any], lives: int) -> Path:
    """Write what ``aws sso login`` leaves for the SDKs, and the profile that refers to it."""
    center = sandbox.identity_center
    (home / ".aws" / "sso" / "cache").mkdir(parents=True)
    (home / ".aws" / "config").write_text(
        "[sso-session mycompany]\n"
        f"sso_start_url = {center.start_url}\nsso_region = {center.region}\n"
        "sso_registration_scopes = sso:account:access\n"
        "[profile analyst]\nsso_session = mycompany\n"
        f"sso_account_id = {center.account_id}\nsso_role_name = {center.role_name}\nregion = {center.region}\n"
    )
    now = datetime.now(UTC)
    content = {
        **device.secrets,
        "startUrl": center.start_url,
        "region": center.region,
        "accessToken": token["accessToken"],
        "refreshToken": token["refreshToken"],
        "expiresAt": f"{now + timedelta(seconds=lives):%Y-%m-%dT%H:%M:%SZ}",
        "registrationExpiresAt": f"{now + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
    }
    name = hashlib.sha1(b"mycompany", usedforsecurity=False).hexdigest()
    file = home / ".aws" / "sso" / "cache" / f"{name}.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize("lives", [3600, 60])
def test_boto3_uses_a_cached_token_and_refreshes_it(sandbox: Sandbox, tmp_path: Path, lives: int) -> None:
    device = Device(sandbox)
    token = device.sign_in()
    file = cache_token(tmp_path, sandbox, device, token, lives)
    sandbox.calls.clear()
    environment = {**os.environ, **sandbox.environment(), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", WHO_AM_I]  # botocore looks for its cache once a process
    arn = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert arn.startswith(f"arn:aws:sts::{sandbox.account_id}:assumed-role/AWSReservedSSO_RedshiftReadOnly_")
    is_refreshed = json.loads(file.read_text())["accessToken"] != token["accessToken"]
    assert is_refreshed == (lives == 60) == (sandbox.calls.count("CreateToken") == 1)
    assert sandbox.calls.count("GetRoleCredentials") == 1


def test_role_credentials_need_their_session_token(sandbox: Sandbox) -> None:
    keys = keys_of(role_credentials(sandbox, Device(sandbox).sign_in()["accessToken"]))
    refusal = refused_call(aws(sandbox, "sts", replace(keys, session_token=None)).get_caller_identity)
    assert refusal[0] == "InvalidClientTokenId"
