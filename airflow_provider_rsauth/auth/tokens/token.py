"""A token of an identity provider: where it is read, whether it can be one, and what it says of itself."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from airflow_provider_rsauth.auth.errors import UnusableToken

SHORTEST, LONGEST = 4, 20000
"""What STS takes; no identity provider of Redshift issues longer ones."""

_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_BLANK = re.compile(r"[^\x21-\x7e]")
_HARMLESS = re.compile(r"[\w.:/@|+=,-]{1,200}", re.ASCII)
_TOLD = ("iss", "aud", "sub")


def problem_with(token: SecretStr, *, is_jwt: bool = False) -> str:
    """
    Tell why a text cannot be a token; empty if it can.

    :param token: the text.
    :param is_jwt: whether it has to be a JWT.
    """
    text = token.get_secret_value()
    if not text:
        return "is empty"
    if not SHORTEST <= len(text) <= LONGEST:
        return f"has {len(text)} characters, which no token has: {SHORTEST} to {LONGEST}"
    if _BLANK.search(text):
        return "has a blank, a line break or another character in it that no token has. Copy it again, in one piece"
    if is_jwt and not _JWT.fullmatch(text):
        return "is not a JWT, which has three parts of letters, digits, - and _ with dots between them"
    return ""


def one_of(given: Iterable[str], wanted: Iterable[str], *, may_be_none: bool = False) -> None:
    """
    Check that a token comes from one source.

    :param given: the fields that are filled in.
    :param wanted: the fields of which one is to be.
    :param may_be_none: whether a token can be had without any.
    :raises ValueError: there are several, or none; the text begins with the field.
    """
    first, *more = wanted
    match list(given):
        case [_, another, *_] as several:
            text = (
                f"{another}: {' and '.join(several)} are given, and each is a source of the token. Keep one"
            )
            raise ValueError(text)
        case [] if not may_be_none:
            raise ValueError(f"{first}: missing. Fill it in, or {' or '.join(more)}")


def from_file(path: str, field: str, *, is_jwt: bool = False) -> SecretStr:
    """
    Read a token from a file of the worker.

    :param path: the file; a blank or line break around the token does no harm.
    :param field: the field that names it.
    :param is_jwt: whether it has to be a JWT.
    :raises UnusableToken: there is no token in it. The error does not hold the content.
    """
    called = f"The file {path!r} ({field})"
    try:
        with Path(path).expanduser().open("rb") as file:
            token = SecretStr(file.read(2 * LONGEST).decode(errors="replace").strip())
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnusableToken(
            f"{called} cannot be read on this machine: {reason}.",
            remedy=f"Correct {field}, mount the file on every worker, and let the user that runs Airflow read it.",
            code="TokenFile",
        ) from None
    if problem := problem_with(token, is_jwt=is_jwt):
        raise UnusableToken(
            f"{called} holds no token: it {problem}.",
            remedy="Does whatever writes it write the token, all of it and nothing else? Or correct the path.",
            code="TokenFile",
        )
    return token


def expiry(token: SecretStr) -> datetime | None:
    """
    Return when a token says that it expires; ``None`` if it does not say so.

    :param token: the token.
    """
    moment = claims(token).get("exp")
    if isinstance(moment, bool) or not isinstance(moment, int | float):
        return None
    try:
        return datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def claims(token: SecretStr) -> Mapping[str, Any]:
    """
    Return what a JWT says, unverified; nothing if it is no JWT.

    :param token: the token.
    """
    parts = token.get_secret_value().split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def in_words(token: SecretStr) -> str:
    """
    Tell issuer, audience and subject of a JWT, which are no secrets and which trust policies look at.

    :param token: the token.
    """
    found = claims(token)
    told = {name: found.get(name) for name in _TOLD}
    texts = {
        name: ", ".join(map(str, each)) if isinstance(each, list) else each for name, each in told.items()
    }
    words = [f"{name} {text}" for name, text in texts.items() if _is_harmless(text)]
    return f"The token says: {'; '.join(words)}." if words else ""


def _is_harmless(text: Any) -> bool:
    return isinstance(text, str) and all(_HARMLESS.fullmatch(each) for each in text.split(", "))
