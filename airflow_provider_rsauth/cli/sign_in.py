"""``rsauth sign-in``: a person signs in to IAM Identity Center, in any browser, for the tasks of a connection."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_rsauth.cli import airflow_process

if TYPE_CHECKING:
    from airflow_provider_rsauth.auth.identity_center.records import PendingSignIn
    from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn

INTERRUPTED = 130
MOST_CODES = 6
"""A code can be approved for about ten minutes: the command gives up after an hour in which nobody is there."""


def run(options: argparse.Namespace) -> int:
    """
    Print where to approve, wait for it, and keep the token; 0 only if the connection's role can be used then.

    :param options: ``conn_id``, and ``anew``.
    """
    airflow_process.prepare()
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    from airflow_provider_rsauth.auth.errors import RsAuthError
    from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn

    sign_in = IdentityCenterSignIn(options.conn_id)
    try:
        _sign_in(sign_in, anew=options.anew)
    except (RsAuthError, AirflowNotFoundException) as error:
        print(f"\n✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again to go on with the same code while it is valid.", file=sys.stderr)
        return INTERRUPTED
    return 0


def _sign_in(sign_in: IdentityCenterSignIn, anew: bool) -> None:
    if not anew and sign_in.is_signed_in():
        print(f"✓ Signed in to {sign_in.start_url} already. (Another person? Add --anew.)")
        return
    for _ in range(MOST_CODES):
        pending = sign_in.begin()
        _invite(sign_in.start_url, pending)
        is_approved = _wait(sign_in, pending)
        if (is_approved or not anew) and sign_in.is_signed_in():
            print(f"\n✓ Signed in to {sign_in.start_url}. The sign-in is kept in {sign_in.place}.")
            return
        print("\nThe code ran out before anybody approved it.\n")
    raise SystemExit(f"✗ Nobody approved any of {MOST_CODES} codes.")


def _invite(start_url: str, pending: PendingSignIn) -> None:
    print(f"Sign in to {start_url}: open this in a browser, on any machine, and check the code.\n")
    print(
        f"    {pending.url}\n    code {pending.user_code}   (or type it at {pending.plain_url})\n", flush=True
    )


def _wait(sign_in: IdentityCenterSignIn, pending: PendingSignIn) -> bool:
    """Wait for the approval. The progress line is drawn in place; in a file or pipe it stands once."""
    still: PendingSignIn | bool = pending
    in_place = sys.stdout.isatty()
    if not in_place:
        print(f"… waiting for approval, until {pending.expires_at:%H:%M:%S %Z}", flush=True)
    while not isinstance(still, bool):
        if in_place:
            left = max(0, int((still.expires_at - datetime.now(UTC)).total_seconds()))
            print(f"\r… waiting for approval, {left // 60}:{left % 60:02} left ", end="", flush=True)
        time.sleep(still.interval)
        still = _check(sign_in, still)
    return still


def _check(sign_in: IdentityCenterSignIn, pending: PendingSignIn) -> PendingSignIn | bool:
    """Ask whether it is approved; what passes, such as a network that is away for a moment, does not end the wait."""
    from airflow_provider_rsauth.auth.errors import RsAuthError

    try:
        return sign_in.check()
    except RsAuthError as error:
        if not error.retryable:
            raise
        print(f"\n{error.message}", file=sys.stderr)
        return pending
