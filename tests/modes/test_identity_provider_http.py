"""An identity provider that is broken or hostile is answered within bounds, by an error of ours."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.identity_provider import http
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.sandbox.idp import hostile

PASSWORD = "hidden-Passw0rd"


@pytest.fixture
def idp(redshift, monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0.01)
    return redshift.idp


@pytest.fixture
def client(redshift, idp):
    return IdentityProviderHttp(idp.host, idp.port, str(redshift.ca_file))


def refusal(call, kind: type[errors.RsAuthError]) -> errors.RsAuthError:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.remedy
    return caught.value


def post(client):
    return lambda: client.post("/x", form=lambda: {"password": PASSWORD})


def test_a_redirect_within_the_host_is_followed_and_cookies_are_kept(idp, client):
    idp.answer("", 302, {"Location": "/next", "Set-Cookie": "a=b; Secure"}, path="/x")
    idp.answer("there", path="/next")
    page = post(client)()
    assert (page.status, page.text, page.url) == (200, "there", f"{idp.base_url}/next")
    assert [(each.method, each.path) for each in idp.requests] == [("POST", "/x"), ("GET", "/next")]


@pytest.mark.parametrize(
    "place",
    [
        "https://elsewhere.example.com/",
        "http://localhost:{port}/",
        "https://localhost:1/",
        "//elsewhere.example.com/",
        "https://localhost:{port}\\@elsewhere.example.com/",
        "https://localhost:{port}@elsewhere.example.com/",
    ],
)
def test_another_place_is_not_followed(idp, client, place):
    idp.answer("", 307, {"Location": place.format(port=idp.port)})
    error = refusal(post(client), errors.SignInRefused)
    assert error.code == "ForeignRedirect"
    assert "user and password are not sent" in error.message
    assert idp.count() == 1


def test_redirects_come_to_an_end(idp, client):
    idp.answer("", 302, {"Location": "/x"})
    assert refusal(post(client), errors.SignInRefused).code == "TooManyRedirects"
    assert idp.count() == 6


def test_a_page_of_50_megabytes_is_not_read_to_its_end(idp, client):
    idp.answer(hostile.megabytes(50))
    start = time.monotonic()
    assert refusal(post(client), errors.SignInRefused).code == "TooLarge"
    assert time.monotonic() - start < 10


def test_a_hanging_server_is_given_up(idp, client, monkeypatch):
    monkeypatch.setattr(http, "READ_TIMEOUT", 0.3)
    idp.hang(3)
    start = time.monotonic()
    assert refusal(post(client), errors.Unreachable).code == "Timeout"
    assert time.monotonic() - start < 2


def test_a_page_that_trickles_in_is_given_up(idp, client, monkeypatch):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.5)

    def trickle():
        for _ in range(100):
            yield b"."
            time.sleep(0.1)

    idp.answer(trickle)
    start = time.monotonic()
    assert refusal(post(client), errors.Unreachable).code == "Timeout"
    assert time.monotonic() - start < 3


def test_a_page_that_stops_in_the_middle_is_given_up(idp, client, monkeypatch):
    monkeypatch.setattr(http, "READ_TIMEOUT", 0.3)

    def half():
        yield b"<html>"
        time.sleep(2)

    idp.answer(half)
    assert refusal(post(client), errors.Unreachable).code == "Timeout"


def test_a_page_that_is_not_as_it_says_is_no_traceback(idp, client):
    idp.answer("no gzip", 200, {"Content-Encoding": "gzip"}, path="/x")
    assert refusal(post(client), errors.SignInRefused).code == "Packed"
    idp.reset()
    idp.answer("text", 200, {"Content-Type": "text/html; charset=klingon"})
    assert post(client)().text == "text"


def test_the_body_of_a_redirect_is_not_read(idp, client):
    idp.answer(hostile.megabytes(50), 302, {"Location": "/next"}, path="/x")
    idp.answer("there", path="/next")
    refusal(post(client), errors.SignInRefused)


def test_headers_that_trickle_in_are_given_up(redshift, monkeypatch):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.6)
    with TricklingHeaders(redshift) as server:
        client = IdentityProviderHttp("localhost", server.server_address[1], str(redshift.ca_file))
        start = time.monotonic()
        assert refusal(post(client), errors.Unreachable).code == "Timeout"
    assert time.monotonic() - start < 3


class TricklingHeaders(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self, sandbox) -> None:
        self.tls = sandbox._certificates.loopback_context()
        super().__init__(("127.0.0.1", 0), Trickle)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Trickle(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with (
            contextlib.suppress(OSError),
            self.server.tls.wrap_socket(self.request, server_side=True) as there,
        ):
            there.recv(65536)
            there.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                there.sendall(b"X-%d: .\r\n" % number)
                time.sleep(0.1)


@pytest.mark.parametrize(("status", "times"), [(500, 1), (502, 1), (504, 1), (503, 3)])
def test_a_password_is_sent_again_only_if_it_surely_did_not_count(idp, client, status, times):
    idp.answer("sorry", status)
    refusal(post(client), errors.Unreachable)
    assert idp.count() == times


def test_a_page_is_asked_for_again(idp, client):
    idp.answer("sorry", 502)
    refusal(lambda: client.get("/x"), errors.Unreachable)
    assert idp.count() == 3


@pytest.mark.parametrize("charset", ["klingon", "idna", "punycode", "utf-16"])
def test_the_server_does_not_choose_an_expensive_codec(idp, client, charset):
    idp.answer("text " * 100_000, 200, {"Content-Type": f"text/html; charset={charset}"})
    start = time.monotonic()
    assert post(client)().text.startswith("text")
    assert time.monotonic() - start < 3


def test_an_address_that_is_none_is_told(client):
    assert refusal(lambda: client.get("https://[x/"), errors.SignInRefused).code == "ForeignRedirect"


def test_a_server_error_is_tried_again(idp, client):
    idp.answer("sorry", 503, path="/x", times=2)
    idp.answer("there", path="/x")
    assert post(client)().text == "there"
    assert idp.count() == 3


def test_a_server_that_keeps_failing_is_told(idp, client):
    idp.answer("sorry", 503)
    assert refusal(post(client), errors.Unreachable).code == "HTTP503"
    assert idp.count() == 3


def test_a_refusal_is_not_tried_again(idp, client):
    idp.answer("no", 403)
    assert post(client)().status == 403
    assert idp.count() == 1


def test_nobody_there_is_told(redshift):
    client = IdentityProviderHttp("localhost", 1, str(redshift.ca_file))
    assert "localhost:1 cannot be reached" in refusal(post(client), errors.Unreachable).message


def test_a_proxy_that_is_not_there_is_told(client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert "HTTPS_PROXY" in refusal(post(client), errors.Unreachable).remedy


def test_what_a_netrc_file_says_is_not_sent(idp, client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {idp.host} login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []
    monkeypatch.setattr(
        "requests.Session.send",
        lambda self, request, **_: seen.append(request.headers) or (_ for _ in ()).throw(OSError()),
    )
    refusal(post(client), errors.Unreachable)
    assert seen
    assert not [headers for headers in seen if "Authorization" in headers]


def test_no_frame_of_a_traceback_holds_the_password(idp, client):
    idp.answer("", 302, {"Location": "/x"})
    error = refusal(post(client), errors.SignInRefused)
    frame = error.__traceback__
    while frame:
        if (
            "identity_provider" in frame.tb_frame.f_code.co_filename
            and "tests" not in frame.tb_frame.f_code.co_filename
        ):
            assert PASSWORD not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next
    assert PASSWORD not in str(error) + repr(error)
