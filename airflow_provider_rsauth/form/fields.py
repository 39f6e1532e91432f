"""Every field of the connection form, in its order, with all that form and documentation say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.driver import DriverSettings
from airflow_provider_rsauth.auth.fields import DRIVER, SIGN_IN, Settings
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES
from airflow_provider_rsauth.auth.target import TargetSettings


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    INTEGER = "integer"
    FLAG = "true or false"
    TEXTS = "list of texts"
    CHOICE = "one of"


@dataclass(frozen=True, slots=True)
class FormField:
    """
    A field of the connection form.

    :param name: its key in the connection's extra, or the connection's own attribute.
    :param label: its label.
    :param help: what it is for, and which auth modes use it.
    :param section: the section it stands in.
    :param kind: what it holds.
    :param standard: the attribute of the connection that holds it; empty for the extra.
    :param minimum: the smallest number allowed.
    :param maximum: the largest number allowed.
    :param choices: what can be chosen, with the words for it.
    """

    name: str
    label: str
    help: str
    section: str
    kind: Kind
    standard: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, str], ...] = ()


AUTH_MODE = FormField(
    name="auth_mode",
    label="Sign in with",
    help="Who signs in to AWS or Redshift: the Airflow AWS connection when empty. Each way has its fields in a "
    "section of that name.",
    section=SIGN_IN,
    kind=Kind.CHOICE,
    choices=tuple((name, mode.title) for name, mode in MODES.items()),
)


@cache
def all_fields() -> tuple[FormField, ...]:
    """
    Return every field once, in the form's order: who and where first, then each mode's own, the driver's last.

    :raises ValueError: two modes describe a field of one name differently.
    """
    fields = {AUTH_MODE.name: AUTH_MODE}
    groups: tuple[type[Settings], ...] = (TargetSettings, DatabaseUser, *MODES.values(), DriverSettings)
    for group in groups:
        for field in _fields_of(group):
            if fields.setdefault(field.name, field) != field:
                raise ValueError(f"{field.name} is described in two ways")
    sections = sorted(dict.fromkeys(field.section for field in fields.values()), key=DRIVER.__eq__)
    return tuple(sorted(fields.values(), key=lambda field: sections.index(field.section)))


def extra_fields() -> list[FormField]:
    """Return the fields that are kept in the connection's extra."""
    return [field for field in all_fields() if not field.standard]


def _fields_of(group: type[Settings]) -> Iterator[FormField]:
    properties = group.model_json_schema()["properties"]
    for name in group.model_fields:
        ui, schema = group.ui(name), _flat(properties[name])
        yield FormField(
            name=name,
            label=ui.label,
            help=ui.help + _used_by(name),
            section=ui.section,
            kind=_kind(schema, secret=is_secret(group, name)),
            standard=ui.standard,
            minimum=schema.get("minimum"),
            maximum=schema.get("maximum"),
            choices=tuple(zip(schema.get("enum", ()), ui.words, strict=True)),
        )


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a field holds when it is filled in: pydantic writes "or null" as ``anyOf``."""
    return next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema)


def _kind(schema: dict[str, Any], *, secret: bool) -> Kind:
    if secret:
        return Kind.SECRET
    if "enum" in schema:
        return Kind.CHOICE
    kinds = {"integer": Kind.INTEGER, "boolean": Kind.FLAG, "array": Kind.TEXTS, "string": Kind.TEXT}
    return kinds[schema["type"]]


def _used_by(name: str) -> str:
    if name == "login":
        return ""
    users = [mode.title for mode in MODES.values() if name in mode.model_fields]
    if not users or len(users) == len(MODES):
        return ""
    return f" Used by: {', '.join(users)}."
