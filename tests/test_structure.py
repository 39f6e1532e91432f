"""The tree keeps its shape: short files, short functions, typed returns, public names that exist."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

import airflow_provider_rsauth

PACKAGE = Path(airflow_provider_rsauth.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE, LONGEST_MODE, LONGEST_FUNCTION = 350, 90, 40


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_are_short_and_typed(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (LONGEST_MODE if path.parent.name == "modes" else LONGEST_FILE)
    for function in functions(path):
        assert body_lines(function) <= LONGEST_FUNCTION, function.name
        assert function.returns is not None, f"{function.name} does not say what it returns"


def test_the_budget(record_testsuite_property, capsys):
    """Prints the sizes, so that growth is seen."""
    files = [len(path.read_text(encoding="utf-8").splitlines()) for path in FILES]
    bodies = [body_lines(function) for path in FILES for function in functions(path)]
    with capsys.disabled():
        print(
            f"\nfiles {len(files)}: median {statistics.median(files):.0f}, longest {max(files)} lines; "
            f"functions {len(bodies)}: median {statistics.median(bodies):.0f}, longest {max(bodies)} lines"
        )
    assert statistics.median(bodies) <= 8
