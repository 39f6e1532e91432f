"""The main job: fresh temporary credentials, few calls, and a server that refuses everything else."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_provider_rsauth.auth import errors, sign_in
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.hooks.running_task import application_name

GET = "GetClusterCredentials"


def refusal(hook: RedshiftIAMHook, kind: type[errors.RsAuthError]) -> str:
    with pytest.raises(kind) as caught:
        hook.get_conn()
    assert caught.value.remedy
    return str(caught.value)


@pytest.fixture
def no_network(monkeypatch):
    """Let no socket connect."""

    def connect(*_):
        raise AssertionError("a network call")

    monkeypatch.setattr(socket.socket, "connect", connect)


def test_one_connection_costs_one_call(redshift):
    """The credentials are in the Airflow AWS connection only."""
    RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count() == redshift.calls.count(GET) == 1


def test_ten_connections_of_a_task_cost_one_call(redshift):
    for _ in range(10):
        RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count() == 1


def test_a_hundred_threads_cost_one_call(redshift):
    gate = threading.Barrier(100)

    def connect(_):
        gate.wait(30)
        RedshiftIAMHook().get_conn().close()

    before = len(redshift.logins)
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(connect, range(100)))
    assert redshift.calls.count() == 1
    assert [login.accepted for login in redshift.logins[before:]] == [True] * 100


def test_the_cache_can_be_switched_off(define, redshift):
    conn_id = define(extra={"credential_cache": "off"})
    for _ in range(3):
        RedshiftIAMHook(conn_id).get_conn().close()
    assert redshift.calls.count(GET) == 3


def test_two_runs_have_two_passwords(redshift):
    """A task process starts with an empty broker."""
    passwords = []
    for _ in range(2):
        sign_in.broker.forget_all()
        hook = RedshiftIAMHook()
        passwords.append(sign_in.obtain_login(hook.sign_in, hook.context).credential.password)
    assert passwords[0] != passwords[1]


def test_two_tasks_of_one_process_have_two_passwords(redshift, monkeypatch):
    """As under ``dag.test()``; the connections of one task still share theirs."""
    for task in ("extract", "extract", "load"):
        monkeypatch.setattr(
            "airflow_provider_rsauth.hooks.redshift_iam.running_task",
            lambda task=task: ("dag", task, "run", -1, 1),
        )
        RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count(GET) == 2


def test_different_sign_ins_never_share_a_credential(define, redshift):
    """Not even when only the content of the AWS connection differs."""
    RedshiftIAMHook().get_conn().close()
    RedshiftIAMHook(db_user="analyst").get_conn().close()
    RedshiftIAMHook(define(conn_id="other", extra={"db_groups": ["analysts"]})).get_conn().close()
    assert redshift.calls.count(GET) == 3
    nobody = redshift.create_access_keys("nobody", None)
    define(
        "aws_sandbox", conn_id="aws_sandbox", login=nobody.access_key_id, password=nobody.secret_access_key
    )
    with pytest.raises(errors.NotAllowed):
        RedshiftIAMHook().get_conn()


def test_the_session_is_that_of_the_issued_user(define, redshift):
    groups = "select array_agg(groname::text order by groname) from pg_group g join pg_user u on u.usesysid = any(g.grolist) where usename = current_user"
    conn_id = define("redshift_access_key", login="newcomer", extra={"db_groups": ["loaders", "analysts"]})
    assert RedshiftIAMHook(conn_id).get_first(f"select current_user, ({groups})") == (
        "newcomer",
        ["analysts", "loaders"],
    )
    assert redshift.logins[-1].user == "IAMA:newcomer"
    assert redshift.logins[-1].groups == ("loaders", "analysts")
    redshift.drop_user("newcomer")


def test_a_short_lived_credential_is_issued_anew(define, redshift):
    """A task connects, waits past the expiry and connects again; the server would refuse the old credential."""
    redshift.faults.lifetime(3)
    hook = RedshiftIAMHook(define(extra={"db_user": "analyst"}))
    login = sign_in.obtain_login(hook.sign_in, hook.context)
    hook.get_conn().close()
    time.sleep(5)
    hook.get_conn().close()
    import redshift_connector

    with pytest.raises(redshift_connector.InterfaceError, match="IAM Authentication token has expired"):
        log_in_with(redshift, login)


def log_in_with(redshift, login):
    from airflow_provider_rsauth.hooks.driver import _connection_type

    with _connection_type(str(redshift.ca_file)) as connection_type:
        endpoint, credential = login.endpoint, login.credential
        connection_type(
            host=endpoint.host,
            port=endpoint.port,
            database=endpoint.database,
            user=credential.user,
            password=credential.password,
            application_name="old",
        )


def test_a_credential_that_expires_on_the_way_is_replaced_silently(redshift):
    redshift.faults.lifetime(0, times=1, announce=900)
    before = len(redshift.logins)
    RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count(GET) == 2
    assert [login.accepted for login in redshift.logins[before:]] == [False, True]


def test_a_credential_is_replaced_once_and_no_more(redshift):
    redshift.faults.lifetime(0, announce=900)
    before = len(redshift.logins)
    text = refusal(RedshiftIAMHook(), errors.Expired)
    assert "IAM Authentication token has expired" in text
    assert redshift.calls.count(GET) == 2
    assert len(redshift.logins) - before == 2


def test_a_foreign_credential_is_refused(define, redshift):
    """Host of one cluster, identifier of another."""
    other = redshift.targets["othercluster"]
    text = refusal(RedshiftIAMHook(define(port=other.port)), errors.CredentialRefused)
    assert "IAM authentication failed for user" in text
    assert "belong together" in text


def test_a_wrong_password_is_refused_at_the_first_try(define, redshift):
    before = len(redshift.logins)
    text = refusal(
        RedshiftIAMHook(define("redshift_password", password="wrong-password")), errors.LoginRefused
    )
    assert "password authentication failed for user" in text
    assert "wrong-password" not in text
    assert len(redshift.logins) - before == 1
    assert redshift.calls.count() == 0


def test_a_stored_password_is_never_tried_again(define, redshift):
    """Not even where the server says what it says of an issued one: asking AWS anew would not change it."""
    before = len(redshift.logins)
    text = refusal(RedshiftIAMHook(define("redshift_password", login="IAM:etl")), errors.CredentialRefused)
    assert "IAM authentication failed" in text
    assert len(redshift.logins) - before == 1


@pytest.mark.parametrize(
    ("based_on", "extra", "name"),
    [
        pytest.param("redshift_iam_default", {}, "DurationSeconds", id="GetClusterCredentials"),
        pytest.param(
            "redshift_iam_default", {"as_iam_identity": True}, "DurationSeconds", id="its WithIAM variant"
        ),
        pytest.param("redshift_serverless", {}, "durationSeconds", id="GetCredentials"),
    ],
)
def test_the_duration_reaches_the_api(define, redshift, based_on, extra, name):
    RedshiftIAMHook(define(based_on, extra=extra)).get_conn().close()
    assert name not in redshift.calls.all[-1].parameters
    RedshiftIAMHook(define(based_on, extra={**extra, "duration_seconds": 1234})).get_conn().close()
    assert str(redshift.calls.all[-1].parameters[name]) == "1234"


@pytest.mark.parametrize("name", [None, "etl-of-sales"])
def test_the_role_session_name_reaches_sts(define, redshift, name):
    RedshiftIAMHook(define("redshift_profile", extra={"role_session_name": name})).get_conn().close()
    call = next(call for call in redshift.calls.all if call.action == "AssumeRole")
    assert call.parameters["RoleSessionName"] == (name or "airflow-provider-rsauth")


@pytest.mark.parametrize(
    ("based_on", "changes", "kind", "said"),
    [
        pytest.param(
            "redshift_iam_default",
            {"login": "nobody"},
            errors.NotFound,
            ['user "IAM:nobody" does not exist', "CREATE USER", "auto_create", "as_iam_identity"],
            id="unknown user",
        ),
        pytest.param(
            "redshift_iam_default",
            {"schema": "nowhere"},
            errors.NotFound,
            ['database "nowhere" does not exist', "schema"],
            id="unknown database",
        ),
        pytest.param(
            "redshift_iam_default",
            {"extra": {"db_groups": ["nogroup"]}},
            errors.NotFound,
            ['group "nogroup" does not exist', "CREATE GROUP"],
            id="unknown group",
        ),
        pytest.param(
            "redshift_iam_default",
            {"extra": {"cluster_identifier": "example-workgroup"}},
            errors.NotFound,
            [
                "cluster 'example-workgroup' in us-east-1",
                "serverless workgroup? Then fill it in as serverless_work_group",
            ],
            id="cluster not found",
        ),
        pytest.param(
            "redshift_serverless",
            {"extra": {"serverless_work_group": "examplecluster"}},
            errors.NotFound,
            ["workgroup 'examplecluster' in us-east-1", "cluster? Then fill it in as cluster_identifier"],
            id="workgroup not found",
        ),
        pytest.param(
            "redshift_iam_default",
            {"host": "127.0.0.1"},
            errors.TlsRefused,
            ["for another name than '127.0.0.1'", "verify-ca"],
            id="certificate of another name",
        ),
        pytest.param(
            "redshift_iam_default",
            {"extra": {"ca_bundle": None}},
            errors.TlsRefused,
            ["is not trusted", "ca_bundle"],
            id="certificate of an unknown issuer",
        ),
        pytest.param(
            "redshift_iam_default",
            {"host": "no.such.host.invalid"},
            errors.NotFound,
            ["has no IPv4 address in DNS"],
            id="unknown host",
        ),
        pytest.param(
            "redshift_iam_default",
            {"extra": {"aws_conn_id": "aws_nowhere"}},
            errors.InvalidSettings,
            ["AWS connection ID (aws_conn_id): there is no Airflow connection 'aws_nowhere'"],
            id="AWS connection not defined",
        ),
        pytest.param(
            "redshift_profile",
            {"extra": {"profile": "sandbx"}},
            errors.InvalidSettings,
            ["no profile 'sandbx'", "Did you mean 'sandbox'?"],
            id="unknown profile",
        ),
        pytest.param(
            "redshift_access_key",
            {"extra": {"secret_access_key": "wrong-secret"}},
            errors.NoAwsIdentity,
            ["does not belong to the access key ID"],
            id="wrong secret key",
        ),
        pytest.param(
            "redshift_access_key",
            {"extra": {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}},
            errors.NoAwsIdentity,
            ["does not know the access key", "session token"],
            id="unknown access key",
        ),
        pytest.param(
            "redshift_iam_default",
            {"extra": {"aws_conn_id": None}},
            errors.NoAwsIdentity,
            ["There are no AWS credentials on this worker", "aws_conn_id"],
            id="no AWS credentials",
        ),
        pytest.param(
            "redshift_profile",
            {"extra": {"role_arn": "arn:aws:iam::123456789012:role/NoSuchRole"}},
            errors.NotAllowed,
            ["sts:AssumeRole", "trust policy"],
            id="role that may not be assumed",
        ),
    ],
)
def test_a_refusal_names_cause_and_remedy(define, based_on, changes, kind, said):
    error = None
    with pytest.raises(kind) as caught:
        RedshiftIAMHook(define(based_on, **changes)).get_conn()
    error = caught.value
    for part in said:
        assert part in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_every_refusal_names_the_connection(define):
    for changes in (
        {"login": "nobody"},
        {"extra": {"cluster_identifier": "nowhere"}},
        {"port": 1},
        {"extra": {"port": 0}},
    ):
        with pytest.raises(errors.RsAuthError) as caught:
            RedshiftIAMHook(define(**changes)).get_conn()
        assert str(caught.value).startswith("Connection 'wh' (Airflow AWS connection)")


def test_an_aws_that_cannot_be_reached_is_told(define, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "VPC endpoint" in refusal(RedshiftIAMHook(), errors.Unreachable)


def test_access_denied_names_action_resource_and_account(define, redshift):
    keys = redshift.create_access_keys("powerless", None)
    conn_id = define(
        "redshift_access_key",
        extra={"access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key},
    )
    with pytest.raises(errors.NotAllowed) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    error = caught.value
    assert error.action == "redshift:GetClusterCredentials"
    assert error.resource.startswith(
        f"arn:aws:redshift:us-east-1:{redshift.account_id}:dbuser:examplecluster/"
    )
    assert "user/powerless" in str(error)
    assert f"The call ran in account {redshift.account_id}" in str(error)
    assert "role_arn" in str(error)


def test_temporary_keys_sign_in_and_their_end_is_told(define, redshift):
    keys = redshift.temporary_keys()
    extra = {
        "access_key_id": keys.access_key_id,
        "secret_access_key": keys.secret_access_key,
        "session_token": keys.session_token,
    }
    assert RedshiftIAMHook(define("redshift_access_key", extra=extra)).get_first("select 1") == (1,)
    redshift.faults.refuse(
        GET, "ExpiredToken", "The security token included in the request is expired", status=403
    )
    text = refusal(RedshiftIAMHook(define("redshift_access_key", login="etl", extra=extra)), errors.Expired)
    assert "The AWS credentials have expired" in text
    assert redshift.calls.count(GET) == 2


def test_a_role_with_external_id_is_assumed(define, redshift):
    role = redshift.create_role("TrustedPartner", external_id="shared-id")
    extra = {"role_arn": role, "external_id": "shared-id"}
    assert RedshiftIAMHook(define(extra=extra)).get_first("select current_user") == ("etl",)
    assert redshift.calls.count("AssumeRole") == 1
    text = refusal(RedshiftIAMHook(define(extra={**extra, "external_id": "wrong-id"})), errors.NotAllowed)
    assert "external_id" in text


def test_throttling_is_waited_out(redshift):
    redshift.faults.refuse(GET, "Throttling", "Rate exceeded", times=2)
    RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count(GET) == 3


def test_lasting_throttling_is_told(redshift):
    redshift.faults.refuse(GET, "Throttling", "Rate exceeded")
    assert "pool" in refusal(RedshiftIAMHook(), errors.Throttled)


def test_an_error_of_aws_itself_is_tried_again(redshift):
    redshift.faults.server_error(GET, times=1)
    RedshiftIAMHook().get_conn().close()
    assert redshift.calls.count(GET) == 2


def test_the_session_limit_is_told_as_passing(redshift):
    redshift.connection_limit = 0
    before = len(redshift.logins)
    assert "pool" in refusal(RedshiftIAMHook(), errors.LimitReached)
    assert len(redshift.logins) - before == 3


def test_a_refused_connection_is_told(define):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert f"localhost:{port} refuses connections" in refusal(
        RedshiftIAMHook(define(port=port)), errors.Unreachable
    )


@pytest.mark.parametrize("answer", [b"", b"S"], ids=["silent", "silent after agreeing to TLS"])
def test_a_silent_server_is_given_up(define, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            client, _ = server.accept()
            client.recv(8)
            client.sendall(answer)
            accepted.append(client)

        accepted: list[socket.socket] = []
        threading.Thread(target=accept, daemon=True).start()
        conn_id = define(port=server.getsockname()[1], extra={"connect_timeout": 1})
        assert "did not answer within 1 s" in refusal(RedshiftIAMHook(conn_id), errors.Unreachable)


@pytest.mark.parametrize(
    ("linger", "kind", "tries", "said"),
    [
        pytest.param(
            struct.pack("ii", 0, 0), errors.TlsRefused, 1, "does not speak TLS as Redshift does", id="closes"
        ),
        pytest.param(struct.pack("ii", 1, 0), errors.Unreachable, 3, "broke off", id="resets"),
    ],
)
def test_a_server_that_hangs_up_is_told(define, linger, kind, tries, said):
    served = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            for _ in range(3):
                client, _ = server.accept()
                served.append(client.recv(8))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.close()

        threading.Thread(target=hang_up, daemon=True).start()
        port = server.getsockname()[1]
        text = refusal(RedshiftIAMHook(define(port=port)), kind)
        assert f"localhost:{port} " in text
        assert said in text
        assert len(served) == tries


def test_the_connect_timeout_ends_with_the_login(define):
    """A query may take longer than the connect timeout."""
    hook = RedshiftIAMHook(define(extra={"connect_timeout": 1}))
    assert hook.get_first("select 1 from pg_sleep(2)") == (1,)


def test_verify_ca_accepts_another_name(define):
    """As behind a load balancer or tunnel; the issuer is still verified."""
    hook = RedshiftIAMHook(define(host="127.0.0.1", extra={"sslmode": "verify-ca"}))
    assert hook.get_first("select 1") == (1,)
    assert "is not trusted" in refusal(
        RedshiftIAMHook(define(host="127.0.0.1", extra={"sslmode": "verify-ca", "ca_bundle": None})),
        errors.TlsRefused,
    )


def test_the_connection_is_encrypted_verified_and_kept_alive(redshift):
    connection = RedshiftIAMHook().get_conn()
    sock = connection._usock
    assert isinstance(sock, ssl.SSLSocket)
    assert sock.context.verify_mode is ssl.CERT_REQUIRED
    assert sock.context.check_hostname
    assert sock.gettimeout() is None
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert 0 < sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 300
    connection.close()


def test_the_session_carries_dag_task_and_run(redshift, monkeypatch):
    for name, value in {"DAG_ID": "sales", "TASK_ID": "load", "DAG_RUN_ID": "manual__1"}.items():
        monkeypatch.setenv(f"AIRFLOW_CTX_{name}", value)
    RedshiftIAMHook().get_conn().close()
    assert redshift.logins[-1].application_name == "airflow sales.load manual__1"
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "x" * 500)
    assert len(application_name()) == 250


def test_an_empty_host_is_asked_for_once(define, redshift):
    conn_id = define(host=None, port=None, schema=None)
    for _ in range(3):
        assert RedshiftIAMHook(conn_id).get_first("select current_database()") == ("dev",)
    assert (redshift.calls.count("DescribeClusters"), redshift.calls.count(GET)) == (1, 1)
    assert RedshiftIAMHook(define("redshift_serverless", host=None, port=None)).get_first("select 1") == (1,)
    assert redshift.calls.count("GetWorkgroup") == 1


def test_a_missing_region_is_told_without_a_call(define, redshift):
    text = None
    conn_id = define("redshift_access_key", extra={"region": None})
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    text = str(caught.value)
    assert "Region (region): missing" in text
    assert redshift.calls.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"host": None, "extra": {"cluster_identifier": None}},
        {"extra": {"port": 0}},
        {"login": "a:b"},
        {"extra": {"duration_seconds": 899}},
        {"extra": {"auth_mode": "acess_key"}},
        {
            "extra": {
                "auth_mode": "access_key",
                "access_key_id": "ASIAIOSFODNN7EXAMPLE",
                "secret_access_key": "s",
            }
        },
        {"extra": {"auth_mode": "profile", "profile": "nowhere"}},
        {"extra": {"aws_conn_id": "nowhere"}},
    ],
    ids=str,
)
def test_a_misconfiguration_makes_no_network_call(define, no_network, changes):
    with pytest.raises(errors.InvalidSettings):
        RedshiftIAMHook(define(**changes)).get_conn()


def test_an_unknown_extra_is_a_warning(define, caplog):
    hook = RedshiftIAMHook(define(extra={"clsuter_identifier": "x"}))
    assert any("Did you mean cluster_identifier?" in notice for notice in hook.sign_in.notices)
    assert hook.get_first("select 1") == (1,)


def test_the_connection_itself_is_never_changed(redshift):
    hook = RedshiftIAMHook()
    before = (hook.connection.login, hook.connection.password, hook.connection.extra)
    hook.get_conn().close()
    hook.get_conn().close()
    assert (hook.connection.login, hook.connection.password, hook.connection.extra) == before
