"""The credential broker: caches, renews ahead of expiry, and asks once however many threads want one."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from airflow_provider_rsauth.auth.credential import Freshness, Perishable, freshness

log = logging.getLogger(__name__)

RENEWAL_PAUSE = timedelta(seconds=30)
"""After a failed renewal of a credential that still works, the wait before the next try."""

MOST_ENTRIES = 256

T = TypeVar("T", bound=Perishable)


def utc_now() -> datetime:
    """Return the present, UTC."""
    return datetime.now(UTC)


class _Entry(Generic[T]):
    """What is known under one key: the credential held, and the renewal under way, if any."""

    __slots__ = ("flight", "held", "lock", "pause_until")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: T | None = None
        self.flight: Future[T] | None = None
        self.pause_until: datetime | None = None


class CredentialBroker(Generic[T]):
    """
    Hands out credentials, issuing new ones when there is none or the one held runs out.

    There is no background thread, because tasks fork: renewal happens in the call that finds it due. While a
    credential is stale one caller renews it and the others go on with it; when it has expired all wait for
    one renewal and share its outcome. A forked process starts with nothing: a parent's credential is not its own.

    :param now: the clock.
    :param most_entries: how many credentials are kept; the one unused for longest goes first.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now, most_entries: int = MOST_ENTRIES) -> None:
        self._now = now
        self._most_entries = most_entries
        self.forget_all()
        _brokers.add(self)

    def forget_all(self) -> None:
        """Drop every credential, and every lock that a fork may have left held."""
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()

    def credential(self, key: Hashable, issue: Callable[[], T]) -> T:
        """
        Return a credential that can be used now.

        :param key: who asks for what; equal keys share a credential.
        :param issue: gets a new credential; called at most once at a time for each key.
        :raises Exception: what ``issue`` raised, when there is no credential that still works.
        """
        entry = self._entry(key)
        while True:
            with entry.lock:
                held = entry.held
                state = freshness(held, self._now()) if held else Freshness.EXPIRED
                if held and (
                    state is Freshness.FRESH or (state is Freshness.STALE and self._renewal_is_seen_to(entry))
                ):
                    return held
                flight = entry.flight
                if flight is None:
                    entry.flight = Future()
            if flight is None:
                return self._renew(entry, issue, fallback=held if state is Freshness.STALE else None)
            error = flight.exception()
            if error is None:
                return flight.result()
            if isinstance(error, Exception):
                raise error
            # The renewing thread was interrupted, which is no answer: ask again.

    def discard(self, key: Hashable, credential: T) -> None:
        """
        Forget a credential that the server refused; a newer one under the same key stays.

        :param key: the key that it was handed out for.
        :param credential: the refused credential.
        """
        with self._lock:
            entry = self._entries.get(key)
        if entry:
            with entry.lock:
                if entry.held is credential:
                    entry.held = None

    def __len__(self) -> int:
        return len(self._entries)

    def _entry(self, key: Hashable) -> _Entry[T]:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._most_entries:
                self._entries.popitem(last=False)
            return entry

    def _renewal_is_seen_to(self, entry: _Entry[T]) -> bool:
        return entry.flight is not None or (entry.pause_until is not None and self._now() < entry.pause_until)

    def _renew(self, entry: _Entry[T], issue: Callable[[], T], fallback: T | None) -> T:
        error: BaseException = _Interrupted()
        issued = None
        try:
            issued = issue()
        except Exception as failure:
            if fallback is None:
                error = failure
                raise
            log.warning("Could not renew a credential that works until %s: %s", fallback.expires_at, failure)
            issued = fallback
        finally:
            self._land(entry, issued, error, failed=issued is fallback)
        return issued

    def _land(self, entry: _Entry[T], issued: T | None, error: BaseException, failed: bool) -> None:
        with entry.lock:
            flight, entry.flight = entry.flight, None
            entry.held = issued or entry.held
            entry.pause_until = self._now() + RENEWAL_PAUSE if failed else None
        if flight and issued:
            flight.set_result(issued)
        elif flight:
            flight.set_exception(error)


class _Interrupted(BaseException):
    """The renewing thread was stopped before it had an answer."""


_brokers: weakref.WeakSet[CredentialBroker[Any]] = weakref.WeakSet()


def _forget_all_after_fork() -> None:
    for broker in list(_brokers):
        broker.forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all_after_fork)
