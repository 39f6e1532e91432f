from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_rsauth.sandbox import Sandbox


@pytest.fixture(autouse=True)
def clean_record(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trust the sandbox's certificate, start with no calls counted, end with no fault in force and nobody signed in."""
    monkeypatch.setenv("SSL_CERT_FILE", str(sandbox.ca_file))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    sandbox.calls.clear()
    yield
    sandbox.faults.clear()
    sandbox.identity_center.reset()
    sandbox.idp.reset()
    sandbox.oidc.reset()
    sandbox.remove_custom_domains()
    sandbox.remove_authentication_profiles()
    sandbox.connection_limit = None
