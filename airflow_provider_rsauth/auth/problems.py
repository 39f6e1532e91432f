"""Validation errors in the words of the connection's user, rebuilt without any secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.fields import Settings

_HARMLESS = re.compile(r"[\w .+-]{1,30}", re.ASCII)


def problems_of(error: ValidationError, group: type[Settings], values: Mapping[str, Any]) -> list[Problem]:
    """
    Rebuild what pydantic found.

    :param error: what it found.
    :param group: the settings that were validated.
    :param values: what was validated; a value is shown only if its field is no secret.
    """
    return [
        _problem(detail, group, values) for detail in error.errors(include_input=False, include_url=False)
    ]


def is_secret(group: type[Settings], name: str) -> bool:
    """
    Tell whether a field holds a secret.

    :param group: the settings that it belongs to.
    :param name: its key.
    """
    return SecretStr.__name__ in repr(group.model_fields[name].annotation)


def _problem(detail: ErrorDetails, group: type[Settings], values: Mapping[str, Any]) -> Problem:
    text = _text(detail, group)
    field = str(detail["loc"][0]) if detail["loc"] else ""
    if not field:
        field, _, text = text.partition(": ")
    if text.startswith("must") and (shown := _shown(group, field, values)):
        text = f"is {shown} but {text}"
    return Problem(field, text, group.ui(field).label)


def shown(value: object) -> str:
    """
    Return a value as a message may repeat it: empty if it is long or odd enough to hold a secret.

    :param value: what a user filled in.
    """
    return repr(value) if _HARMLESS.fullmatch(str(value)) else ""


def _shown(group: type[Settings], field: str, values: Mapping[str, Any]) -> str:
    takes_any_text = "str" in repr(group.model_fields[field].annotation) and not group.ui(field).shown
    if takes_any_text or is_secret(group, field) or not isinstance(values.get(field), str | int | float):
        return ""
    return shown(values[field])


def _text(detail: ErrorDetails, group: type[Settings]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "missing. Fill it in, or choose another way to sign in"
    if kind == "value_error":
        return str(context["error"])
    if kind in (
        "greater_than_equal",
        "less_than_equal",
        "int_parsing",
        "int_type",
        "int_from_float",
        "finite_number",
    ):
        return f"must be a whole number{_range(group, str(detail['loc'][0]))}"
    if kind.startswith("bool_"):
        return "must be true or false"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    if kind in ("string_type", "string_sub_type", "string_unicode"):
        return "must be a text"
    if kind in ("tuple_type", "list_type"):
        return "must be a list of texts, or a text with commas"
    if kind in ("too_short", "string_too_short"):
        return "is empty. Fill it in, or choose another way to sign in"
    return detail["msg"][0].lower() + detail["msg"][1:]


def _range(group: type[Settings], field: str) -> str:
    bounds = group.model_fields[field].metadata
    low = next((item.ge for item in bounds if hasattr(item, "ge")), None)
    high = next((item.le for item in bounds if hasattr(item, "le")), None)
    if low is None:
        return ""
    return f" from {low} to {high}" if high is not None else f", {low} or more"
