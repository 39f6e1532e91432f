"""The form of each Airflow line has every field, masks every secret, and what it stores is read back the same."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path

import airflow
import jsonschema
import pytest
from airflow.providers.common.compat.sdk import redact

from airflow_provider_rsauth.auth.fields import SIGN_IN
from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES
from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.auth.target import DEFAULT_DATABASE, DEFAULT_PORT
from airflow_provider_rsauth.form.conn_fields import conn_fields, ui_field_behaviour
from airflow_provider_rsauth.form.fields import Kind, all_fields, extra_fields
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

CANARY = "cAnAry-0123456789"
NOT_SECRET_BUT_HIDDEN = (
    "access_key_id",
    "secret_id",
    "secret_version",
    "token_file",
    "token_type",
    "web_identity_token_file",
)
"""Airflow takes them for secrets by their names, which are those of AWS and of the drivers."""
TARGET = {
    "host": "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com",
    "schema": "dev",
    "login": "etl",
}


@pytest.fixture(params=extra_fields(), ids=lambda field: field.name)
def field(request):
    return request.param


def test_every_field_of_every_mode_is_in_the_form():
    shown = {field.name for field in all_fields()}
    for mode in MODES.values():
        assert shown >= set(mode.model_fields)
    assert set(conn_fields()) == {field.name for field in extra_fields()}


def test_the_first_sections_say_who_where_and_as_whom():
    sections = list(dict.fromkeys(entry["schema"]["section"] for entry in conn_fields().values()))
    assert sections[:3] == [SIGN_IN, "Cluster or workgroup", "Database user"]
    assert sections[-1] == "TLS and driver"
    assert next(iter(conn_fields())) == "auth_mode"


def test_fields_fit_what_airflow_takes(field):
    """Beside label, description and schema nothing is allowed; "or null" is said in the type."""
    entry = conn_fields()[field.name]
    assert set(entry) == {"label", "description", "schema"}
    assert entry["schema"]["type"][1] == "null"
    jsonschema.Draft202012Validator.check_schema(entry["schema"])


def airflow_schema(name: str) -> dict:
    return json.loads((Path(airflow.__path__[0]) / name).read_text(encoding="utf-8"))


def test_the_form_fits_airflows_schemas():
    """Airflow 3.2 and later describe fields and behaviour in one schema, all have one for the older behaviour."""
    described = airflow_schema("provider.yaml.schema.json")["properties"]["connection-types"]["items"][
        "properties"
    ]
    if "conn-fields" in described:
        jsonschema.validate(conn_fields(), described["conn-fields"])
        jsonschema.validate(ui_field_behaviour(), described["ui-field-behaviour"])
    behaviour = RedshiftIAMHook.get_ui_field_behaviour()
    jsonschema.validate(behaviour, airflow_schema("customized_form_field_behaviours.schema.json"))


def test_no_field_has_a_default():
    """A default would be stored with every connection for ever, and beat a URL pasted into the host."""
    assert not [name for name, entry in conn_fields().items() if "default" in entry["schema"]]


def test_help_names_the_modes_that_use_a_field(field):
    users = [mode.title for mode in MODES.values() if field.name in mode.model_fields]
    if users and len(users) < len(MODES):
        assert field.help.endswith(f"Used by: {', '.join(users)}.")


def test_every_secret_has_a_name_that_airflow_hides(field):
    """Secrecy in Airflow's UI and API follows the name, on both lines."""
    shown = redact({field.name: CANARY})[field.name]
    if field.kind is Kind.SECRET:
        assert shown == "***"
        assert conn_fields()[field.name]["schema"]["format"] == "password"
    elif field.name not in NOT_SECRET_BUT_HIDDEN:
        assert shown == CANARY


if find_spec("flask_appbuilder"):  # Airflow 3.2 and later has no such form

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_the_older_form_has_the_same_fields():
        """Airflow 2.11 to 3.1 draw wtforms fields; only four classes of them are allowed."""
        from flask import Flask
        from wtforms import BooleanField, Form, IntegerField, PasswordField, StringField

        classes = {
            Kind.TEXT: StringField,
            Kind.TEXTS: StringField,
            Kind.CHOICE: StringField,
            Kind.SECRET: PasswordField,
            Kind.INTEGER: IntegerField,
            Kind.FLAG: BooleanField,
        }
        with Flask("form").app_context():
            form = type("ConnectionForm", (Form,), RedshiftIAMHook.get_connection_form_widgets())()
            for field in extra_fields():
                widget = form[field.name]
                assert type(widget) is classes[field.kind]
                assert "__" not in field.name
                assert widget.description.startswith(field.help)
                assert all(choice in widget.description for choice, _ in field.choices)
        assert RedshiftIAMHook.get_ui_field_behaviour()["relabeling"] == ui_field_behaviour()["relabeling"]


