"""What came to the identity provider, and what is answered instead of its pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug import Response

Body = str | bytes | Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """
    One request, without what it carried.

    :param path: without its query, which may hold a token.
    :param fields: the names in query and form; JSON is not looked into.
    """

    method: str
    path: str
    fields: tuple[str, ...] = ()
    user_agent: str = ""


@dataclass(slots=True)
class Planted:
    """
    An answer that somebody put in place of the pages.

    :param path: for which path only; ``None`` for all.
    :param times: how often; ``None`` for ever.
    """

    body: Body
    status: int
    headers: Mapping[str, str]
    path: str | None
    times: int | None


class Traffic:
    """The requests so far, and the faults; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything; who hangs goes on."""
        with self._lock:
            self._requests: list[PageRequest] = []
            self._planted: list[Planted] = []
            self._seconds = 0.0
            self._released, released = threading.Event(), getattr(self, "_released", None)
        if released:
            released.set()

    @property
    def requests(self) -> list[PageRequest]:
        """The requests so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def hang(self, seconds: float) -> None:
        """Let every request wait."""
        with self._lock:
            self._seconds = seconds

    def plant(self, planted: Planted) -> None:
        """Put an answer in place of the pages."""
        with self._lock:
            self._planted.append(planted)

    def receive(self, request: Any) -> Response | None:
        """Record a request, let it wait, and tell the answer if it is not a page's."""
        fields = (*request.args, *request.form)
        agent = request.headers.get("User-Agent", "")
        with self._lock:
            self._requests.append(PageRequest(request.method, request.path, fields, agent))
            released, seconds = self._released, self._seconds
        if seconds:
            released.wait(seconds)
        return self._next(request.path)

    def _next(self, path: str) -> Response | None:
        with self._lock:
            fitting = (each for each in self._planted if each.path in (None, path) and each.times != 0)
            if (planted := next(fitting, None)) is None:
                return None
            if planted.times is not None:
                planted.times -= 1
        return _as_response(planted)


def _as_response(planted: Planted) -> Response:
    from werkzeug import Response

    body = planted.body() if callable(planted.body) else planted.body
    response = Response(body, planted.status, mimetype="text/html")
    response.autocorrect_location_header = False
    response.headers.update(planted.headers)
    return response
