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


def imported_from(source: str, module: str) -> set[str]:
    """Return the full names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            found |= {".".join([*base, alias.name]) for alias in node.names}
    return found


def imported_by(path: Path) -> set[str]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return imported_from(path.read_text(), ".".join([PACKAGE.name, *parts]))


def layers_in(names: set[str]) -> set[str]:
    own = (name.split(".") for name in names if name.startswith(f"{PACKAGE.name}."))
    return {parts[1] for parts in own if parts[1] in LAYERS}


@pytest.mark.parametrize(
    "statement",
    [
        "import airflow_provider_rsauth.hooks",
        "import airflow_provider_rsauth.hooks.driver as d",
        "from airflow_provider_rsauth import hooks",
        "from airflow_provider_rsauth.hooks import driver",
        "from airflow_provider_rsauth.hooks.driver import connect",
        "from ... import hooks",
        "from ...hooks import driver",
        "from ...hooks.driver import connect",
        "def f():\n    from ... import hooks as h",
    ],
)
def test_an_import_is_found_however_it_is_written(statement):
    assert layers_in(imported_from(statement, "airflow_provider_rsauth.auth.modes.password")) == {"hooks"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "auth").rglob("*.py")), ids=lambda path: path.stem)
def test_the_core_imports_airflow_nowhere(path):
    """Not in a function either."""
    assert "airflow" not in {name.split(".")[0] for name in imported_by(path)}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_layers_import_only_what_lies_below_them(path):
    layer = path.relative_to(PACKAGE).parts[0]
    if layer in MAY_IMPORT:
        assert layers_in(imported_by(path)) <= MAY_IMPORT[layer]
