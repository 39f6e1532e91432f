"""
Write the generated parts of the documents: what stands between ``<!-- name: … -->`` and ``<!-- /name -->``.

``python docs/generate.py [--check]``; with ``--check`` nothing is written, and the exit status tells whether all is
up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from airflow_provider_rsauth.form.reference import field_reference, mode_pages, mode_table

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "connection.md")
PARTS = {"mode_table": mode_table, "field_reference": field_reference, "mode_pages": mode_pages}


def generated(text: str) -> str:
    """
    Return a document with its generated parts made anew.

    :param text: the document.
    """
    for name, make in PARTS.items():
        block = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        text = block.sub(lambda match, make=make: f"{match[1]}{make()}{match[2]}", text)
    return text


def main(*words: str) -> int:
    """
    Write the documents, or check them.

    :param words: ``--check`` or nothing.
    """
    stale = 0
    for path in DOCUMENTS:
        before = path.read_text(encoding="utf-8")
        after = generated(before)
        stale += before != after
        print(f"{path.relative_to(ROOT)}: {'up to date' if before == after else 'stale'}")
        if "--check" not in words:
            path.write_text(after, encoding="utf-8")
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
