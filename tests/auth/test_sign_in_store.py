"""The token cache: whole records, readable by their owner, shared with whoever else is there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth.errors import SignInRefused, Unavailable
from airflow_provider_rsauth.auth.identity_center import store as store_module
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn, Registration, Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import FileStore

MINE = SsoSession("https://mycompany.awsapps.com/start", "us-east-1", "sso")
GOOD = {
    "startUrl": MINE.start_url,
    "region": MINE.region,
    "accessToken": "an-access-token",
    "expiresAt": "2030-01-01T00:00:00Z",
}
REGISTRATION = {
    "clientId": "c",
    "clientSecret": "s",
    "registrationExpiresAt": "2030-01-01T00:00:00Z",
    "refreshToken": "r",
}


@pytest.fixture
def store():
    return FileStore()


def file_of(name: str) -> Path:
    return Path.home() / ".aws" / "sso" / "cache" / f"{name}.json"


def test_a_record_comes_back_and_goes(store):
    store.write("x", {"a": 1})
    assert store.read("x") == {"a": 1}
    store.remove("x")
    store.remove("x")
    assert store.read("x") is None


def test_a_reader_never_sees_half_a_record(store):
    """Readers look on while a writer replaces the record again and again."""
    store.write("x", {"filler": "0" * 100_000})
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.write("x", {"filler": "1" * 100_000})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            assert len(json.loads(file_of("x").read_text())["filler"]) == 100_000
    finally:
        stop.set()
        writer.join()


def test_a_file_that_another_tool_is_writing_is_read_again(store):
    """The AWS CLI empties the file before it writes."""
    store.write("x", {"a": 1})
    file_of("x").write_text("")
    threading.Timer(0.2, lambda: file_of("x").write_text('{"a": 2}')).start()
    assert store.read("x") == {"a": 2}


def test_somebody_elses_file_is_no_missing_sign_in(store, monkeypatch):
    """As after `sudo rsauth sign-in`."""
    store.write("x", GOOD)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SignInRefused, match=rf"x\.json cannot be read by the user .*uid {os.getuid()}"):
        store.read("x")


def test_a_home_without_locks_works(store, monkeypatch):
    """Some network file systems have none."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with store.alone("x"):
        store.write("x", {"a": 1})
    assert store.read("x") == {"a": 1}


def test_nobody_waits_for_ever(store, monkeypatch):
    monkeypatch.setattr(store_module, "LONGEST_WAIT", 0.2)
    with store.alone("x"), pytest.raises(Unavailable, match="busy"), store.alone("x"):
        pass


def test_a_forked_child_does_not_keep_the_lock(store):
    with store.alone("x"):
        child = os.fork()
        if not child:
            threading.Event().wait(5)
            os._exit(0)
    try:
        with store.alone("x"):
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_without_a_home_the_way_out_is_named(store, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(SignInRefused, match="no home directory") as caught:
        store.read("x")
    assert "sign_in_store = variable" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00UTC", "2030-01-01T01:00:00+01:00", "2030-01-01T00:00:00"],
)
def test_times_are_read_as_all_versions_of_the_aws_cli_wrote_them(text):
    assert Token.read({**GOOD, "expiresAt": text}, MINE).expires_at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd",
    [
        {"expiresAt": None},
        {"expiresAt": 1700000000},
        {"expiresAt": "soon"},
        {"accessToken": None},
        {"accessToken": ""},
    ],
    ids=str,
)
def test_an_odd_record_is_no_token(odd):
    assert Token.read({**GOOD, **odd}, MINE) is None


@pytest.mark.parametrize(
    "odd", [{"registrationExpiresAt": None}, {"clientSecret": 5}, {"clientId": None}], ids=str
)
def test_a_token_with_an_odd_registration_works_until_it_ends(odd):
    token = Token.read({**GOOD, **REGISTRATION, **odd}, MINE)
    assert token.access_token == "an-access-token"
    assert token.registration is None


@pytest.mark.parametrize(
    "foreign", [{"startUrl": "https://other.awsapps.com/start"}, {"region": "eu-west-1"}], ids=str
)
def test_the_token_of_another_identity_center_under_the_same_name_is_not_used(foreign):
    assert Token.read({**GOOD, **foreign}, MINE) is None
    assert Token.read({**GOOD, "startUrl": f"{MINE.start_url}/#/"}, MINE)


def test_what_waits_for_a_person_comes_back_as_it_was():
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    pending = PendingSignIn("AB", "u", "v", "d", moment, 5, Registration("c", "s", moment), moment)
    assert PendingSignIn.read(pending.record()) == pending
    assert PendingSignIn.read({**pending.record(), "interval": "x"}) is None
    for secret in ("'d'", "'s'"):
        assert secret not in repr(pending)
