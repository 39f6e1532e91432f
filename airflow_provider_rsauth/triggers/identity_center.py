"""Waits, in the triggerer, for a person to approve a sign-in to IAM Identity Center."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_rsauth.auth.errors import RsAuthError, SignInDenied
from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn
from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn

OVER, UNSEEN, DENIED, FAILED = "over", "unseen", "denied", "failed"
"""What a trigger tells: none waits any more; it never saw one wait; the person said no; something else went wrong."""


class IdentityCenterSignInTrigger(BaseTrigger):  # type: ignore[misc]
    """
    Fires when no sign-in waits for a person any more. The sign-in itself is in the store that the connection names.

    :param redshift_conn_id: the connection.
    :param poke_interval: seconds between two questions, 1 or more.
    """

    def __init__(self, redshift_conn_id: str, poke_interval: float) -> None:
        super().__init__()
        self.redshift_conn_id = redshift_conn_id
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes this trigger again, in any triggerer; there is no secret in it."""
        arguments = {"redshift_conn_id": self.redshift_conn_id, "poke_interval": self.poke_interval}
        return f"{__name__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask now and then. Reading the connection and asking AWS happen in a thread, off the event loop."""
        sign_in = IdentityCenterSignIn(self.redshift_conn_id)
        has_seen_it_wait = False
        while True:
            try:
                pending = await asyncio.to_thread(sign_in.check)
            except SignInDenied as denial:
                yield TriggerEvent({"status": DENIED, "message": str(denial)})
                return
            except RsAuthError as error:
                if not error.retryable:
                    yield TriggerEvent({"status": FAILED, "message": str(error)})
                    return
                self.log.warning("%s", error)
                wait = self.poke_interval
            except AirflowNotFoundException as error:
                yield TriggerEvent({"status": FAILED, "message": f"In the triggerer: {error}"})
                return
            else:
                if not isinstance(pending, PendingSignIn):
                    yield TriggerEvent({"status": OVER if pending or has_seen_it_wait else UNSEEN})
                    return
                has_seen_it_wait = True
                wait = max(self.poke_interval, pending.interval)
            await asyncio.sleep(wait)
