"""``rsauth modes``: the auth modes."""

from __future__ import annotations

import argparse

from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES
from airflow_provider_rsauth.form.reference import mode_table


def run(options: argparse.Namespace) -> int:
    """
    Print each auth mode with what it signs in as.

    :param options: ``markdown``, for a table.
    """
    print(mode_table() if options.markdown else plain())
    return 0


def plain() -> str:
    """Return the auth modes, one a line."""
    width = max(map(len, MODES))
    return "\n".join(
        f"{name:{width}}  {mode.title}: {mode.summary}{' (default)' if name == DEFAULT_MODE else ''}"
        for name, mode in MODES.items()
    )
