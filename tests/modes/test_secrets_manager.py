"""User and password from a secret: every shape of it, its rotation, and every way in which it cannot be read."""

from __future__ import annotations

import json
import logging
import re

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth import sign_in as signing_in
from airflow_provider_rsauth.auth.secrets_manager.secret import Secret, read_secret
from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

GET = "GetSecretValue"
ACTION = "secretsmanager:GetSecretValue"
NAME = "test/etl"
OTHER_ACTION = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
USER, PASSWORD = "kept", "kEpt-Pa55word-0123456789"
ANOTHER_ACCOUNT = "arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs-AbCdEf"


@pytest.fixture
def login(redshift):
    """Give the login that the secrets of these tests hold, of a user that the database has."""
    redshift.create_user(USER, PASSWORD)
    redshift.execute(f"grant select on pg_class to {USER}")
    yield {"username": USER, "password": PASSWORD}
    redshift.drop_user(USER)


@pytest.fixture
def place(redshift):
    cluster = redshift.cluster
    return {"host": cluster.host, "port": cluster.port, "dbname": cluster.database}


@pytest.fixture
def keep(define, redshift):
    """Keep something as a secret, and return a hook whose connection names it."""

    def keep_secret(content, *, name=NAME, by_arn=False, extra=None, **fields) -> RedshiftIAMHook:
        arn = redshift.create_secret(name, content)
        extra = {"secret_id": arn if by_arn else name, **(extra or {})}
        return RedshiftIAMHook(define("redshift_secret", extra=extra, **fields))

    return keep_secret


def user_of(hook: RedshiftIAMHook) -> str:
    return hook.get_first("select current_user")[0]


def refusal(hook: RedshiftIAMHook, kind: type[errors.RsAuthError]) -> str:
    """Return the error as a person reads it; neither it nor what is behind it shows the secret."""
    with pytest.raises(kind) as caught:
        hook.get_conn()
    error = caught.value
    assert error.remedy or isinstance(error, errors.InvalidSettings)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert PASSWORD not in str(error) + repr(error) + repr(vars(error))
    return str(error)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda login, place: {**login, **place, "engine": "redshift"}, id="as AWS documents it"),
        pytest.param(
            lambda login, place: {
                "user": login["username"],
                "password": login["password"],
                "HOST": place["host"],
                "Port": str(place["port"]),
                "dbName": place["dbname"],
                "masterarn": "arn:x",
                "engine": "Redshift",
            },
            id="other spellings, the port as text",
        ),
        pytest.param(
            lambda login, place: {**login, "host": f"{place['host']}:{place['port']}", "database": "dev"},
            id="an endpoint as host",
        ),
        pytest.param(lambda login, place: {**login, **place, "dbname": None}, id="database left out"),
        pytest.param(lambda login, place: json.dumps({**login, **place}).encode(), id="binary"),
        pytest.param(
            lambda login, place: json.dumps({**login, **place}).encode("utf-8-sig"), id="binary with a mark"
        ),
    ],
)
@pytest.mark.parametrize("by_arn", [False, True], ids=["by name", "by ARN"])
def test_a_secret_signs_in(redshift, keep, login, place, shape, by_arn):
    hook = keep(shape(login, place), by_arn=by_arn)
    assert hook.get_first("select current_user, current_database()") == (USER, "dev")
    assert redshift.calls.count() == redshift.calls.count(GET) == 1
    assert redshift.calls.all[0].parameters["VersionStage"] == "AWSCURRENT"


def test_ten_connections_of_a_task_cost_one_call(redshift, keep, login, place):
    hook = keep({**login, **place})
    for _ in range(10):
        hook.get_conn().close()
    assert redshift.calls.count() == 1


def test_two_tasks_of_one_process_read_it_twice(redshift, keep, login, place, monkeypatch):
    hook = keep({**login, **place})
    for task in ("extract", "extract", "load"):
        module = "airflow_provider_rsauth.hooks.redshift_iam.running_task"
        monkeypatch.setattr(module, lambda task=task: ("dag", task, "run", -1, 1))
        hook.get_conn().close()
    assert redshift.calls.count(GET) == 2


def test_a_secret_without_host_is_found_by_its_cluster(redshift, keep, login):
    hook = keep({**login, "dbClusterIdentifier": "examplecluster"})
    assert user_of(hook) == USER
    user_of(hook)
    assert (redshift.calls.count(GET), redshift.calls.count("DescribeClusters")) == (1, 1)


