"""The broker caches, renews ahead, asks once for all, and forgets at a fork."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_rsauth.auth.broker import RENEWAL_PAUSE, CredentialBroker
from airflow_provider_rsauth.auth.credential import Credential, Freshness, freshness

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Issuer:
    """Issues numbered credentials, or raises what it is told to."""

    def __init__(self, clock: Clock, lifetime: float = 900) -> None:
        self.clock, self.lifetime, self.calls, self.failure = clock, lifetime, 0, None

    def __call__(self) -> Credential:
        self.calls += 1
        if self.failure:
            raise self.failure
        now = self.clock()
        return Credential(f"user{self.calls}", "secret", now, now + timedelta(seconds=self.lifetime))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker(clock) -> CredentialBroker[Credential]:
    return CredentialBroker(clock)


@pytest.fixture
def issuer(clock) -> Issuer:
    return Issuer(clock)


@pytest.mark.parametrize(
    ("lifetime", "left", "state"),
    [
        pytest.param(900, 900, Freshness.FRESH, id="just issued"),
        pytest.param(900, 181, Freshness.FRESH, id="a second before a fifth is left"),
        pytest.param(900, 180, Freshness.STALE, id="a fifth left"),
        pytest.param(900, 31, Freshness.STALE, id="a second before the margin"),
        pytest.param(900, 30, Freshness.EXPIRED, id="at the margin"),
        pytest.param(900, -1, Freshness.EXPIRED, id="past its expiry"),
        pytest.param(3600, 721, Freshness.FRESH, id="an hour's, a second before a fifth is left"),
        pytest.param(3600, 720, Freshness.STALE, id="an hour's, a fifth left"),
        pytest.param(100, 61, Freshness.FRESH, id="a short one, over a minute left"),
        pytest.param(100, 60, Freshness.STALE, id="a short one, a minute left"),
    ],
)
def test_freshness_follows_from_credential_and_time(lifetime, left, state):
    credential = Credential("u", "p", START, START + timedelta(seconds=lifetime))
    assert freshness(credential, START + timedelta(seconds=lifetime - left)) is state


def test_a_credential_that_does_not_expire_stays_fresh():
    assert freshness(Credential("u", "p", START), START + timedelta(days=9999)) is Freshness.FRESH


def test_a_password_is_not_in_the_repr():
    assert "hush" not in repr(Credential("u", "hush", START))


def test_a_fresh_credential_is_shared(broker, issuer):
    assert broker.credential("k", issuer) is broker.credential("k", issuer)
    assert issuer.calls == 1


def test_other_keys_get_other_credentials(broker, issuer):
    assert broker.credential("a", issuer) is not broker.credential("b", issuer)


def test_an_expired_credential_is_replaced(broker, issuer, clock):
    first = broker.credential("k", issuer)
    clock.advance(871)
    assert broker.credential("k", issuer) is not first


def test_a_stale_credential_is_renewed_by_one_while_others_go_on(broker, issuer, clock):
    """During the renewal a second caller gets the old credential at once."""
    old = broker.credential("k", issuer)
    clock.advance(800)
    seen = []

    def renewal() -> Credential:
        seen.append(broker.credential("k", issuer))
        return issuer()

    renewed = broker.credential("k", renewal)
    assert seen == [old]
    assert renewed is not old
    assert issuer.calls == 2


def test_a_failed_renewal_is_a_warning_and_a_pause(broker, issuer, clock, caplog):
    old = broker.credential("k", issuer)
    clock.advance(800)
    issuer.failure = RuntimeError("throttled")
    with caplog.at_level(logging.WARNING):
        assert broker.credential("k", issuer) is old
    assert "throttled" in caplog.text
    assert broker.credential("k", issuer) is old
    assert issuer.calls == 2
    clock.advance(RENEWAL_PAUSE.total_seconds())
    issuer.failure = None
    assert broker.credential("k", issuer) is not old


def test_a_failed_first_issue_is_raised_and_not_remembered(broker, issuer):
    issuer.failure = RuntimeError("denied")
    with pytest.raises(RuntimeError, match="denied"):
        broker.credential("k", issuer)
    issuer.failure = None
    assert broker.credential("k", issuer).user == "user2"


def test_a_hundred_threads_ask_once(broker, clock):
    gate = threading.Barrier(100)
    issuer = Issuer(clock)

    def slow() -> Credential:
        threading.Event().wait(0.2)
        return issuer()

    def ask(_):
        gate.wait()
        return broker.credential("k", slow)

    with ThreadPoolExecutor(100) as pool:
        credentials = set(map(id, pool.map(ask, range(100))))
    assert len(credentials) == 1
    assert issuer.calls == 1


def test_waiting_threads_share_a_failure(broker):
    gate = threading.Barrier(20)
    calls = []

    def fail() -> Credential:
        calls.append(1)
        threading.Event().wait(0.2)
        raise RuntimeError("denied")

    def ask(_):
        gate.wait()
        with pytest.raises(RuntimeError, match="denied"):
            broker.credential("k", fail)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(20)))
    assert len(calls) == 1


def test_an_interrupted_renewal_leaves_nobody_waiting(broker, issuer):
    """A task's timeout strikes the renewing thread; a thread that waits renews by itself."""
    started, waiting = threading.Event(), threading.Event()

    class Timeout(BaseException):
        pass

    def interrupted() -> Credential:
        started.set()
        waiting.wait(5)
        raise Timeout

    def first():
        with pytest.raises(Timeout):
            broker.credential("k", interrupted)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        started.wait(5)
        two = pool.submit(broker.credential, "k", issuer)
        threading.Event().wait(0.1)
        waiting.set()
        one.result(5)
        assert two.result(5).user == "user1"


