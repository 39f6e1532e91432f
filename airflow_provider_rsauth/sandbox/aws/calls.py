"""The API calls that were received."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

SECRET = re.compile(
    "password|secret|token|assertion|accesskey|private|devicecode|profilecontent", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Call:
    """
    One API call, refused ones included.

    :param parameters: what was asked for; secrets are blanked out.
    """

    service: str
    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    access_key_id: str = ""


class Calls:
    """All API calls, oldest first; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def add(self, request: AwsRequest) -> None:
        """Record a call."""
        parameters = {
            name: "***" if SECRET.search(name) else value for name, value in request.parameters.items()
        }
        call = Call(request.service, request.operation, parameters, request.access_key_id)
        with self._lock:
            self._calls.append(call)

    @property
    def all(self) -> list[Call]:
        """The calls so far."""
        with self._lock:
            return list(self._calls)

    def count(self, action: str | None = None) -> int:
        """Count the calls of an API, or all."""
        return sum(action in (None, call.action) for call in self.all)

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._calls.clear()
