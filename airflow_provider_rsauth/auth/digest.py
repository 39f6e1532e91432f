"""A keyed digest, so that secrets need not stand in the keys of caches."""

from __future__ import annotations

import json
import secrets
from hashlib import blake2b
from typing import Any

from pydantic import SecretStr

_SALT = secrets.token_bytes(32)


def digest(value: Any) -> bytes:
    """
    Return what differs for different values, in this process, and tells nothing of them.

    :param value: what JSON can hold; secrets of pydantic count by their content.
    """
    text = json.dumps(value, sort_keys=True, default=_reveal)
    return blake2b(text.encode(), key=_SALT, digest_size=32).digest()


def _reveal(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
