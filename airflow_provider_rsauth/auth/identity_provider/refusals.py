"""What an identity provider has refused is not asked again: each wrong password counts towards locking the account."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from airflow_provider_rsauth.auth.errors import SignInRefused

REMEMBERED = 300
"""Seconds that a refusal counts outside of tasks, where somebody may have unlocked the account meanwhile."""

MOST = 256


class Refusals:
    """The refusals of this process, by who asked; a password that was corrected is somebody else."""

    def __init__(self) -> None:
        self.forget_all()

    def forget_all(self) -> None:
        """Forget all refusals."""
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[float, SignInRefused]] = OrderedDict()

    @contextmanager
    def told_once(self, key: Hashable, is_for_good: bool) -> Iterator[None]:
        """
        Ask an identity provider within the block, unless it has refused the same before.

        :param key: who asks for what.
        :param is_for_good: whether a refusal counts for as long as the process lives, as in a task.
        :raises SignInRefused: it has refused, now or before.
        """
        with self._lock:
            known = self._known.get(key)
        if known and (is_for_good or time.monotonic() - known[0] < REMEMBERED):
            error = known[1]
            raise type(error)(f"{error.message} (Not asked again.)", remedy=error.remedy, code=error.code)
        try:
            yield
        except SignInRefused as error:
            with self._lock:
                self._known[key] = (time.monotonic(), error)
                while len(self._known) > MOST:
                    self._known.popitem(last=False)
            raise


refusals = Refusals()
