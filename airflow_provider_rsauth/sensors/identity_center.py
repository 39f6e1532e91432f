"""Asks a person to sign in to IAM Identity Center, and waits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    BaseOperatorLink,
    BaseSensorOperator,
    XCom,
    conf,
)

from airflow_provider_rsauth.auth.errors import RsAuthError, SignInDenied
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn
from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn, invitation
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.triggers.identity_center import (
    DENIED,
    FAILED,
    UNSEEN,
    IdentityCenterSignInTrigger,
)

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.providers.common.compat.sdk import Context

POKE_INTERVAL = 15.0


class IdentityCenterSignInLink(BaseOperatorLink):  # type: ignore[misc]
    """Where the person approves; when nobody needs to, the AWS access portal."""

    name = "Identity Center sign-in"
    xcom_key = "identity_center_sign_in"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """
        Return the link.

        :param operator: the sensor.
        :param ti_key: its task instance.
        """
        return XCom.get_value(key=self.xcom_key, ti_key=ti_key) or ""


class IdentityCenterSignInSensor(BaseSensorOperator):  # type: ignore[misc]
    """
    Succeeds when a person is signed in for a connection; asks one if need be.

    URL and code are in the log, and behind the link "Identity Center sign-in" of the task. The sign-in that waits is
    kept in the connection's sign-in store, so that nobody is asked twice after a restart, a retry or a poke. A code
    that runs out is replaced; a denial fails the task at once, without retries.

    Deferrable, and in the modes ``poke`` and ``reschedule``.

    :param redshift_conn_id: a connection in the auth mode ``identity_center``.
    :param deferrable: whether to wait in the triggerer; as ``[operators] default_deferrable`` says when not given.
    :param poke_interval: seconds between two questions, 10 or more where the task is rescheduled.
    """

    template_fields: Sequence[str] = ("redshift_conn_id",)
    operator_extra_links = (IdentityCenterSignInLink(),)
    ui_color = "#d6e4f0"

    def __init__(
        self,
        *,
        redshift_conn_id: str = RedshiftIAMHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poke_interval: float | timedelta = POKE_INTERVAL,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.redshift_conn_id = redshift_conn_id
        self.deferrable = deferrable
        self._told_code: str | None = None

    def poke(self, context: Context) -> bool:
        """
        Tell whether a person is signed in; ask one if not, and wait for that in the triggerer where deferrable.

        It is deferred from here, and ``execute`` left to the base: Airflow 2.11 takes an ``execute`` that calls its base
        for an operator called by hand, and warns or fails. What passes, such as throttling, ends no wait of hours.

        :param context: the task's context.
        :raises AirflowFailException: the person said no.
        """
        try:
            return self._is_done(context)
        except RsAuthError as error:
            if not error.retryable:
                raise
            self.log.warning("%s", error)
            return False

    def _is_done(self, context: Context) -> bool:
        if not self.deferrable:
            return self._waiting_for(context) is None
        self._wait(context, deadline=time.time() + self.timeout)
        return True

    def execute_complete(
        self,
        context: Context,
        event: dict[str, str],
        deadline: float | None = None,
        user_code: str | None = None,
    ) -> None:
        """
        Go on after the wait in the triggerer.

        :param context: the task's context.
        :param event: what the trigger tells.
        :param deadline: when the sensor times out, in seconds since 1970; ``dag.test()`` does not pass it on.
        :param user_code: the code that was waited for; ``dag.test()`` does not pass it on.
        :raises AirflowFailException: the person said no, or the triggerer cannot see the sign-in.
        """
        if event["status"] == DENIED:
            raise AirflowFailException(event["message"])
        if event["status"] == FAILED:
            raise AirflowException(event["message"])
        unseen_code = user_code if event["status"] == UNSEEN else None
        deadline = deadline or time.time() + self.timeout
        try:
            self._wait(context, deadline, unseen_code)
        except RsAuthError as error:
            if not error.retryable:
                raise
            self.log.warning("%s", error)
            self._defer(deadline, user_code)

    def _wait(self, context: Context, deadline: float, unseen_code: str | None = None) -> None:
        code = self._waiting_for(context)
        if code is None:
            return
        if code == unseen_code:
            raise AirflowFailException(
                f"Connection {self.redshift_conn_id!r}: the triggerer does not see the sign-in that waits for a person "
                f"({code}), because it does not share ~/.aws/sso/cache with this worker.\n"
                "  What to do: Set sign_in_store to variable in the connection, or give the sensor deferrable=False."
            )
        self._defer(deadline, code)

    def _defer(self, deadline: float, code: str | None) -> None:
        self.defer(
            trigger=IdentityCenterSignInTrigger(self.redshift_conn_id, self.poke_interval),
            method_name="execute_complete",
            kwargs={"deadline": deadline, "user_code": code},
            timeout=timedelta(seconds=max(1.0, deadline - time.time())),
        )

    def _waiting_for(self, context: Context) -> str | None:
        """Return the code that waits for a person; ``None`` when somebody is signed in."""
        if self._is_signed_in(context):
            return None
        try:
            pending = self._sign_in.check()
        except SignInDenied as denial:
            raise AirflowFailException(str(denial)) from None
        if not isinstance(pending, PendingSignIn):
            if self._is_signed_in(context):
                return None
            pending = self._sign_in.begin()
        self._link_to(context, pending.url)
        if pending.user_code != self._told_code:
            self._told_code = pending.user_code
            self.log.info("Connection %r: %s", self.redshift_conn_id, invitation(pending))
        return pending.user_code

    def _is_signed_in(self, context: Context) -> bool:
        if not self._sign_in.is_signed_in():
            return False
        start_url = self._sign_in.start_url
        self._link_to(context, start_url)
        self.log.info("Connection %r: signed in to %s.", self.redshift_conn_id, start_url)
        return True

    @cached_property
    def _sign_in(self) -> IdentityCenterSignIn:
        return IdentityCenterSignIn(self.redshift_conn_id)

    def _link_to(self, context: Context, url: str) -> None:
        # Always: a link without its XCom is logged as an error.
        context["ti"].xcom_push(key=IdentityCenterSignInLink.xcom_key, value=url)
