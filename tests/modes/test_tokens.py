"""Logins by token: from every source, renewed where there is another, and every way in which one is refused."""

from __future__ import annotations

import json
import logging

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth import sign_in as signing_in
from airflow_provider_rsauth.hooks import redshift_iam
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.connections import AWS_CONN_ID, ENHANCED_CONN_ID

IDC, NATIVE = "redshift_identity_center_token", "redshift_native_idp_token"
GET, GET_SECRET = "GetIdentityCenterAuthToken", "GetSecretValue"
PERSON, USER = "joe@example.com", "AWSIDC:joe@example.com"
NAME = "test/token"
OTHER_ACTION = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
NOWHERE = {"host": None, "port": None}


@pytest.fixture(autouse=True)
def everything_is_logged(caplog):
    """What happens in these tests happens with every log at DEBUG."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="redshift_connector")


@pytest.fixture(params=["value", "file", "secret", "secret in JSON", "binary secret"])
def put(request, define, redshift, tmp_path):
    """Put a token where the connection finds it, in each of the ways; return the settings that say where."""
    file = tmp_path / "token"

    def put_token(token: str, field: str = "token") -> dict[str, str | None]:
        if request.param == "value":
            return {field: token}
        if request.param == "file":
            file.write_text(f"{token}\n")
            return {f"{field}_file": str(file), field: None}
        content = {"secret": token, "secret in JSON": {"Token": token}, "binary secret": token.encode()}
        redshift.create_secret(NAME, content[request.param])
        return {"secret_id": NAME, "aws_conn_id": AWS_CONN_ID, field: None}

    put_token.is_secret = "secret" in request.param
    put_token.is_value = request.param == "value"
    return put_token


@pytest.fixture
def token_in_file(define, tmp_path):
    """Return a hook whose token is in a file, and a function that writes it."""
    file = tmp_path / "token"

    def write(token: str | bytes) -> None:
        file.write_bytes(token if isinstance(token, bytes) else token.encode())

    extra = {"token_file": str(file), "token_type": "ACCESS_TOKEN", "aws_conn_id": None}
    return RedshiftIAMHook(define(IDC, extra=extra)), write


def user_of(hook: RedshiftIAMHook) -> str:
    return hook.get_first("select current_user")[0]


def refusal(hook: RedshiftIAMHook, kind: type[errors.RsAuthError], *secrets: str) -> str:
    """Return the error as a person reads it; neither it nor what is behind it shows a token."""
    with pytest.raises(kind) as caught:
        hook.get_conn()
    error = caught.value
    assert error.remedy or isinstance(error, errors.InvalidSettings)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    for secret in secrets:
        assert secret not in str(error) + repr(error) + repr(vars(error))
    return str(error)


@pytest.mark.parametrize("kind", ["ACCESS_TOKEN", "EXT_JWT", "SUBJECT_TOKEN"])
def test_a_token_of_identity_center_signs_in(redshift, define, put, caplog, kind):
    token = redshift.tokens.issue(PERSON, kind)
    hook = RedshiftIAMHook(define(IDC, extra={"aws_conn_id": None, "token_type": kind, **put(token)}))
    assert user_of(hook) == user_of(hook) == USER
    login = redshift.logins[-1]
    assert (login.accepted, login.user) == (True, USER)
    assert redshift.calls.count() == redshift.calls.count(GET_SECRET) == (1 if put.is_secret else 0)
    assert "DEBUG" in caplog.text
    assert token not in caplog.text


def test_a_token_of_a_native_provider_signs_in(redshift, define, put, caplog):
    provider = redshift.tokens.register("entra", "entra")
    token = provider.issue_token(PERSON)
    extra = {**put(token, "web_identity_token"), "provider_name": "entra"}
    assert user_of(RedshiftIAMHook(define(NATIVE, extra=extra))) == "entra:joe@example.com"
    assert redshift.calls.count() == (1 if put.is_secret else 0)
    assert token not in caplog.text
    assert user_of(RedshiftIAMHook(define(NATIVE, extra={**extra, "provider_name": None}))).startswith(
        "entra:"
    )


def test_the_startup_packet_is_that_of_the_drivers_plugins(redshift, define, monkeypatch):
    import redshift_connector

    told = []
    init = redshift_connector.Connection.__init__
    monkeypatch.setattr(
        redshift_connector.Connection,
        "__init__",
        lambda self, **said: (told.append(said), init(self, **said))[1],
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.ca_file))
    extra = {"ca_bundle": None, "identity_namespace": "AWSIDC"}
    RedshiftIAMHook(define(IDC, extra=extra)).get_conn().close()
    RedshiftIAMHook(define(NATIVE, extra={"ca_bundle": None})).get_conn().close()
    plugins = "redshift_connector.plugin."
    wanted = [
        {
            "credentials_provider": f"{plugins}IdpTokenAuthPlugin",
            "token_type": "SUBJECT_TOKEN",
            "identity_namespace": "AWSIDC",
        },
        {"credentials_provider": f"{plugins}BasicJwtCredentialsProvider", "provider_name": "oauth_standard"},
    ]
    for said, expected in zip(told, wanted, strict=True):
        assert {name: said[name] for name in expected} == expected
        assert (said["user"], said["password"]) == ("", "")
        assert not {"iam", "access_key_id", "token"} & said.keys()


@pytest.mark.parametrize("workgroup", [False, True], ids=["cluster", "workgroup"])
def test_aws_issues_a_token_once_a_task(redshift, define, caplog, workgroup):
    place = {"port": redshift.workgroup.port} if workgroup else {}
    which = {"cluster_identifier": None, "serverless_work_group": "example-workgroup"} if workgroup else {}
    hook = RedshiftIAMHook(define(IDC, extra=which, **place))
    for _ in range(3):
        assert user_of(hook) == "AWSIDC:jane@example.com"
    assert redshift.calls.count() == redshift.calls.count(GET) == 1
    login = signing_in.obtain_login(hook.sign_in, hook.context)
    service = "redshift-serverless" if workgroup else "redshift"
    assert login.credential.api == redshift.logins[-1].api == f"{service}:{GET}"
    assert login.credential.expires_at is not None
    assert 3590 < (login.expires_at - login.issued_at).total_seconds() < 3610
    for shown in (caplog.text, repr(login), repr(hook.sign_in)):
        assert login.credential.password not in shown


def test_a_token_that_runs_out_is_issued_anew(redshift, define):
    redshift.faults.lifetime(20, announce=20)
    hook = RedshiftIAMHook(define(IDC))
    for _ in range(2):
        hook.get_conn().close()
    assert redshift.calls.count(GET) == 2


def test_a_jwt_that_runs_out_in_its_secret_is_read_anew(redshift, define):
    """It says itself when it expires, so that nobody has to be refused first."""
    extra = {"secret_id": NAME, "aws_conn_id": AWS_CONN_ID, "token_type": "EXT_JWT"}
    hook = RedshiftIAMHook(define(IDC, extra=extra))
    for seconds, reads in ((20, 2), (3600, 3)):
        redshift.create_secret(NAME, redshift.tokens.issue(PERSON, "EXT_JWT", seconds))
        for _ in range(2):
            hook.get_conn().close()
        assert redshift.calls.count(GET_SECRET) == reads


def test_a_boto3_that_is_too_old_is_told(redshift, define, monkeypatch):
    from airflow_provider_rsauth.auth.aws import BotoSession

    monkeypatch.setattr(BotoSession, "client", lambda *_: object())
    monkeypatch.setattr(
        "airflow_provider_rsauth.hooks.aws_connections._HookSession.client", lambda *_: object()
    )
    assert "Upgrade boto3" in refusal(RedshiftIAMHook(define(IDC)), errors.SignInRefused)


def test_a_token_without_host_asks_aws_for_it(redshift, define):
    token = redshift.tokens.issue(PERSON)
    extra = {"token": token, "token_type": "ACCESS_TOKEN", "aws_conn_id": AWS_CONN_ID}
    hook = RedshiftIAMHook(define(IDC, extra=extra, **NOWHERE))
    assert user_of(hook) == user_of(hook) == USER
    assert redshift.calls.count() == redshift.calls.count("DescribeClusters") == 1


def test_a_token_needs_no_aws_identity(redshift, define, monkeypatch):
    """And opens none: the default chain could ask the network for one."""
    monkeypatch.setattr(signing_in, "open_session", lambda *_: pytest.fail("an AWS identity was opened"))
    extra = {"token": redshift.tokens.issue(PERSON), "token_type": "ACCESS_TOKEN", "region": None}
    hook = RedshiftIAMHook(define(IDC, extra={**extra, "cluster_identifier": None, "aws_conn_id": None}))
    assert user_of(hook) == USER
    works, message = hook.test_connection()
    assert works
    assert "by token (IAM Identity Center token)" in message
    assert "AWS identity: none." in message


def test_a_file_is_read_for_each_login(redshift, token_in_file):
    hook, write = token_in_file
    for person in ("ann@example.com", "bob@example.com"):
        write(redshift.tokens.issue(person))
        assert user_of(hook) == f"AWSIDC:{person}"


def test_a_token_that_expired_in_its_file_is_read_once_more(redshift, token_in_file, monkeypatch):
    """Whoever writes the file was a moment late."""
    hook, write = token_in_file
    write(redshift.tokens.issue(PERSON, seconds=-1))
    before = len(redshift.logins)
    discard = redshift_iam.discard_login

    def meanwhile(*arguments) -> None:
        write(redshift.tokens.issue(PERSON))
        discard(*arguments)

    monkeypatch.setattr(redshift_iam, "discard_login", meanwhile)
    assert user_of(hook) == USER
    assert [login.accepted for login in redshift.logins[before:]] == [False, True]


def test_a_token_that_expires_on_the_way_is_replaced_by_aws(redshift, define):
    redshift.faults.lifetime(0, times=1, announce=900)
    assert user_of(RedshiftIAMHook(define(IDC))) == "AWSIDC:jane@example.com"
    assert redshift.calls.count(GET) == 2


def test_a_token_of_aws_is_replaced_once_and_no_more(redshift, define):
    redshift.faults.lifetime(0, announce=900)
    text = refusal(RedshiftIAMHook(define(IDC)), errors.Expired)
    assert "set this machine's clock" in text
    assert redshift.calls.count(GET) == 2


def test_an_expired_token_is_told_by_where_it_comes_from(redshift, define, put):
    """It is tried once if there is no other; a secret is read once more, to see."""
    token = redshift.tokens.issue(PERSON, seconds=-1)
    before = len(redshift.logins)
    extra = {"aws_conn_id": None, "token_type": "ACCESS_TOKEN", **put(token)}
    text = refusal(RedshiftIAMHook(define(IDC, extra=extra)), errors.Expired, token)
    assert "Redshift refused the login by token to database 'dev'" in text
    assert "Token credentials expired or invalid" in text
    word = (
        "token in the connection"
        if put.is_value
        else "secret holds"
        if put.is_secret
        else "read from its file"
    )
    assert word in text
    assert len(redshift.logins) - before == 1
    assert redshift.calls.count(GET_SECRET) == (2 if put.is_secret else 0)


REFUSALS = [
    pytest.param(
        {"kind": "SUBJECT_TOKEN"},
        {},
        errors.LoginRefused,
        "TYPE_INVALID_TOKEN",
        "Correct token_type",
        id="type",
    ),
    pytest.param(
        {"targets": ["othercluster"]},
        {},
        errors.LoginRefused,
        "invalid token",
        "for this cluster",
        id="foreign",
    ),
    pytest.param({"in_scope": False}, {}, errors.NotAllowed, "Invalid scope", "redshift:connect", id="scope"),
    pytest.param(
        {},
        {"identity_namespace": "nowhere"},
        errors.NotFound,
        "AWS IdC identity provider does not exist",
        "correct identity_namespace",
        id="namespace",
    ),
    pytest.param(
        {}, {"token": "x" * 400}, errors.LoginRefused, "invalid token", "Is the token whole", id="unknown"
    ),
]


@pytest.mark.parametrize(("issued", "extra", "kind", "said", "remedy"), REFUSALS)
def test_a_refused_token_is_told(redshift, define, issued, extra, kind, said, remedy):
    token = redshift.tokens.issue(PERSON, **issued)
    before = len(redshift.logins)
    given = {"token": token, "token_type": "ACCESS_TOKEN", "aws_conn_id": None, **extra}
    text = refusal(RedshiftIAMHook(define(IDC, extra=given)), kind, token)
    assert said in text
    assert remedy in text
    assert len(redshift.logins) - before == 1


def test_a_jwt_of_another_provider_is_told(redshift, define):
    other = redshift.tokens.register("another", "another")
    token = other.issue_token(PERSON)
    text = refusal(
        RedshiftIAMHook(define(NATIVE, extra={"web_identity_token": token})), errors.LoginRefused, token
    )
    assert "SVV_IDENTITY_PROVIDERS" in text
    expired = other.issue_token(PERSON, seconds=-1)
    extra = {"web_identity_token": expired, "provider_name": "another"}
    assert "Get a new one" in refusal(RedshiftIAMHook(define(NATIVE, extra=extra)), errors.Expired, expired)


def test_a_cluster_that_cannot_take_tokens_is_told():
    from airflow_provider_rsauth.auth.login_diagnosis import Attempt, explain_login_error

    error = Exception({"C": "XX000", "M": 'identity provider type "awsidc" is not supported'})
    explained = explain_login_error(error, Attempt("h", 5439, "dev", "", 30, is_token=True))
    assert isinstance(explained, errors.LoginRefused)
    assert "upgrade it" in str(explained)


def test_a_user_who_needs_a_token_is_told(define):
    text = refusal(RedshiftIAMHook(define("redshift_password", login=USER)), errors.LoginRefused)
    assert f"wants a token of its identity provider from '{USER}'" in text
    assert "identity_center_token or native_idp_token" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot be read on this machine: No such file or directory", id="missing"),
        pytest.param(b" \n", "it is empty", id="empty"),
        pytest.param(b"abc", "it has 3 characters, which no token has: 4 to 20000", id="short"),
        pytest.param(b"x" * 20001, "it has 20001 characters", id="large"),
        pytest.param(b"two words", "it has a blank, a line break", id="two words"),
        pytest.param(b"\xff\xfe\x00\x01", "another character in it that no token has", id="binary"),
    ],
)
def test_a_file_without_a_token_is_told_without_a_call(redshift, token_in_file, content, said):
    hook, write = token_in_file
    if content is not None:
        write(content)
    before = len(redshift.logins)
    text = refusal(hook, errors.UnusableToken, "two words", "xxxxxxxx")
    assert said in text
    assert "/token' (token_file)" in text
    assert (redshift.calls.count(), len(redshift.logins)) == (0, before)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("{}", "token is missing. It has no keys", id="nothing in it"),
        pytest.param(
            {"password": "hunter2"}, "token is missing. Its keys are: password", id="another secret"
        ),
        pytest.param({"token": 5}, "token is not a text", id="a number"),
        pytest.param("hunter2 hunter2", "it has a blank", id="two words"),
    ],
)
def test_a_secret_without_a_token_is_told(redshift, define, content, said):
    redshift.create_secret(NAME, content)
    extra = {"secret_id": NAME, "aws_conn_id": AWS_CONN_ID, "token_type": "ACCESS_TOKEN"}
    text = refusal(RedshiftIAMHook(define(IDC, extra=extra)), errors.UnusableSecret, "hunter2")
    assert f"The secret '{NAME}' in us-east-1 holds no token" in text
    assert said in text


def test_a_secret_that_cannot_be_read_is_told(define):
    extra = {"secret_id": "nowhere", "aws_conn_id": AWS_CONN_ID, "token_type": "ACCESS_TOKEN"}
    text = refusal(RedshiftIAMHook(define(IDC, extra=extra)), errors.NotFound)
    assert "The secret 'nowhere' in us-east-1 does not exist in this AWS account" in text


@pytest.mark.parametrize("workgroup", [False, True], ids=["cluster", "workgroup"])
def test_plain_credentials_get_no_token(redshift, define, workgroup):
    which = {"cluster_identifier": None, "serverless_work_group": "example-workgroup"} if workgroup else {}
    conn_id = define(IDC, extra={"aws_conn_id": AWS_CONN_ID, **which})
    text = refusal(RedshiftIAMHook(conn_id), errors.SignInRefused)
    assert "do not carry the identity of a person" in text
    assert "ProvidedContexts" in text
    assert redshift.calls.count(GET) == 1


def test_a_further_role_loses_the_persons_identity(redshift, define):
    keys = redshift.temporary_keys(person=PERSON)
    define(
        ENHANCED_CONN_ID,
        conn_id=ENHANCED_CONN_ID,
        login=keys.access_key_id,
        password=keys.secret_access_key,
        extra={"aws_session_token": keys.session_token},
    )
    assert user_of(RedshiftIAMHook(define(IDC))) == USER
    role = redshift.create_role("FurtherRole")
    text = refusal(RedshiftIAMHook(define(IDC, extra={"role_arn": role})), errors.RsAuthError)
    assert "role_arn" in text


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("ClusterNotFound", errors.NotFound, "There is no cluster 'examplecluster'"),
        ("InvalidClusterState", errors.Unavailable, "is not available"),
        ("RedshiftInvalidParameter", errors.SignInRefused, "AWS refused GetIdentityCenterAuthToken"),
        ("Throttling", errors.Throttled, "pool"),
    ],
)
def test_a_token_that_aws_does_not_issue_is_told(redshift, define, code, kind, said):
    redshift.faults.refuse(GET, code, "a message")
    assert said in refusal(RedshiftIAMHook(define(IDC)), kind)


def test_a_missing_permission_is_told(redshift, define):
    keys = redshift.temporary_keys(
        redshift.create_role("NoTokens", {"Statement": [OTHER_ACTION]}), person=PERSON
    )
    define(
        ENHANCED_CONN_ID,
        conn_id=ENHANCED_CONN_ID,
        login=keys.access_key_id,
        password=keys.secret_access_key,
        extra={"aws_session_token": keys.session_token},
    )
    with pytest.raises(errors.NotAllowed) as caught:
        RedshiftIAMHook(define(IDC)).get_conn()
    assert caught.value.action == f"redshift:{GET}"
    assert caught.value.resource.endswith(":cluster:examplecluster")


def test_a_custom_domain_needs_the_cluster_beside_it_for_a_token_of_aws(redshift, define):
    extra = {"custom_domain": True, "cluster_identifier": None}
    text = refusal(RedshiftIAMHook(define(IDC, host="dwh.example.com", extra=extra)), errors.InvalidSettings)
    assert "Cluster identifier (cluster_identifier): missing" in text
    assert redshift.calls.count(GET) == 0


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"token_file": "/t", "token": "abcd", "token_type": "EXT_JWT"}, "token and token_file are given"),
        (
            {"token_file": "/t", "secret_id": "s", "token_type": "EXT_JWT"},
            "token_file and secret_id are given",
        ),
        ({"token": "abcd"}, "Token type (token_type): missing"),
        ({"token": "abcd", "token_type": "EXT_JWT"}, "Token (token): is not a JWT"),
        ({"token": "ab cd", "token_type": "ACCESS_TOKEN"}, "Token (token): has a blank"),
        ({"token_type": "ACCESS_TOKEN"}, "there is no token"),
        ({"token_file": "token", "token_type": "EXT_JWT"}, "must be the absolute path of a file"),
        ({"auth_mode": "native_idp_token", "web_identity_token": None}, "JWT (web_identity_token): missing"),
    ],
    ids=str,
)
def test_a_connection_that_does_not_say_one_token_is_told_at_once(redshift, define, extra, said):
    text = refusal(RedshiftIAMHook(define(IDC, extra=extra)), errors.InvalidSettings, "abcd")
    assert said in text
    assert redshift.calls.count() == 0


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:redshift://localhost:{port}/dev?plugin_name=com.amazon.redshift.plugin.IdpTokenAuthPlugin&token={token}"
        "&token_type=access_token",
        "Driver={{Amazon Redshift}};Server=localhost;Port={port};Database=dev;IAM=1;plugin_name=IdpTokenAuthPlugin;"
        "token={token};token_type=ACCESS_TOKEN",
    ],
    ids=["JDBC", "ODBC"],
)
def test_a_url_with_a_token_signs_in(redshift, define, url):
    text = url.format(port=redshift.cluster.port, token=redshift.tokens.issue(PERSON))
    nothing = {"auth_mode": None, "aws_conn_id": None, "cluster_identifier": None}
    conn_id = define(IDC, host=text, port=None, schema=None, extra=nothing)
    assert user_of(RedshiftIAMHook(conn_id)) == USER


def test_a_stock_connection_of_the_drivers_plugins_signs_in(redshift, define):
    provider = redshift.tokens.register("entra", "entra")
    extra = {
        "auth_mode": None,
        "credentials_provider": "BasicJwtCredentialsProvider",
        "iam": True,
        "provider_name": "entra",
        "web_identity_token": provider.issue_token(PERSON),
    }
    assert (
        user_of(RedshiftIAMHook(define(NATIVE, conn_type="redshift", extra=extra))) == "entra:joe@example.com"
    )


def test_an_authentication_profile_names_no_file_and_no_secret(redshift, define):
    """Whoever writes one could have a worker's file, or a secret, sent to a host of theirs."""
    redshift.add_authentication_profile(
        "theirs",
        json.dumps({"plugin_name": "IdpTokenAuthPlugin", "token_file": "/etc/passwd", "secret_id": "s"}),
    )
    hook = RedshiftIAMHook(define(extra={"auth_profile": "theirs", "cluster_identifier": None}))
    text = refusal(hook, errors.InvalidSettings)
    assert "token_file is not used: it is for the connection to say" in text
    assert "secret_id is not used: it is for the connection to say" in text
