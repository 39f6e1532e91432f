"""What the documentation says is true: tables are up to date, examples run, files exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.cli.main import main
from airflow_provider_rsauth.cli.modes import markdown, plain

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_auth_modes_is_up_to_date():
    table = re.search(r"<!-- modes: .*? -->\n(.*?)\n<!-- /modes -->", README, re.DOTALL)
    assert table
    assert table[1] == markdown()


def test_the_modes_are_listed(capsys):
    assert main(["modes"]) == 0
    assert capsys.readouterr().out == f"{plain()}\n"
    assert main(["modes", "--markdown"]) == 0
    assert capsys.readouterr().out == f"{markdown()}\n"


def test_the_connection_of_the_readme_is_valid():
    connection = json.loads(re.search(r"--conn-json '(.*?)'\n", README, re.DOTALL)[1])
    sign_in = parse(RawConnection("redshift_iam_default", **connection))
    assert sign_in.mode.name == "aws_connection"
    assert sign_in.target.identifier == "examplecluster"
    assert not sign_in.notices


def test_the_dag_of_the_readme_is_a_dag():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1].replace(
        "\nsales()", "\nsales_dag = sales()"
    )
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["sales_dag"].task_ids == ["load", "rows"]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / document).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_the_make_targets_of_the_documents_exist():
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = re.findall(
        r"`?make ([a-z0-9-]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    )
    assert named
    assert set(named) <= targets