def test_a_secret_without_host_is_found_by_its_workgroup(redshift, keep, login):
    assert user_of(keep({**login, "workgroupName": redshift.workgroup.name})) == USER
    assert redshift.calls.count("GetWorkgroup") == 1


def test_the_arn_shows_the_region(redshift, keep, login, monkeypatch):
    """Neither connection nor identity has one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", redshift.keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", redshift.keys.secret_access_key)
    nowhere = {"aws_conn_id": None, "region": None}
    secret = {**login, "dbClusterIdentifier": "examplecluster"}
    for extra in (nowhere, {**nowhere, "role_arn": redshift.role_arn}):
        assert user_of(keep(secret, by_arn=True, extra=extra)) == USER
    redshift.calls.clear()
    text = refusal(keep(secret, extra=nowhere), errors.InvalidSettings)
    assert "Region (region): missing" in text
    assert "region of the secret, or its whole ARN" in text
    assert redshift.calls.count() == 0


def test_what_the_connection_says_wins(redshift, keep, login, place):
    elsewhere = {**login, "host": "no.such.host.invalid", "port": 1, "dbname": "nowhere"}
    hook = keep(elsewhere, host=place["host"], port=place["port"], schema="postgres")
    assert hook.get_first("select current_database()") == ("postgres",)
    assert redshift.calls.count() == 1


def test_another_cluster_of_the_connection_is_asked_for(redshift, keep, login, place):
    """The secret's host is that of its own cluster."""
    secret = {**login, **place, "dbClusterIdentifier": "examplecluster"}
    user_of(keep(secret, extra={"cluster_identifier": "examplecluster"}))
    assert redshift.calls.count("DescribeClusters") == 0
    hook = keep(secret, extra={"cluster_identifier": "othercluster"})
    assert user_of(hook) == USER
    assert redshift.logins[-1].target == "othercluster"
    assert redshift.calls.count("DescribeClusters") == 1
    assert user_of(keep(secret, extra={"serverless_work_group": "example-workgroup"})) == USER
    assert redshift.logins[-1].target == "example-workgroup"


@pytest.mark.parametrize(
    ("host", "identifier", "is_serverless", "region"),
    [
        (
            "examplecluster.abc123xyz789.eu-west-1.redshift.amazonaws.com",
            "examplecluster",
            False,
            "eu-west-1",
        ),
        (
            "example-workgroup.123456789012.eu-west-1.redshift-serverless.amazonaws.com",
            "example-workgroup",
            True,
            "eu-west-1",
        ),
        ("nlb.example.com", "", False, "us-east-1"),
    ],
)
def test_the_host_of_a_secret_is_read_like_one_of_a_connection(
    keep, login, host, identifier, is_serverless, region
):
    hook = keep({**login, "host": host})
    target = signing_in.obtain_login(hook.sign_in, hook.context).target
    assert (target.host, target.identifier, target.is_serverless, target.region) == (
        host,
        identifier,
        is_serverless,
        region,
    )


def test_an_older_version_signs_in(redshift, keep, login, place):
    first = keep({**login, **place})
    keep({**login, **place, "username": "somebody-else"})
    first = RedshiftIAMHook(first.redshift_conn_id, secret_version="AWSPREVIOUS")
    assert user_of(first) == USER
    backend = _versions(redshift)
    version = next(key for key, value in backend.items() if "AWSPREVIOUS" in value["version_stages"])
    assert user_of(RedshiftIAMHook("wh", secret_version=version)) == USER
    asked = [call.parameters for call in redshift.calls.all]
    assert [sorted(each) for each in asked] == [["SecretId", "VersionStage"], ["SecretId", "VersionId"]]


def _versions(redshift):
    from airflow_provider_rsauth.sandbox.aws.secrets import _backend

    return _backend(redshift._identities, redshift.region).secrets[NAME].versions


def test_a_role_reads_the_secret(redshift, keep, login, place):
    only_this = {
        "Effect": "Allow",
        "Action": ACTION,
        "Resource": f"arn:aws:secretsmanager:*:*:secret:{NAME}-??????",
    }
    role = redshift.create_role("SecretReader", {"Statement": [only_this]}, external_id="shared-id")
    hook = keep({**login, **place}, extra={"role_arn": role, "external_id": "shared-id"})
    assert user_of(hook) == USER
    assert redshift.calls.count("AssumeRole") == 1
    works, message = hook.test_connection()
    assert works, message
    assert "assumed-role/SecretReader" in message


