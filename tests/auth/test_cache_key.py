"""The key of a credential: all that makes it somebody's is in it, and no secret is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace

import pytest
from pydantic import SecretStr

from airflow_provider_rsauth.auth import digest as digest_module
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.mode import IdentityMode, SignInContext
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse
from airflow_provider_rsauth.auth.sign_in import cache_key
from airflow_provider_rsauth.auth.target import Target

SECRET = "wJalrXUtnFEMI-canary-K7MDENG"
AWS_MODES = [mode for mode in MODES.values() if issubclass(mode, IdentityMode)]


class AwsConnections:
    """The AWS connections of an Airflow that has one content for all."""

    def __init__(self, content: str = "content") -> None:
        self.content = content

    def fingerprint(self, aws_conn_id: str | None) -> str:
        return f"{aws_conn_id} {self.content}"


def context(content: str = "content", scope: str = "task") -> SignInContext:
    return SignInContext("wh", AwsConnections(content), lambda _: None, scope)


def signing_in(mode: str = "aws_connection") -> SignIn:
    return parse(RawConnection("wh", **MODES[mode].example()))


def key(sign_in: SignIn | None = None, **world: str):
    return cache_key(sign_in or signing_in(), context(**world))


def another(value: object) -> object:
    return {str: f"{value}x", int: 7, bool: not value}.get(type(value), "another")


@pytest.mark.parametrize("mode", AWS_MODES, ids=lambda mode: mode.name)
def test_equal_sign_ins_have_equal_keys(mode):
    one, other = (key(signing_in(mode.name)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)


def test_modes_have_keys_of_their_own():
    assert len({key(signing_in(mode.name)) for mode in AWS_MODES}) == len(AWS_MODES)


@pytest.mark.parametrize("name", [each.name for each in fields(Target)])
def test_another_target_has_another_key(name):
    sign_in = signing_in()
    target = replace(sign_in.target, **{name: another(getattr(sign_in.target, name))})
    assert key(replace(sign_in, target=target)) != key(sign_in)


@pytest.mark.parametrize("name", DatabaseUser.model_fields)
def test_another_database_user_has_another_key(name):
    sign_in = signing_in()
    user = sign_in.database_user.model_copy(update={name: ("another",) if name == "db_groups" else "another"})
    assert key(replace(sign_in, database_user=user)) != key(sign_in)


@pytest.mark.parametrize(
    ("mode", "name"),
    [pytest.param(mode, name, id=f"{mode.name} {name}") for mode in AWS_MODES for name in mode.model_fields],
)
def test_another_identity_has_another_key(mode, name):
    """Secrets are told apart, too."""
    sign_in = signing_in(mode.name)
    value = SecretStr("another") if is_secret(mode, name) else "another"
    changed = sign_in.mode.model_copy(update={name: value})
    assert key(replace(sign_in, mode=changed)) != key(sign_in)


def test_another_task_has_another_key():
    assert key(scope="another") != key()


def test_another_content_of_the_aws_connection_has_another_key():
    assert key(content="another") != key()


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_ENDPOINT_URL_STS"])
def test_another_environment_has_another_key(monkeypatch, name):
    keys = {key()}
    for value in ("one", "other"):
        monkeypatch.setenv(name, value)
        keys.add(key())
    assert len(keys) == 3


def test_no_secret_is_in_a_key(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    sign_in = signing_in("access_key")
    mode = sign_in.mode.model_copy(
        update={"secret_access_key": SecretStr(SECRET), "session_token": SecretStr(SECRET)}
    )
    made = key(replace(sign_in, mode=mode), content=SECRET)
    assert SECRET not in repr(made)
    assert SECRET.encode() not in b"".join(part for part in made if isinstance(part, bytes))


def test_a_key_cannot_be_made_without_the_salt(monkeypatch):
    """So nobody who sees a key can try secrets on it."""
    before = key()
    monkeypatch.setattr(digest_module, "_SALT", b"another salt")
    assert key() != before


def test_every_process_has_a_salt_of_its_own():
    code = "from airflow_provider_rsauth.auth.digest import _SALT; print(_SALT.hex())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    salt = bytes.fromhex(done.stdout)
    assert len(salt) >= 16
    assert salt != digest_module._SALT
