"""What the documentation says is true: tables are up to date, examples run, files exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.cli.main import main
from airflow_provider_rsauth.cli.modes import plain
from airflow_provider_rsauth.form.fields import all_fields
from airflow_provider_rsauth.form.reference import mode_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_generated_parts_are_up_to_date():
    """``make docs`` writes them."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_modes_are_listed(capsys):
    assert main(["modes"]) == 0
    assert capsys.readouterr().out == f"{plain()}\n"
    assert main(["modes", "--markdown"]) == 0
    assert capsys.readouterr().out == f"{mode_table()}\n"


def test_the_connection_of_the_readme_is_valid():
    connection = json.loads(re.search(r"--conn-json '(.*?)'\n", README, re.DOTALL)[1])
    sign_in = parse(RawConnection("redshift_iam_default", **connection))
    assert sign_in.mode.name == "aws_connection"
    assert sign_in.target.identifier == "examplecluster"
    assert not sign_in.notices


def test_every_connection_of_the_documentation_is_valid():
    page = (ROOT / "docs" / "connection.md").read_text(encoding="utf-8")
    texts = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL) + re.findall(
        r"export AIRFLOW_CONN_\w+='(.*)'", page
    )
    assert len(texts) >= 2 * len(MODES)
    for text in texts:
        assert not parse(RawConnection("documented", **json.loads(text))).notices


def test_every_mode_and_every_field_is_documented():
    page = (ROOT / "docs" / "connection.md").read_text(encoding="utf-8")
    for mode in MODES.values():
        assert f"### {mode.title}" in page
    for field in all_fields():
        assert f"| `{field.standard or field.name}` |" in page


def test_the_dag_of_the_readme_is_a_dag():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1].replace(
        "\nsales()", "\nsales_dag = sales()"
    )
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["sales_dag"].task_ids == ["load", "rows"]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/connection.md"])
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / document).read_text(encoding="utf-8")):
        assert (ROOT / document).parent.joinpath(target).exists(), target


def test_the_make_targets_of_the_documents_exist():
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = re.findall(
        r"`?make ([a-z0-9-]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    )
    assert named
    assert set(named) <= targets
