"""Airflow knows the provider, its connection type and its connections."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import airflow
import jsonschema
import pytest

from airflow_provider_rsauth.provider_info import get_provider_info

AIRFLOW = Path(sys.executable).with_name("airflow")


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory) -> Path:
    """An Airflow home with a migrated database."""
    home = tmp_path_factory.mktemp("airflow")
    run_airflow(home, "db", "migrate")
    return home


def run_airflow(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AIRFLOW, *arguments],
        env={**os.environ, "AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore", **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_metadata_fits_airflows_schema():
    """One schema error of one provider breaks them all."""
    schema = json.loads((Path(airflow.__path__[0]) / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_everything_that_the_metadata_names_exists():
    info = get_provider_info()
    for connection_type in info["connection-types"]:
        module, _, name = connection_type["hook-class-name"].rpartition(".")
        hook = getattr(importlib.import_module(module), name)
        assert hook.conn_type == connection_type["connection-type"]
        assert hook.hook_name == connection_type["hook-name"]
    for part in ("hooks", "sensors", "triggers"):
        for modules in info[part]:
            for module in modules["python-modules"]:
                importlib.import_module(module)
    for link in info["extra-links"]:
        module, _, name = link.rpartition(".")
        assert getattr(importlib.import_module(module), name).name


def test_airflow_lists_the_provider_and_its_connection_type(airflow_home):
    assert "airflow-provider-rsauth" in run_airflow(airflow_home, "providers", "list", "-o", "plain").stdout
    assert "redshift_iam" in run_airflow(airflow_home, "providers", "hooks", "-o", "plain").stdout


def test_airflow_tests_a_connection(airflow_home, redshift):
    """``airflow connections test`` signs in with a new credential and shows what was found, or what is wrong."""
    good = run_airflow(
        airflow_home, "connections", "test", "redshift_iam_default", AIRFLOW__CORE__TEST_CONNECTION="Enabled"
    )
    assert "Connection success" in good.stdout, good
    assert redshift.logins[-1].user == "IAM:etl"
    bad = run_airflow(
        airflow_home,
        "connections",
        "test",
        "wh",
        AIRFLOW__CORE__TEST_CONNECTION="Enabled",
        AIRFLOW_CONN_WH='{"conn_type": "redshift_iam", "login": "etl"}',
    )
    assert "Connection failed" in bad.stdout
    assert "Host (host): missing" in bad.stdout + bad.stderr
