"""Trouble on demand: throttling, latency, refusals, server errors, short lifetimes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from airflow_provider_rsauth.sandbox.aws.errors import AwsError

SERVER_ERROR_STATUS = 500


@dataclass(frozen=True, slots=True)
class Lifetime:
    """
    How long an issued database credential lives.

    :param seconds: until it is refused.
    :param announced: until when the API says it lives.
    """

    seconds: float
    announced: float


@dataclass(eq=False)
class Fault:
    """
    One fault, in force until it is lifted or used up; as a context manager, until the block ends.

    :param action: the API it concerns.
    :param times: how often it strikes; ``None`` for always.
    """

    owner: Faults = field(repr=False)
    action: str
    strike: Callable[[], None] = field(repr=False, default=lambda: None)
    times: int | None = None
    lifetime: Lifetime | None = None
    db_user: str | None = None

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lift()

    def lift(self) -> None:
        """End the fault."""
        self.owner.lift(self)


class Faults:
    """The faults in force; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def throttle(self, action: str, rate: float = 5, burst: int = 5) -> Fault:
        """Answer ``Throttling`` to calls of an API beyond a rate per second, after a burst."""
        bucket = TokenBucket(rate, burst)

        def strike() -> None:
            if not bucket.take():
                raise AwsError("Throttling", "Rate exceeded")

        return self._add(Fault(self, action, strike))

    def latency(self, action: str, seconds: float) -> Fault:
        """Answer the calls of an API late."""
        return self._add(Fault(self, action, lambda: time.sleep(seconds)))

    def refuse(
        self, action: str, code: str, message: str, status: int = 400, times: int | None = None
    ) -> Fault:
        """Refuse the calls of an API with an error, always or a number of times."""

        def strike() -> None:
            raise AwsError(code, message, status, verbatim=True)

        return self._add(Fault(self, action, strike, times))

    def server_error(self, action: str, times: int = 1) -> Fault:
        """Fail calls of an API with an error of AWS's own, which SDKs try again."""
        text = "The request processing has failed because of an unknown error, exception or failure."
        return self.refuse(action, "InternalFailure", text, SERVER_ERROR_STATUS, times)

    def lifetime(
        self,
        seconds: float,
        db_user: str | None = None,
        times: int | None = None,
        announce: float | None = None,
    ) -> Fault:
        """
        Let issued database credentials live for another time than asked for.

        :param seconds: how long; 0 for credentials that are expired from the start.
        :param db_user: concern the credentials of this database user only, with or without prefix.
        :param times: concern so many credentials only.
        :param announce: what the API says instead, so that they expire before their time.
        """
        announced = seconds if announce is None else announce
        lifetime = Lifetime(seconds, announced)
        return self._add(Fault(self, "", times=times, lifetime=lifetime, db_user=db_user))

    def clear(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def lift(self, fault: Fault) -> None:
        """Lift one fault; nothing happens if it is used up."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def strike(self, action: str) -> None:
        """
        Let the faults of an API happen.

        :raises AwsError: where one of them refuses the call.
        """
        for fault in self._take(lambda each: each.lifetime is None and each.action == action):
            fault.strike()

    def lifetime_of(self, role: str, login: str, seconds: float) -> Lifetime:
        """Tell how long a credential that is issued now lives."""
        users = (None, role, login)
        for fault in self._take(lambda each: each.lifetime is not None and each.db_user in users, most=1):
            if fault.lifetime:
                return fault.lifetime
        return Lifetime(seconds, seconds)

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def _take(self, concerned: Callable[[Fault], bool], most: int | None = None) -> list[Fault]:
        with self._lock:
            taken = [fault for fault in self._faults if concerned(fault)][:most]
            for fault in taken:
                if fault.times is not None:
                    fault.times -= 1
            self._faults = [fault for fault in self._faults if fault.times is None or fault.times > 0]
            return taken


class TokenBucket:
    """
    A rate limit as AWS applies it.

    :param rate: how many tokens come back per second.
    :param burst: how many there are at most.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token, if there is one."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
