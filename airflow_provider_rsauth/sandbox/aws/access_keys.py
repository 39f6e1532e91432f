"""AWS access keys."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """
    What signs an API call.

    :param access_key_id: the public part.
    :param secret_access_key: the secret part; never shown by ``repr``.
    :param session_token: goes with temporary keys; never shown by ``repr``.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
