from __future__ import annotations

import time
from datetime import UTC, datetime

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.clients import aws, cluster_credentials, connect, query, refused_call, refused_login

ASKED = {"ClusterIdentifier": "examplecluster", "DbUser": "etl"}


def test_calls_beyond_the_rate_are_throttled(sandbox: Sandbox) -> None:
    sandbox.faults.throttle("GetClusterCredentials", rate=10, burst=2)
    call = aws(sandbox, "redshift").get_cluster_credentials
    call(**ASKED)
    call(**ASKED)
    assert refused_call(call, **ASKED) == ("Throttling", "Rate exceeded", 400)
    time.sleep(0.15)
    assert call(**ASKED)


def test_the_json_protocol_spells_throttling_its_way(sandbox: Sandbox) -> None:
    sandbox.faults.throttle("GetCredentials", rate=0, burst=0)
    call = aws(sandbox, "redshift-serverless").get_credentials
    refused = refused_call(call, workgroupName="example-workgroup")
    assert refused == ("ThrottlingException", "Rate exceeded", 400)


def test_an_answer_is_late(sandbox: Sandbox) -> None:
    started = time.monotonic()
    with sandbox.faults.latency("GetClusterCredentials", 0.5):
        cluster_credentials(sandbox)
    assert time.monotonic() - started >= 0.5


def test_a_call_is_refused_so_many_times(sandbox: Sandbox) -> None:
    sandbox.faults.refuse("GetClusterCredentials", "UnsupportedOperation", "Not today", times=2)
    call = aws(sandbox, "redshift").get_cluster_credentials
    for _ in range(2):
        assert refused_call(call, **ASKED) == ("UnsupportedOperation", "Not today", 400)
    assert call(**ASKED)


def test_a_refusal_lasts_as_long_as_its_block(sandbox: Sandbox) -> None:
    with sandbox.faults.refuse("GetCallerIdentity", "AccessDenied", "No", status=403):
        assert refused_call(aws(sandbox, "sts").get_caller_identity) == ("AccessDenied", "No", 403)
    assert aws(sandbox, "sts").get_caller_identity()


def test_a_server_error_passes(sandbox: Sandbox) -> None:
    sandbox.faults.server_error("DescribeClusters")
    call = aws(sandbox, "redshift").describe_clusters
    code, _, status = refused_call(call)
    assert (code, status) == ("InternalFailure", 500)
    assert call()


def test_a_short_life_is_announced(sandbox: Sandbox) -> None:
    sandbox.faults.lifetime(60)
    answer = aws(sandbox, "redshift").get_cluster_credentials(**ASKED)
    assert (answer["Expiration"] - datetime.now(UTC)).total_seconds() <= 60


def test_a_password_expires_before_its_announced_time(sandbox: Sandbox) -> None:
    sandbox.faults.lifetime(0.3, announce=900)
    answer = aws(sandbox, "redshift").get_cluster_credentials(**ASKED)
    login = (answer["DbUser"], answer["DbPassword"])
    with connect(sandbox.cluster, login):
        pass
    time.sleep(0.4)
    assert (answer["Expiration"] - datetime.now(UTC)).total_seconds() > 800
    assert refused_login(sandbox.cluster, login)[1] == "IAM Authentication token has expired"


def test_a_lifetime_concerns_one_user_and_so_many_credentials(sandbox: Sandbox) -> None:
    sandbox.faults.lifetime(0, db_user="analyst", times=1)
    etl, first, second = (cluster_credentials(sandbox, DbUser=user) for user in ("etl", "analyst", "analyst"))
    assert query(sandbox.cluster, etl)
    assert refused_login(sandbox.cluster, first)[0] == "28000"
    assert query(sandbox.cluster, second)


def test_all_faults_are_lifted_at_once(sandbox: Sandbox) -> None:
    sandbox.faults.refuse("GetClusterCredentials", "AccessDenied", "No")
    sandbox.faults.lifetime(0)
    sandbox.faults.clear()
    assert query(sandbox.cluster, cluster_credentials(sandbox))