def test_a_rotated_password_is_fetched_once_more(redshift, keep, login, place, caplog):
    hook = keep({**login, **place})
    hook.get_conn().close()
    redshift.create_user(USER, "another-password-of-it")
    redshift.create_secret(NAME, {**login, **place, "password": "another-password-of-it"})
    before = len(redshift.logins)
    assert user_of(hook) == USER
    assert redshift.calls.count(GET) == 2
    assert [each.accepted for each in redshift.logins[before:]] == [False, True]
    assert user_of(hook) == USER
    assert redshift.calls.count() == 2
    assert "another-password-of-it" not in caplog.text


def test_a_password_that_is_wrong_in_the_secret_is_tried_once(redshift, keep, login, place):
    hook = keep({**login, **place})
    hook.get_conn().close()
    redshift.create_user(USER, "changed-in-the-database-only")
    before = len(redshift.logins)
    text = refusal(hook, errors.CredentialRefused)
    assert f'password authentication failed for user "{USER}"' in text
    assert "The secret's password is not the one that Redshift knows" in text
    assert "rotation half done" in text
    assert redshift.calls.count(GET) == 2
    assert len(redshift.logins) - before == 1


def test_a_refusal_that_is_not_about_the_password_reads_nothing_again(redshift, keep, login, place):
    text = refusal(keep({**login, **place, "dbname": "nowhere"}), errors.NotFound)
    assert "Correct dbname in the secret" in text
    assert redshift.calls.count(GET) == 1


def test_the_cache_can_be_switched_off(redshift, keep, login, place):
    hook = keep({**login, **place}, extra={"credential_cache": "off"})
    for _ in range(2):
        hook.get_conn().close()
    assert redshift.calls.count(GET) == 2


def test_the_log_and_the_test_button_say_who_signed_in(redshift, keep, login, place, caplog):
    hook = keep({**login, **place, "dbClusterIdentifier": "examplecluster"})
    with caplog.at_level(logging.INFO):
        hook.get_conn().close()
    works, message = hook.test_connection()
    assert works, message
    line = f"Signed in to cluster 'examplecluster' in us-east-1 at localhost:{place['port']}/dev as '{USER}' (AWS Secrets Manager through {ACTION})."
    assert line in message
    assert f"arn:aws:iam::{redshift.account_id}:user/airflow" in message
    assert PASSWORD not in caplog.text + message


def test_the_password_is_known_to_airflows_masker(keep, login, place):
    from airflow.providers.common.compat.sdk import redact

    keep({**login, **place}).get_conn().close()
    redacted = redact(f"it is {PASSWORD}")
    assert PASSWORD not in redacted
    assert redacted.endswith("***")


def test_the_uri_asks_nobody(redshift, keep, login, place):
    assert keep({**login, **place}).get_uri() == "redshift+redshift_connector:///"
    assert redshift.calls.count() == 0


def test_the_users_that_the_connection_names_are_told_as_unused(keep, login, place):
    hook = keep({**login, **place}, login="somebody", extra={"auto_create": True})
    assert any(notice.startswith("Login, Create user: not used") for notice in hook.sign_in.notices)
    assert user_of(hook) == USER
    with pytest.raises(errors.InvalidSettings, match="db_user"):
        RedshiftIAMHook("wh", db_user="analyst").get_conn()


@pytest.mark.parametrize("name", ["secret_arn", "secretArn", "SecretId", "secret_name"])
def test_the_names_of_other_tools_are_understood(name):
    sign_in = parse(RawConnection("wh", extra={"auth_mode": "secrets_manager", name: NAME}))
    assert sign_in.mode.secret_id == NAME
    assert not sign_in.notices


@pytest.mark.parametrize(
    "secret_id",
    [
        "redshift!examplecluster-awsuser",
        "a/b_c+d=e.f@g-h",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:redshift!x-y-AbCdEf",
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:etl",
        "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a/b-AbCdEf",
    ],
)
def test_names_and_arns_of_secrets_are_taken(secret_id):
    mode = parse(RawConnection("wh", extra={"auth_mode": "secrets_manager", "secret_id": secret_id})).mode
    assert mode.implied_region == (secret_id.split(":")[3] if secret_id.startswith("arn") else None)


