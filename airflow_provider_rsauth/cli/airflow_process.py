"""What a command does before it uses Airflow, so that it finds what Airflow's own commands find."""

from __future__ import annotations

import logging
import os

_TALKATIVE = "airflow.models.connection.Connection"
"""Warns, at every look, that the name of the connection type has an underscore; core's own types have them too."""


def prepare() -> None:
    """Let this process read connections and Variables of Airflow's database. Call it before Airflow is imported."""
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    os.environ.setdefault("AIRFLOW__LOGGING__NAMESPACE_LEVELS", f"{_TALKATIVE}=ERROR")
    logging.getLogger(_TALKATIVE).setLevel(logging.ERROR)
