"""What Airflow is told of this package. Loaded in every Airflow process, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

PACKAGE = "airflow_provider_rsauth"
INTEGRATION = "Amazon Redshift (IAM)"


def get_provider_info() -> dict[str, Any]:
    """
    Return the provider's metadata (Airflow's ``provider_info.schema.json``).

    Airflow draws the connection form from it, since 3.2; older ones ask the hook class.
    """
    from airflow_provider_rsauth.form.conn_fields import conn_fields, ui_field_behaviour

    return {
        "package-name": "airflow-provider-rsauth",
        "name": INTEGRATION,
        "description": "Sign in to Amazon Redshift with fresh temporary credentials.",
        "connection-types": [
            {
                "connection-type": "redshift_iam",
                "hook-class-name": f"{PACKAGE}.hooks.redshift_iam.RedshiftIAMHook",
                "hook-name": INTEGRATION,
                "ui-field-behaviour": ui_field_behaviour(),
                "conn-fields": conn_fields(),
            }
        ],
        "hooks": [_modules("hooks.redshift_iam")],
        "sensors": [_modules("sensors.identity_center")],
        "triggers": [_modules("triggers.identity_center")],
        "extra-links": [f"{PACKAGE}.sensors.identity_center.IdentityCenterSignInLink"],
    }


def _modules(*names: str) -> dict[str, Any]:
    return {"integration-name": INTEGRATION, "python-modules": [f"{PACKAGE}.{name}" for name in names]}