@pytest.mark.parametrize(
    "secret_id", ["", "a b", f"{ANOTHER_ACCOUNT}:password::", "arn:aws:s3:::bucket", "x" * 513]
)
def test_what_is_no_secret_is_refused_without_a_call(secret_id):
    with pytest.raises(errors.InvalidSettings, match=r"Secret \(secret_id\): m"):
        parse(RawConnection("wh", extra={"auth_mode": "secrets_manager", "secret_id": secret_id}))


SHAPE_PROBLEMS = [
    pytest.param("hunter2-not-json", "is not JSON.", id="text"),
    pytest.param(b"\xff\xfe\x00binary", "is not JSON.", id="bytes"),
    pytest.param("", "is not JSON.", id="empty"),
    pytest.param('["hunter2"]', "is JSON, but a list and not an object.", id="list"),
    pytest.param('"{}"', "is JSON, but a text and not an object.", id="JSON in JSON"),
    pytest.param("{}", "username is missing and password is missing. It has no keys.", id="nothing in it"),
    pytest.param(
        {"login": "hunter2", "pass": "hunter2", "7Kx hunter2!": "x", "host": "h"},
        "username is missing and password is missing. Its keys are: login, pass, host, 1 not shown here.",
        id="other keys",
    ),
    pytest.param({"username": "x", "password": ""}, "password is empty.", id="empty password"),
    pytest.param({"username": "x", "password": 5}, "password is not a text.", id="a number"),
    pytest.param({"username": " ", "password": "x"}, "username is empty.", id="blank user"),
    pytest.param(
        {"username": "x", "password": "y", "engine": "aurora-mysql"},
        "is not for Redshift: its engine is 'aurora-mysql'.",
        id="another engine",
    ),
    pytest.param(
        {"username": "x", "password": "y", "engine": "hunter2 hunter2"},
        "its engine is another one.",
        id="an engine that is no word",
    ),
    pytest.param(
        {"username": "x", "password": "y", "host": "jdbc:redshift://hunter2", "port": "hunter2"},
        "host must be a host name",
        id="host and port that are none",
    ),
    pytest.param(
        {"username": "x", "password": "y"},
        "the secret 'test/etl' in us-east-1 no host, dbClusterIdentifier or workgroupName. Its keys are: username, password.",
        id="no place",
    ),
    pytest.param(
        {"username": "x", "password": "y", "namespaceName": "ns"},
        "Its namespaceName does not tell the workgroup: fill in serverless_work_group.",
        id="only a namespace",
    ),
]


@pytest.mark.parametrize(("content", "said"), SHAPE_PROBLEMS)
def test_a_secret_of_another_shape_is_told(redshift, keep, content, said, caplog):
    text = refusal(keep(content), errors.UnusableSecret)
    assert said in text
    assert "secret 'test/etl' in us-east-1" in text
    assert "hunter2" not in text + caplog.text
    assert redshift.calls.count() == 1


def test_the_keys_that_are_told_are_few():
    answer = {"SecretString": json.dumps({f"k-{letter}": 1 for letter in "abcdefghijklmnopqrstuvwxyz"})}
    text = str(read_secret(answer, "The secret"))
    assert len(re.findall(r"\bk-[a-z]\b", text)) == 20
    assert "6 not shown here" in text


def test_an_exact_spelling_wins():
    answer = {"SecretString": json.dumps({"PASSWORD": "a", "password": "b", "user": "c", "username": ""})}
    found = read_secret(answer, "The secret")
    assert isinstance(found, Secret)
    assert (found.user, found.password) == ("c", "b")
    assert "'b'" not in repr(found)