def test_airflow_takes_the_provider_without_a_warning():
    from airflow.providers_manager import ProvidersManager

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hooks = ProvidersManager().hooks
        assert hooks["redshift_iam"].hook_name == "Amazon Redshift (IAM)"
    assert not [warning for warning in caught if "rsauth" in str(warning.message)]


def stored_by_airflow_3(values: dict) -> dict:
    """Every declared field is written, touched or not."""
    return {**dict.fromkeys(conn_fields()), **values}


def stored_by_airflow_2(values: dict) -> dict:
    """Switches are always written, empty numbers as null, empty texts not at all, lists as a text."""
    kinds = {field.name: field.kind for field in extra_fields()}
    empty = {
        name: {Kind.FLAG: False, Kind.INTEGER: None}[kind]
        for name, kind in kinds.items()
        if kind in (Kind.FLAG, Kind.INTEGER)
    }
    given = {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return {**empty, **given}


@pytest.mark.parametrize("stored", [stored_by_airflow_3, stored_by_airflow_2])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"db_groups": ["loaders", "analysts"], "duration_seconds": 1200, "auto_create": True},
        {"auth_mode": "access_key", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": CANARY},
        {
            "auth_mode": "profile",
            "profile": "p",
            "role_arn": "arn:aws:iam::123456789012:role/R",
            "external_id": "ab",
        },
        {"sslmode": "verify-ca", "connect_timeout": 5, "as_iam_identity": True},
    ],
    ids=lambda values: ",".join(values) or "nothing touched",
)
def test_what_a_form_stores_is_the_same_sign_in(stored, values):
    plain = parse(RawConnection("wh", **TARGET, extra={"auth_mode": "aws_connection", **values}))
    read = parse(RawConnection("wh", **TARGET, extra=json.dumps(stored(values))))
    assert (read.mode, read.target, read.database_user.groups) == (
        plain.mode,
        plain.target,
        plain.database_user.groups,
    )
    for group in ("database_user", "driver"):
        before, after = getattr(plain, group).model_dump(), getattr(read, group).model_dump()
        assert {k: v or None for k, v in before.items()} == {k: v or None for k, v in after.items()}
    assert read.notices == plain.notices


def test_numbers_and_flags_are_read_from_texts():
    extra = {
        "duration_seconds": "900",
        "auto_create": "true",
        "is_serverless": "false",
        "connect_timeout": "7",
    }
    read = parse(RawConnection("wh", **TARGET, extra=extra))
    assert (
        read.database_user.duration_seconds,
        read.database_user.auto_create,
        read.driver.connect_timeout,
    ) == (900, True, 7)


def test_a_leftover_of_another_mode_is_a_notice():
    read = parse(
        RawConnection(
            "wh", **TARGET, extra={"auth_mode": "profile", "profile": "p", "secret_access_key": CANARY}
        )
    )
    assert read.notices == ("secret_access_key is not used: it belongs to the auth mode AWS access key.",)


def test_what_a_user_leaves_alone_keeps_its_meaning():
    """An untouched field is stored as null, so a default that changes would change connections that work."""
    assert (DEFAULT_MODE, DEFAULT_PORT, DEFAULT_DATABASE) == ("aws_connection", 5439, "dev")
    untouched = parse(RawConnection("wh", **TARGET, extra=dict.fromkeys(conn_fields())))
    assert untouched.mode.model_dump(exclude_defaults=True) == {}
    assert untouched.driver.model_dump(exclude_none=True) == {
        "sslmode": "verify-full",
        "tcp_keepalive_idle": 60,
        "tcp_keepalive_interval": 15,
        "tcp_keepalive_count": 8,
        "credential_cache": "process",
        "numeric_to_float": False,
    }
    assert (untouched.driver.timeout(False), untouched.driver.timeout(True)) == (30, 60)
    assert untouched.database_user.model_dump(exclude_none=True) == {"db_user": "etl", "db_groups": ()}
