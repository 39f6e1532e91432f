"""A person's sign-in to IAM Identity Center, for those who ask the person: command, sensor and trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem, RsAuthError, SignInNeeded
from airflow_provider_rsauth.auth.identity_center.device_sign_in import DeviceSignIn
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn
from airflow_provider_rsauth.auth.modes.identity_center import IdentityCenter
from airflow_provider_rsauth.auth.sign_in import open_session
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook


class IdentityCenterSignIn:
    """
    The sign-in that a connection needs. Nothing is kept in it: all that matters is in the sign-in store.

    :param redshift_conn_id: a connection in the mode ``identity_center``.
    """

    def __init__(self, redshift_conn_id: str) -> None:
        self._hook = RedshiftIAMHook(redshift_conn_id)

    @property
    def start_url(self) -> str:
        """
        The AWS access portal.

        :raises InvalidSettings: the connection has another mode, or something else is wrong with it.
        """
        return self._mode.start_url

    @property
    def place(self) -> str:
        """Where the sign-in is kept, in words."""
        return self._hook.context.sign_in_store(self._mode.sign_in_store).place

    def is_signed_in(self) -> bool:
        """
        Tell whether tasks can go on; asks AWS, and refreshes the sign-in where that is due.

        :raises RsAuthError: something stands in the way that no person's approval can change.
        """
        assert self._mode  # noqa: S101 - another mode is refused
        with self._telling_which():
            try:
                open_session(self._hook.declared_sign_in, self._hook.context)
            except SignInNeeded:
                return False
        return True

    def begin(self) -> PendingSignIn:
        """
        Return the sign-in that waits for a person; a new one where none does.

        :raises RsAuthError: it cannot be begun.
        """
        with self._telling_which():
            return self._person.begin()

    def check(self) -> PendingSignIn | bool:
        """
        Ask whether the person has approved, and keep the token if so.

        :return: the sign-in that still waits; true when it is approved; false where none waits, having run out or
            having been seen to by another process.
        :raises SignInDenied: the person said no.
        """
        with self._telling_which():
            return self._person.check()

    @cached_property
    def _person(self) -> DeviceSignIn:
        return self._mode.person(self._hook.context)

    @contextmanager
    def _telling_which(self) -> Iterator[None]:
        try:
            yield
        except RsAuthError as error:
            error.about(self._hook.declared_sign_in.subject)
            raise

    @property
    def _mode(self) -> IdentityCenter:
        mode = self._hook.declared_sign_in.mode
        if isinstance(mode, IdentityCenter):
            return mode
        text = (
            f"is {mode.name!r}, which needs no person. Only {IdentityCenter.name!r} signs in by device code"
        )
        raise InvalidSettings(self._hook.context.subject, [Problem("auth_mode", text, "Sign in with")])


def invitation(pending: PendingSignIn) -> str:
    """
    Return what a person is asked to do.

    :param pending: the sign-in that waits.
    """
    return (
        f"A person has to sign in: open {pending.url} in any browser and check that it shows the code "
        f"{pending.user_code} (or type it at {pending.plain_url}). It can be approved until "
        f"{pending.expires_at:%H:%M:%S %Z}."
    )