@pytest.mark.parametrize(
    ("code", "message", "kind", "said"),
    [
        pytest.param(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
            errors.NotFound,
            ["does not exist in this AWS account", "region", "secret_id is a name", "whole ARN"],
            id="not found",
        ),
        pytest.param(
            "AccessDeniedException",
            "Access to KMS is not allowed",
            errors.NotAllowed,
            ["not decrypted", "kms:Decrypt", "default aws/secretsmanager"],
            id="key",
        ),
        pytest.param(
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            errors.SignInRefused,
            ["cannot be decrypted", "disabled", "describe-key"],
            id="key disabled",
        ),
        pytest.param(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
            errors.NotFound,
            ["is to be deleted", f"aws secretsmanager restore-secret --secret-id {NAME}"],
            id="to be deleted",
        ),
        pytest.param(
            "InvalidRequestException",
            "A parameter value is not valid for the current state of the resource.",
            errors.SignInRefused,
            ["cannot be read", "describe-secret"],
            id="state",
        ),
    ],
)
def test_a_secret_that_cannot_be_read_is_told(redshift, keep, login, place, code, message, kind, said):
    hook = keep({**login, **place}, extra={"serverless_work_group": "example-workgroup"})
    redshift.faults.refuse(GET, code, message)
    text = refusal(hook, kind)
    for part in (code, message.rstrip("."), *said):
        assert part in text
    assert redshift.calls.count() == 1


def test_a_policy_that_forbids_it_is_told(redshift, keep, login, place):
    deny = {"Statement": [{"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}]}
    role = redshift.create_role("ForbiddenReader", deny)
    text = refusal(keep({**login, **place}, extra={"role_arn": role}), errors.NotAllowed)
    assert "A policy forbids it" in text
    assert "Allow secretsmanager" not in text


def test_a_version_that_does_not_exist_is_told(redshift, keep, login, place):
    for version in ("AWSPENDING", "0" * 32):
        text = refusal(keep({**login, **place}, extra={"secret_version": version}), errors.NotFound)
        assert f"has no version '{version}'" in text
        assert "list-secret-version-ids" in text


def test_a_secret_that_does_not_exist_is_told(redshift, define):
    """The sandbox's own user may read everything, so that nothing is denied."""
    text = refusal(
        RedshiftIAMHook(define("redshift_secret", extra={"secret_id": "nowhere"})), errors.NotFound
    )
    assert "The secret 'nowhere' in us-east-1 does not exist in this AWS account" in text


def test_a_deleted_secret_is_told(redshift, keep, login, place):
    from airflow_provider_rsauth.sandbox.aws.secrets import _backend

    hook = keep({**login, **place}, name="doomed")
    _backend(redshift._identities, redshift.region).delete_secret("doomed", 7, False)
    assert "restore-secret --secret-id doomed" in refusal(hook, errors.NotFound)


def test_a_missing_permission_is_told(redshift, keep, login, place):
    role = redshift.create_role("PowerlessReader", {"Statement": [OTHER_ACTION]})
    hook = keep({**login, **place}, extra={"role_arn": role})
    with pytest.raises(errors.NotAllowed) as caught:
        hook.get_conn()
    error = caught.value
    arn = f"arn:aws:secretsmanager:us-east-1:{redshift.account_id}:secret:{NAME}-"
    assert error.action == ACTION
    assert error.resource.startswith(arn)
    caller = "arn:aws:sts::{}:assumed-role/PowerlessReader/airflow-provider-rsauth"
    caller = caller.format(redshift.account_id)
    assert error.remedy == f"Allow {ACTION} on {error.resource} in an IAM policy of {caller}."
    text = refusal(
        RedshiftIAMHook("wh", secret_id="nowhere"),
        errors.NotAllowed,
    )
    assert (
        f"Allow {ACTION} on {arn.removesuffix(NAME + '-')}nowhere-?????? in an IAM policy of {caller}."
        in text
    )
    assert f"has account {redshift.account_id} one of this name in us-east-1?" in text


def test_a_secret_of_another_account_is_told(redshift, define):
    hook = RedshiftIAMHook(define("redshift_secret", extra={"secret_id": ANOTHER_ACCOUNT}))
    text = refusal(hook, errors.NotAllowed)
    assert f"Allow {ACTION} on {ANOTHER_ACCOUNT} in an IAM policy of" in text
    assert f"The secret is in account 123456789012, but the call ran in {redshift.account_id}" in text
    for part in ("resource policy", "KMS key", "role_arn"):
        assert part in text


def test_a_cluster_that_may_not_be_described_is_told(redshift, keep, login):
    only_secret = {"Statement": [{"Effect": "Allow", "Action": ACTION, "Resource": "*"}]}
    role = redshift.create_role("OnlySecrets", only_secret)
    hook = keep({**login, "dbClusterIdentifier": "examplecluster"}, extra={"role_arn": role})
    assert "redshift:DescribeClusters" in refusal(hook, errors.NotAllowed)
