"""The sandbox for all tests, and a world without anybody's AWS credentials for each."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Airflow reads these when it is imported.
AIRFLOW_HOME = tempfile.TemporaryDirectory(prefix="rsauth-test-airflow-")
os.environ["AIRFLOW_HOME"] = AIRFLOW_HOME.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

from airflow_provider_rsauth.auth import auth_profile, sign_in
from airflow_provider_rsauth.auth.identity_provider.refusals import refusals
from airflow_provider_rsauth.auth.saml import role_session
from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.connections import connections, environment

Define = Callable[..., str]
Approve = Callable[[str], None]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Give the sandbox of this test run."""
    with Sandbox(clusters=("examplecluster", "othercluster")) as running:
        yield running


@pytest.fixture(autouse=True)
def clean_world(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Take the developer's AWS settings and home away, and what an earlier test left in the broker."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AIRFLOW_CONN_", "AIRFLOW_CTX_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    sign_in.broker.forget_all()
    role_session.broker.forget_all()
    refusals.forget_all()
    auth_profile.broker.forget_all()


@pytest.fixture
def redshift(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Give the sandbox with its connections defined in Airflow, no faults, and the calls counted from here."""
    for name, value in environment(sandbox).items():
        monkeypatch.setenv(name, value)
    sandbox.calls.clear()
    sandbox.faults.clear()
    yield sandbox
    sandbox.faults.clear()
    sandbox.identity_center.reset()
    sandbox.idp.reset()
    sandbox.oidc.reset()
    sandbox.remove_custom_domains()
    sandbox.remove_authentication_profiles()
    sandbox.connection_limit = None


@pytest.fixture
def define(redshift: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Define:
    """Define an Airflow connection: one of the sandbox's with changes, and return its id."""

    def define_connection(
        based_on: str = "redshift_iam_default", *, conn_id: str = "wh", **changes: Any
    ) -> str:
        connection = connections(redshift)[based_on]
        extra = {**connection["extra"], **changes.pop("extra", {})}
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({**connection, **changes, "extra": extra})
        )
        return conn_id

    return define_connection


@pytest.fixture
def approve(redshift: Sandbox) -> Approve:
    """Let a person sign in, where a connection needs one; nothing happens for others."""

    def person_signs_in(conn_id: str) -> None:
        from airflow_provider_rsauth.hooks.identity_center import IdentityCenterSignIn
        from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

        if RedshiftIAMHook(conn_id).sign_in.mode.name == "identity_center":
            sign_in = IdentityCenterSignIn(conn_id)
            redshift.identity_center.approve(sign_in.begin().user_code)
            assert sign_in.check() is True

    return person_signs_in
