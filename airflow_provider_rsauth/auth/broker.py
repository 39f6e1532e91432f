"""The credential broker: caches, renews ahead of expiry, and asks once however many threads want one."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from airflow_provider_rsauth.auth.credential import Freshness, Perishable, freshness

log = logging.getLogger(__name__)

RENEWAL_PAUSE = timedelta(seconds=30)
"""After a failed renewal of a credential that still works, the wait before the next try."""

LONGEST_RENEWAL = timedelta(minutes=5)
"""A renewal that takes longer has lost its thread: calls are bounded and retried for a shorter time."""

MOST_ENTRIES = 256

T = TypeVar("T", bound=Perishable)


def utc_now() -> datetime:
    """Return the present, UTC."""
    return datetime.now(UTC)


class _Interrupted(Exception):
    """The renewing thread was stopped before it had an answer."""


class _Flight(Future[T]):
    """A renewal under way, and the thread that sees to it."""

    def __init__(self) -> None:
        super().__init__()
        self.thread_id = threading.get_ident()


class _Entry(Generic[T]):
    """What is known under one key: the credential held, and the renewal under way, if any."""

    __slots__ = ("flight", "held", "lock", "pause_until")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.held: T | None = None
        self.flight: _Flight[T] | None = None
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
        self._lock = threading.RLock()
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
                flight, is_mine = entry.flight, entry.flight is None
                if flight is None:
                    flight = entry.flight = _Flight()
            if is_mine:
                return self._renew(entry, flight, issue, fallback=held if state is Freshness.STALE else None)
            if flight.thread_id == threading.get_ident():
                # A signal handler, in the middle of this thread's own renewal: it would wait for itself.
                return issue()
            if issued := self._outcome(entry, flight):
                return issued

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

    def _outcome(self, entry: _Entry[T], flight: _Flight[T]) -> T | None:
        """Wait for another thread's renewal; ``None`` if it never came to an end, so that one must ask again."""
        try:
            error = flight.exception(LONGEST_RENEWAL.total_seconds())
        except FutureTimeout:
            with entry.lock:
                entry.flight = None if entry.flight is flight else entry.flight
            return None
        if isinstance(error, _Interrupted):
            return None
        if error:
            raise error
        return flight.result()

    def _renew(self, entry: _Entry[T], flight: _Flight[T], issue: Callable[[], T], fallback: T | None) -> T:
        try:
            issued = issue()
        except Exception as failure:
            with entry.lock:
                entry.flight, entry.pause_until = None, self._now() + RENEWAL_PAUSE
                # Not if the server has refused it meanwhile.
                still_good = fallback if entry.held is fallback else None
            if still_good is None:
                flight.set_exception(failure)
                raise
            flight.set_result(still_good)
            log.warning(
                "Could not renew a credential that works until %s: %s", still_good.expires_at, failure
            )
            return still_good
        except BaseException:
            with entry.lock:
                entry.flight = None
            flight.set_exception(_Interrupted())
            raise
        with entry.lock:
            entry.held, entry.flight, entry.pause_until = issued, None, None
        flight.set_result(issued)
        return issued


_brokers: weakref.WeakSet[CredentialBroker[Any]] = weakref.WeakSet()


def _forget_all_after_fork() -> None:
    for broker in list(_brokers):
        broker.forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all_after_fork)
