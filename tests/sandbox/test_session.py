from __future__ import annotations

import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redshift_connector

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.clients import cluster_credentials, connect, query

MEMBERS = """
    SELECT member.rolname FROM pg_auth_members
    JOIN pg_roles AS member ON member.oid = pg_auth_members.member
    JOIN pg_roles AS grp ON grp.oid = pg_auth_members.roleid WHERE grp.rolname = %s
"""


def members(sandbox: Sandbox, group: str) -> list[str]:
    return [row[0] for row in sandbox.execute(MEMBERS, [group])]


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)
    assert condition()  # type: ignore[operator]


def test_groups_are_left_with_the_last_session(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbGroups=["loaders"])
    first, second = connect(sandbox.cluster, login), connect(sandbox.cluster, login)
    assert members(sandbox, "loaders") == ["etl"]
    first.close()
    time.sleep(0.2)
    assert members(sandbox, "loaders") == ["etl"]
    second.close()
    wait_for(lambda: members(sandbox, "loaders") == [])


def test_a_member_stays_one_after_the_session(sandbox: Sandbox) -> None:
    sandbox.create_group("owners")
    sandbox.execute("GRANT owners TO etl")
    with connect(sandbox.cluster, cluster_credentials(sandbox, DbGroups=["owners"])):
        assert members(sandbox, "owners") == ["etl"]
    time.sleep(0.2)
    assert members(sandbox, "owners") == ["etl"]


def test_a_hundred_threads_connect_at_once(sandbox: Sandbox) -> None:
    login = cluster_credentials(sandbox, DbUser="swarm", AutoCreate=True, DbGroups=["analysts"])
    with ThreadPoolExecutor(100) as pool:
        rows = list(pool.map(lambda _: query(sandbox.cluster, login), range(100)))
    assert rows == [[("swarm",)]] * 100


def test_many_rows_pass_quickly(sandbox: Sandbox) -> None:
    started = time.monotonic()
    sql = "SELECT n, repeat('x', 50) FROM generate_series(1, 200000) AS n"
    rows = query(sandbox.cluster, cluster_credentials(sandbox), sql)
    assert len(rows) == 200_000
    assert time.monotonic() - started < 15


def test_a_table_is_written_and_read(sandbox: Sandbox) -> None:
    with connect(sandbox.cluster, cluster_credentials(sandbox)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE trip (id int, name varchar(20))")
        cursor.executemany("INSERT INTO trip VALUES (%s, %s)", [(1, "one"), (2, "two")])
        connection.commit()
    assert sandbox.execute("SELECT id, name FROM trip ORDER BY id") == [(1, "one"), (2, "two")]
    sandbox.execute("DROP TABLE trip")


def test_a_cancel_request_reaches_the_statement(sandbox: Sandbox) -> None:
    with connect(sandbox.cluster, cluster_credentials(sandbox)) as connection, ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(connection.cursor().execute, "SELECT pg_sleep(30)")
        time.sleep(0.3)
        with socket.create_connection(("127.0.0.1", sandbox.cluster.port)) as canceller:
            canceller.sendall(struct.pack("!ii", 16, 80877102) + connection._backend_key_data)
            assert canceller.recv(1) == b""
        with pytest.raises(redshift_connector.ProgrammingError, match="57014"):
            sleeping.result(timeout=10)


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\0", b"\0\0\0\x08\0\0\0\x01", b""])
def test_a_client_that_talks_nonsense_is_hung_up_on(sandbox: Sandbox, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.cluster.port), timeout=5) as stranger:
        stranger.sendall(noise)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(1) == b""
