"""Where sign-ins are kept: in files that the AWS CLI and the SDKs share, or where Airflow lends a place."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from airflow_provider_rsauth.auth.errors import SignInRefused, Unavailable
from airflow_provider_rsauth.auth.identity_center.session import SsoSession

LONGEST_WAIT = 60
"""Seconds to wait for another process that changes the same record: as long as a call of it may take, about."""

_HALF_WRITTEN = (0.05, 0.2, 0.5)
"""Pauses before a file is read again that another tool may be writing just now."""


class SignInStore(Protocol):
    """Keeps records by name."""

    @property
    def place(self) -> str:
        """Where it is, in words that finish "there is no token in …"."""

    def key_of(self, session: SsoSession) -> str:
        """
        Return the name under which a sign-in is kept.

        :param session: what it signs in to.
        """

    def read(self, name: str) -> Mapping[str, Any] | None:
        """
        Return a record; ``None`` where there is none, or none that can be understood.

        :param name: its name.
        :raises RsAuthError: the store cannot be read.
        """

    def write(self, name: str, record: Mapping[str, Any]) -> None:
        """
        Keep a record, whole or not at all.

        :param name: its name.
        :param record: what to keep.
        :raises SignInRefused: it cannot be kept.
        """

    def remove(self, name: str) -> None:
        """
        Forget a record, if there is one.

        :param name: its name.
        """

    def alone(self, name: str) -> AbstractContextManager[None]:
        """
        Keep others who share the store from changing a record meanwhile, as far as the store can.

        :param name: its name.
        :raises Unavailable: somebody else has been at it for too long.
        """


class FileStore:
    """The AWS CLI's token cache, ``~/.aws/sso/cache``: a file a record, readable only by its owner."""

    place = "~/.aws/sso/cache of this machine"

    def key_of(self, session: SsoSession) -> str:
        """
        Return the name that the AWS CLI uses.

        :param session: what the sign-in signs in to.
        """
        return session.cache_key

    def read(self, name: str) -> Mapping[str, Any] | None:
        """
        Return a record.

        :param name: its name.
        :raises SignInRefused: this user may not read it.
        """
        path = _directory() / f"{name}.json"
        for pause in (*_HALF_WRITTEN, 0):
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
            except PermissionError:
                raise _not_readable(path) from None
            except OSError:
                return None
            except ValueError:
                time.sleep(pause)
            else:
                return record if isinstance(record, dict) else None
        return None

    def write(self, name: str, record: Mapping[str, Any]) -> None:
        """
        Keep a record; the file is replaced as a whole.

        :param name: its name.
        :param record: what to keep.
        :raises SignInRefused: the directory cannot be written to.
        """
        directory = _directory()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=directory, suffix=".tmp")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(dict(record)))
            Path(temporary).replace(directory / f"{name}.json")
        except OSError as error:
            raise SignInRefused(
                f"The sign-in cannot be kept in {directory} ({type(error).__name__}).",
                remedy="Make the directory writable for the user that runs Airflow, or keep sign-ins in an Airflow "
                "Variable: sign_in_store = variable.",
                code=type(error).__name__,
            ) from None

    def remove(self, name: str) -> None:
        """
        Forget a record.

        :param name: its name.
        """
        with suppress(OSError):
            (_directory() / f"{name}.json").unlink(missing_ok=True)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """
        Keep other threads and processes of this machine out; not the AWS CLI, which knows no lock.

        :param name: the record's name.
        :raises Unavailable: somebody else has been at it for too long.
        """
        import fcntl

        try:
            _directory().mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(_directory() / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield  # a read-only home: nothing can be changed there anyway
            return
        try:
            _take(lock)
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)  # a forked child may hold the file open for longer
            os.close(lock)


def _take(lock: int) -> None:
    """Take a lock, but neither for ever, nor where the file system has none, as NFS may."""
    import fcntl

    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise too_long() from None
            time.sleep(0.05)
        except OSError:
            return
        else:
            return


def too_long() -> Unavailable:
    """Return the error for a record that somebody else is changing all the time."""
    return Unavailable(
        f"Another process has been busy with the same sign-in to IAM Identity Center for {LONGEST_WAIT} s.",
        remedy="Let the task try again; see whether IAM Identity Center can be reached from this machine.",
        code="Busy",
    )


def _not_readable(path: Path) -> SignInRefused:
    return SignInRefused(
        f"The sign-in in {path} cannot be read by the user that runs this (uid {os.getuid()}).",
        remedy="Run `rsauth sign-in` as the user that runs the tasks, not as another one or with sudo; remove the file "
        "that the other one made.",
        code="PermissionError",
    )


def _directory() -> Path:
    try:
        return Path.home() / ".aws" / "sso" / "cache"
    except RuntimeError:
        raise SignInRefused(
            "This process has no home directory, so there is no ~/.aws/sso/cache to keep sign-ins in.",
            remedy="Set HOME for the user that runs Airflow, or keep sign-ins in an Airflow Variable: "
            "sign_in_store = variable.",
            code="NoHome",
        ) from None


def file_store(kind: str) -> SignInStore:
    """
    Return the store that needs no Airflow.

    :param kind: which one is wanted; only ``file`` is had here.
    """
    if kind != "file":
        raise SignInRefused(
            "Sign-ins of this connection are kept in an Airflow Variable, and this is not Airflow.",
            remedy="Use RedshiftIAMHook, or set sign_in_store to file.",
            code="NoVariables",
        )
    return FileStore()
