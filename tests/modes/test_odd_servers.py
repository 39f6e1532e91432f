"""Whatever listens at the host, the answer is an error of ours that says what to do."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing, suppress

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.certificates import Certificates

NO_REDSHIFT = "does not answer as Redshift does"


def error_response(**fields: str) -> bytes:
    body = b"".join(f"{name}{text}\0".encode() for name, text in fields.items()) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


@pytest.fixture
def serve(tmp_path, define):
    """Serve with TLS, answer the first message with some bytes and hang up; return a connection to it."""
    certificates = Certificates(tmp_path)
    tls, ca_file = certificates.context, certificates.ca_file
    servers = []
    served = []

    def serve_connection(answer: bytes) -> tuple[str, list[bytes]]:
        server = socket.create_server(("localhost", 0))
        servers.append(server)

        def answer_all() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = server.accept()
                    with plain:
                        plain.recv(8)
                        plain.sendall(b"S")
                        with closing(tls.wrap_socket(plain, server_side=True)) as client:
                            served.append(client.recv(10_000))
                            client.sendall(answer)

        threading.Thread(target=answer_all, daemon=True).start()
        conn_id = define(
            port=server.getsockname()[1], extra={"ca_bundle": str(ca_file), "connect_timeout": 5}
        )
        return conn_id, served

    yield serve_connection
    for server in servers:
        server.close()


def refusal(conn_id: str) -> errors.RsAuthError:
    with pytest.raises(errors.RsAuthError) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", errors.SignInRefused, NO_REDSHIFT, id="HTTP"),
        pytest.param(bytes(100), errors.SignInRefused, NO_REDSHIFT, id="zeros"),
        pytest.param(b"R\0\0\0\x0c\0\0", errors.SignInRefused, NO_REDSHIFT, id="a truncated message"),
        pytest.param(
            error_response(M="go away"), errors.SignInRefused, NO_REDSHIFT, id="an error without a code"
        ),
        pytest.param(b"", errors.Unreachable, "broke off", id="nothing"),
        pytest.param(
            error_response(S="FATAL", C="57P03", M="the database system is starting up"),
            errors.Unavailable,
            "the database system is starting up",
            id="a database that starts",
        ),
        pytest.param(
            error_response(S="FATAL", C="57P01", M="terminating connection"),
            errors.Unavailable,
            "The database was restarted",
            id="a database that is restarted",
        ),
    ],
)
def test_a_server_that_is_no_redshift_is_told(serve, answer, kind, said):
    conn_id, served = serve(answer)
    error = refusal(conn_id)
    assert type(error) is kind
    assert said in str(error)
    assert error.__cause__ is None
    assert len(served) == (3 if error.retryable else 1)


@pytest.mark.parametrize(
    "host", ["a..b", ".a", f"{'a' * 64}.example", f"{'abc.' * 64}example", "a b", "ü.example"]
)
def test_a_host_that_dns_cannot_have_is_refused_at_once(define, redshift, host):
    with pytest.raises(errors.InvalidSettings) as caught:
        RedshiftIAMHook(define(host=host)).get_conn()
    assert "Host (host): must be a host name" in str(caught.value)
    assert redshift.calls.count() == 0
