"""What Airflow is told of this package. Loaded in every Airflow process, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

PACKAGE = "airflow_provider_rsauth"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata (Airflow's ``provider_info.schema.json``)."""
    return {
        "package-name": "airflow-provider-rsauth",
        "name": "Amazon Redshift (IAM)",
        "description": "Sign in to Amazon Redshift with fresh temporary credentials.",
        "connection-types": [
            {
                "connection-type": "redshift_iam",
                "hook-class-name": f"{PACKAGE}.hooks.redshift_iam.RedshiftIAMHook",
                "hook-name": "Amazon Redshift (IAM)",
            }
        ],
        "hooks": [
            {
                "integration-name": "Amazon Redshift (IAM)",
                "python-modules": [f"{PACKAGE}.hooks.redshift_iam"],
            }
        ],
    }
