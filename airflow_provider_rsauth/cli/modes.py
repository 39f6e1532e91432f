"""``rsauth modes``: the auth modes."""

from __future__ import annotations

import argparse

from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES


def run(_: argparse.Namespace) -> int:
    """Print each auth mode with what it signs in as."""
    width = max(map(len, MODES))
    for name, mode in MODES.items():
        default = " (default)" if name == DEFAULT_MODE else ""
        print(f"{name:{width}}  {mode.title}: {mode.summary}{default}")
    return 0
