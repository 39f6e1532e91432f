"""``rsauth modes``: the auth modes."""

from __future__ import annotations

import argparse

from airflow_provider_rsauth.auth.mode import AwsMode
from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES


def run(options: argparse.Namespace) -> int:
    """
    Print each auth mode with what it signs in as.

    :param options: ``markdown``, for a table.
    """
    print(markdown() if options.markdown else plain())
    return 0


def plain() -> str:
    """Return the auth modes, one a line."""
    width = max(map(len, MODES))
    return "\n".join(
        f"{name:{width}}  {mode.title}: {mode.summary}{' (default)' if name == DEFAULT_MODE else ''}"
        for name, mode in MODES.items()
    )


def markdown() -> str:
    """Return the auth modes as a Markdown table, with the fields of their own that each needs."""
    lines = ["| `auth_mode` | signs in as | fields of its own |", "| --- | --- | --- |"]
    for name, mode in MODES.items():
        own = [field for field in mode.model_fields if field not in AwsMode.model_fields]
        fields = ", ".join(
            f"`{field}`" + ("" if mode.model_fields[field].is_required() else " (optional)") for field in own
        )
        default = " (default)" if name == DEFAULT_MODE else ""
        lines.append(f"| `{name}`{default} | {mode.summary} | {fields} |")
    return "\n".join(lines)
