"""Labels and placeholders of the fields that every Airflow connection has."""

from __future__ import annotations

from airflow_provider_rsauth.auth.mode import EXAMPLE_CLUSTER
from airflow_provider_rsauth.auth.target import DEFAULT_PORT
from airflow_provider_rsauth.form.fields import all_fields

PLACEHOLDERS = {**EXAMPLE_CLUSTER, "port": str(DEFAULT_PORT), "login": "etl"}


def relabeling() -> dict[str, str]:
    """Return the labels; what login and password are depends on the auth mode."""
    labels = {field.standard: field.label for field in all_fields() if field.standard}
    return {**labels, "login": "Login (database user or person)", "password": "Password"}
