"""Where sign-ins to IAM Identity Center are kept: the AWS CLI's files, or Variables of this Airflow."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from airflow_provider_rsauth.auth.errors import SignInRefused, Unavailable
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.identity_center.store import (
    LONGEST_WAIT,
    FileStore,
    SignInStore,
    too_long,
)

VARIABLE_PREFIX = "rsauth_identity_center_token_"
"""
Airflow hides the value of a Variable with "token" in its name from the UI and from logs. The REST API of Airflow 3 hides
it, too; that of Airflow 2 gives every Variable in clear to whoever may read Variables.
"""

_changing: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_changing.clear)


def sign_in_store(kind: str) -> SignInStore:
    """
    Return a store.

    :param kind: the setting ``sign_in_store``: ``file`` or ``variable``.
    """
    return VariableStore() if kind == "variable" else FileStore()


class VariableStore:
    """Airflow Variables, which all workers and the triggerer share and Airflow encrypts with its Fernet key."""

    place = "an Airflow Variable"

    def key_of(self, session: SsoSession) -> str:
        """
        Return the name under which a sign-in is kept: workers may have different files, and one name in them.

        :param session: what the sign-in signs in to.
        """
        return session.full_key

    def read(self, name: str) -> Mapping[str, Any] | None:
        """
        Return a record.

        :param name: its name.
        :raises Unavailable: Airflow does not answer.
        """
        try:
            record = json.loads(_get(f"{VARIABLE_PREFIX}{name}") or "")
        except ValueError:
            return None
        except Exception as error:  # noqa: BLE001, RUF100 - Airflow has no one error for it
            kind = type(error).__name__
        else:
            return record if isinstance(record, dict) else None
        raise Unavailable(
            f"The sign-in cannot be read from an Airflow Variable ({kind}).",
            remedy="Let the task try again, and let it read Variables; or keep sign-ins in files: sign_in_store = file.",
            code=kind,
        )

    def write(self, name: str, record: Mapping[str, Any]) -> None:
        """
        Keep a record.

        :param name: its name.
        :param record: what to keep.
        :raises SignInRefused: Airflow does not keep it.
        """
        try:
            _variable().set(
                f"{VARIABLE_PREFIX}{name}",
                json.dumps(record),
                description="A sign-in to IAM Identity Center; kept by airflow-provider-rsauth.",
            )
        except Exception as error:  # noqa: BLE001, RUF100 - Airflow has no one error for it
            kind = type(error).__name__
        else:
            return
        raise SignInRefused(
            f"The sign-in cannot be kept in an Airflow Variable ({kind}).",
            remedy="Let the task write Variables, or keep sign-ins in files: sign_in_store = file.",
            code=kind,
        )

    def remove(self, name: str) -> None:
        """
        Forget a record, if there is one.

        :param name: its name.
        """
        with suppress(Exception):  # one that stays runs out by itself
            if _get(f"{VARIABLE_PREFIX}{name}") is not None:
                _variable().delete(f"{VARIABLE_PREFIX}{name}")

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """
        Keep other threads of this process out; Airflow has no lock for more.

        :param name: the record's name.
        :raises Unavailable: another thread has been at it for too long.
        """
        lock = _changing[name]
        if not lock.acquire(timeout=LONGEST_WAIT):
            raise too_long()
        try:
            yield
        finally:
            lock.release()


def _get(key: str) -> str | None:
    """Read a Variable; the two kinds of class name the default differently."""
    variable = _variable()
    value = variable.get(key, None) if _runs_in_execution() else variable.get(key, default_var=None)
    return None if value is None else str(value)


def _variable() -> Any:
    """Return the class to use: tasks and triggers of Airflow 3 ask its API, all else its database."""
    if _runs_in_execution():
        from airflow.sdk import Variable

        return Variable
    from airflow.models.variable import Variable as StoredVariable

    return StoredVariable


def _runs_in_execution() -> bool:
    return hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS")
