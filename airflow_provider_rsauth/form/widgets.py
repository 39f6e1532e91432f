"""The form of Airflow 2.11 to 3.1: the same fields as wtforms widgets."""

from __future__ import annotations

from typing import Any

from airflow_provider_rsauth.form.fields import FormField, Kind, extra_fields
from airflow_provider_rsauth.form.standard_fields import PLACEHOLDERS, relabeling


def widgets() -> dict[str, Any]:
    """Return each field of the extra as a wtforms field. These forms have no sections; the label names it."""
    return {field.name: _widget(field) for field in extra_fields()}


def ui_field_behaviour() -> dict[str, Any]:
    """Return labels and placeholders of the connection's own fields."""
    return {"hidden_fields": [], "relabeling": relabeling(), "placeholders": PLACEHOLDERS}


def described(field: FormField) -> str:
    """
    Return the help of a field; these forms have no drop-downs, so it tells what can be typed.

    :param field: the field.
    """
    choices = ", ".join(f"{choice} ({words})" for choice, words in field.choices)
    return f"{field.help} One of: {choices}." if choices else field.help


def _widget(field: FormField) -> Any:
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import BooleanField, IntegerField, PasswordField, StringField
    from wtforms.validators import NumberRange, Optional, any_of

    common = {
        "label": lazy_gettext(f"{field.section}: {field.label}"),
        "description": described(field),
    }
    match field.kind:
        case Kind.FLAG:
            return BooleanField(**common)
        case Kind.SECRET:
            return PasswordField(widget=BS3PasswordFieldWidget(), **common)
        case Kind.INTEGER:
            bounds = [Optional(), NumberRange(field.minimum, field.maximum)]
            return IntegerField(widget=BS3TextFieldWidget(), validators=bounds, **common)
        case Kind.CHOICE:
            choices = [Optional(), any_of([choice for choice, _ in field.choices])]
            return StringField(widget=BS3TextFieldWidget(), validators=choices, **common)
        case _:
            return StringField(widget=BS3TextFieldWidget(), **common)
