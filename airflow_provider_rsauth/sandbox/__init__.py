"""
A local Redshift that says no: real TLS, real PostgreSQL, credentials that are issued, checked and expire.

.. code-block:: python

    with Sandbox() as sandbox:
        os.environ.update(sandbox.environment())
        ...
"""

from __future__ import annotations

from airflow_provider_rsauth.sandbox.errors import SandboxError
from airflow_provider_rsauth.sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxError"]
