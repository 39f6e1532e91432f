"""Where sign-ins are kept: in files that the AWS CLI and the SDKs share, or where Airflow lends a place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from airflow_provider_rsauth.auth.errors import SignInRefused


class SignInStore(Protocol):
    """Keeps records by name."""

    @property
    def place(self) -> str:
        """Where it is, in words that finish "there is no token in …"."""

    def read(self, name: str) -> Mapping[str, Any] | None:
        """
        Return a record; ``None`` where there is none, or none that can be read.

        :param name: its name.
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
        """


class FileStore:
    """The AWS CLI's token cache, ``~/.aws/sso/cache``: a file a record, readable only by its owner."""

    place = "~/.aws/sso/cache of this machine"

    def read(self, name: str) -> Mapping[str, Any] | None:
        """
        Return a record.

        :param name: its name.
        """
        from botocore.utils import JSONFileCache

        try:
            record = JSONFileCache(str(_directory()))[name]
        except KeyError:
            return None
        return record if isinstance(record, dict) else None

    def write(self, name: str, record: Mapping[str, Any]) -> None:
        """
        Keep a record; the file is replaced as a whole.

        :param name: its name.
        :param record: what to keep.
        :raises SignInRefused: the directory cannot be written to.
        """
        from botocore.utils import JSONFileCache

        directory = _directory()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            JSONFileCache(str(directory))[name] = dict(record)
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
        """
        import fcntl

        try:
            _directory().mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(_directory() / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield  # a read-only home: nothing can be changed there anyway
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


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
