"""What a token says of itself, however odd it is."""

from __future__ import annotations

import base64
import json

import pytest
from pydantic import SecretStr

from airflow_provider_rsauth.auth.tokens.token import claims, expiry, in_words, problem_with


def token(payload: object) -> SecretStr:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return SecretStr(f"h.{base64.urlsafe_b64encode(text.encode()).rstrip(b'=').decode()}.s")


@pytest.mark.parametrize("payload", ["", "{", "[]", "5", "null", '"exp"', "[" * 5000])
def test_what_is_no_jwt_says_nothing(payload):
    assert claims(token(payload)) == {}
    assert expiry(token(payload)) is None
    assert in_words(token(payload)) == ""


@pytest.mark.parametrize("text", ["", "opaque", "a.b", "a.b.c.d", "a.é.c", "..."])
def test_what_has_another_form_says_nothing(text):
    assert claims(SecretStr(text)) == {}


def test_the_expiry_is_read():
    assert expiry(token({"exp": 1_700_000_000})).isoformat() == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("moment", [None, "tomorrow", True, 1e30, -1e30, [], {}])
def test_an_expiry_that_is_none_is_not_told(moment):
    assert expiry(token({"exp": moment})) is None


def test_only_harmless_claims_are_told():
    assert in_words(
        token({"iss": "https://a.example", "aud": ["x", "y"], "sub": "two words", "jti": "j"})
    ) == ("The token says: iss https://a.example; aud x, y.")
    assert in_words(token({"iss": 5, "aud": {}, "sub": "x" * 201})) == ""


@pytest.mark.parametrize("text", ["abcd", "x" * 20000, "a.b.c"])
def test_a_token_is_taken(text):
    assert problem_with(SecretStr(text)) == ""


def test_a_problem_does_not_show_the_token():
    for text in ("hun", "hunter2 hunter2", "hunter2" * 4000):
        assert "hun" not in problem_with(SecretStr(text), is_jwt=True)
