"""The form of Airflow 3.2 and later: JSON schema in the provider's metadata."""

from __future__ import annotations

from typing import Any

from airflow_provider_rsauth.form.fields import FormField, Kind, extra_fields
from airflow_provider_rsauth.form.standard_fields import PLACEHOLDERS, relabeling

_TYPES = {
    Kind.TEXT: "string",
    Kind.SECRET: "string",
    Kind.CHOICE: "string",
    Kind.INTEGER: "integer",
    Kind.FLAG: "boolean",
    Kind.TEXTS: "array",
}


def conn_fields() -> dict[str, Any]:
    """Return ``conn-fields``: each field of the extra with label, help and schema; sections are in the schema."""
    return {field.name: _conn_field(field) for field in extra_fields()}


def ui_field_behaviour() -> dict[str, Any]:
    """Return ``ui-field-behaviour``: labels and placeholders of the connection's own fields."""
    return {"hidden-fields": [], "relabeling": relabeling(), "placeholders": PLACEHOLDERS}


def _conn_field(field: FormField) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": [_TYPES[field.kind], "null"], "section": field.section}
    if field.kind is Kind.SECRET:
        schema["format"] = "password"
    if field.kind is Kind.TEXTS:
        schema["items"] = {"type": "string"}
    if field.choices:
        schema["enum"] = [choice for choice, _ in field.choices]
        schema["values_display"] = dict(field.choices)
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    schema |= {name: value for name, value in bounds.items() if value is not None}
    return {"label": field.label, "description": field.help, "schema": schema}
