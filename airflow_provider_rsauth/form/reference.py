"""The documentation of fields and auth modes, derived from the registry, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

from airflow_provider_rsauth.auth.mode import AuthMode, AwsMode
from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES
from airflow_provider_rsauth.auth.settings import CONN_TYPE
from airflow_provider_rsauth.form.fields import AUTH_MODE, FormField, Kind, all_fields
from airflow_provider_rsauth.form.standard_fields import relabeling


def mode_table() -> str:
    """Return the auth modes as a table, with the fields of their own that each needs."""
    rows = []
    for name, mode in MODES.items():
        own = [field for field in mode.model_fields if field not in AwsMode.model_fields]
        fields = ", ".join(
            f"`{field}`{'' if mode.model_fields[field].is_required() else ' (optional)'}" for field in own
        )
        default = " (default)" if name == DEFAULT_MODE else ""
        rows.append((f"`{name}`{default}", mode.summary, mode.fields_in_words or fields))
    return _table(("`auth_mode`", "signs in as", "fields of its own"), rows)


def field_reference() -> str:
    """Return every field of the connection, a table for each section of the form."""
    parts = []
    fields_in_order = sorted(all_fields(), key=lambda field: not field.standard)
    for section, fields in groupby(fields_in_order, key=lambda field: _place(field)[0]):
        rows = [(f"`{_key(field)}`", _place(field)[1], _holds(field), field.help) for field in fields]
        parts.append(f"#### {section}\n\n{_table(('field', 'label', 'holds', 'what it is for'), rows)}")
    return "\n\n".join(parts)


def mode_pages() -> str:
    """Return for each auth mode the least that a connection needs: in the form, as JSON, as environment variable."""
    return "\n\n".join(_mode_page(mode) for mode in MODES.values())


def _mode_page(mode: type[AuthMode]) -> str:
    example = mode.example()
    values = {**{name: value for name, value in example.items() if name != "extra"}, **example["extra"]}
    fields = {_key(field): field for field in all_fields()}
    rows = [
        (*_place(fields[name]), dict(fields[name].choices).get(value, f"`{value}`"))
        for name, value in values.items()
    ]
    connection = {"conn_type": CONN_TYPE, **example}
    return "\n\n".join(
        [
            f"### {mode.title}",
            f"`auth_mode` `{mode.name}`: {mode.summary}.",
            "In the form:",
            _table(("section", "field", "value"), rows),
            "As JSON, for `airflow connections add ID --conn-json '…'` or a secrets backend:",
            f"```json\n{json.dumps(connection, indent=2)}\n```",
            "As environment variable:",
            f"```bash\nexport AIRFLOW_CONN_REDSHIFT_IAM_DEFAULT='{json.dumps(connection)}'\n```",
        ]
    )


def _key(field: FormField) -> str:
    return field.standard or field.name


def _place(field: FormField) -> tuple[str, str]:
    """Return section and label under which the form shows a field."""
    return (
        ("Standard Fields", relabeling()[field.standard]) if field.standard else (field.section, field.label)
    )


def _holds(field: FormField) -> str:
    if field is AUTH_MODE:
        return "one of the auth modes"
    if field.choices:
        return " or ".join(f"`{choice}`" for choice, _ in field.choices)
    if field.kind is Kind.INTEGER:
        return (
            f"{field.minimum} to {field.maximum}" if field.maximum is not None else f"{field.minimum} or more"
        )
    return str(field.kind.value)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
