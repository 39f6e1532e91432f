"""The auth core knows no Airflow, and nothing loads an SDK before a connection is made."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import airflow_provider_rsauth

PACKAGE = Path(airflow_provider_rsauth.__file__).parent
LAYERS = ("auth", "form", "hooks", "operators", "sensors", "triggers", "cli", "sandbox")
MAY_IMPORT = {
    "auth": {"auth"},
    "form": {"auth", "form"},
    "hooks": {"auth", "form", "hooks"},  # Airflow before 3.2 asks the hook class for the form
    "operators": {"auth", "hooks", "operators", "triggers"},
    "sensors": {"auth", "hooks", "sensors", "triggers"},
    "triggers": {"auth", "hooks", "triggers"},
    "sandbox": {"auth", "sandbox"},
    "cli": set(LAYERS),
}


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "airflow_provider_rsauth.auth.sign_in",
        "airflow_provider_rsauth.provider_info",
        "airflow_provider_rsauth.sandbox",
    ],
)
def test_the_core_loads_neither_airflow_nor_an_sdk(module):
    assert not {"airflow", "boto3", "botocore", "redshift_connector"} & modules_after(f"import {module}")


def test_the_hook_loads_no_sdk():
    loaded = modules_after("import airflow_provider_rsauth.hooks.redshift_iam")
    assert "airflow" in loaded
    assert not {"boto3", "botocore", "redshift_connector", "pandas", "polars"} & loaded


def imported_by(path: Path) -> set[str]:
    prefix = f"{PACKAGE.name}."
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(prefix):
            found.add(node.module.removeprefix(prefix).split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix(prefix).split(".")[0]
                for alias in node.names
                if alias.name.startswith(prefix)
            }
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_layers_import_only_what_lies_below_them(path):
    layer = path.relative_to(PACKAGE).parts[0]
    if layer in MAY_IMPORT:
        assert imported_by(path) <= MAY_IMPORT[layer]