def test_a_credential_that_lives_shorter_than_the_margin_is_still_handed_out(broker, clock):
    issuer = Issuer(clock, lifetime=3)
    assert broker.credential("k", issuer).user == "user1"
    assert broker.credential("k", issuer).user == "user2"


def test_discarding_drops_that_credential_only(broker, issuer):
    first = broker.credential("k", issuer)
    broker.discard("k", first)
    second = broker.credential("k", issuer)
    broker.discard("k", first)
    assert broker.credential("k", issuer) is second


def test_the_number_of_credentials_is_bounded(clock, issuer):
    broker = CredentialBroker(clock, most_entries=10)
    for key in range(1000):
        broker.credential(key, issuer)
    assert len(broker) == 10


def test_the_credential_unused_for_longest_goes_first(clock, issuer):
    broker = CredentialBroker(clock, most_entries=2)
    oldest, _ = broker.credential("oldest", issuer), broker.credential("unused", issuer)
    broker.credential("oldest", issuer)
    broker.credential("new", issuer)
    assert broker.credential("oldest", issuer) is oldest
    assert issuer.calls == 3
    broker.credential("unused", issuer)
    assert issuer.calls == 4


def test_a_refused_credential_does_not_come_back_after_a_failed_renewal(broker, issuer, clock):
    """One thread renews it ahead of its expiry while the server refuses it to another."""
    refused = broker.credential("k", issuer)
    clock.advance(800)

    def renewal() -> Credential:
        broker.discard("k", refused)
        raise RuntimeError("throttled")

    with pytest.raises(RuntimeError, match="throttled"):
        broker.credential("k", renewal)
    assert broker.credential("k", issuer) is not refused
    assert issuer.calls == 2


@pytest.mark.timeout(10)
def test_a_waiting_thread_does_not_get_a_refused_credential_either(broker, issuer, clock):
    refused = broker.credential("k", issuer)
    clock.advance(800)
    started, waiting = threading.Event(), threading.Event()

    def renewal() -> Credential:
        started.set()
        waiting.wait(5)
        raise RuntimeError("throttled")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(broker.credential, "k", renewal)
        started.wait(5)
        broker.discard("k", refused)
        two = pool.submit(broker.credential, "k", issuer)
        threading.Event().wait(0.1)
        waiting.set()
        for each in (one, two):
            with pytest.raises(RuntimeError, match="throttled"):
                each.result(5)


@pytest.mark.timeout(10)
def test_a_thread_does_not_wait_for_its_own_renewal(broker, issuer):
    """A signal handler signs in (as a task's clean-up does) while its thread is in the middle of it."""
    inner = []

    def interrupted() -> Credential:
        inner.append(broker.credential("k", issuer))
        return issuer()

    outer = broker.credential("k", interrupted)
    assert (inner[0].user, outer.user) == ("user1", "user2")
    assert broker.credential("k", issuer) is outer


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_starts_with_nothing_and_no_held_lock(broker, issuer):
    """The parent forks while another thread renews; the child neither hangs nor uses the parent's credential."""
    broker.credential("held", issuer)
    started, go_on = threading.Event(), threading.Event()

    def renewal() -> Credential:
        started.set()
        go_on.wait(10)
        return issuer()

    thread = threading.Thread(target=broker.credential, args=("renewing", renewal))
    thread.start()
    started.wait(5)
    child = os.fork()
    if child == 0:
        fine = (
            len(broker) == 0 and broker.credential("renewing", issuer) and broker.credential("held", issuer)
        )
        os._exit(0 if fine and len(broker) == 2 else 1)
    _, status = os.waitpid(child, 0)
    go_on.set()
    thread.join(5)
    assert os.waitstatus_to_exitcode(status) == 0
