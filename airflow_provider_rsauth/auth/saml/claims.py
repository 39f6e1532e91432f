"""What an assertion says of the database user, and when it counts."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from airflow_provider_rsauth.auth.aliases import TRUE_WORDS
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.saml.assertion import Assertion

_REDSHIFT = "https://redshift.amazon.com/SAML/Attributes/"
_SESSION_NAME = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"


def claimed_user(declared: DatabaseUser, assertion: Assertion) -> DatabaseUser:
    """
    Put together what the connection and the assertion say of the database user.

    The connection wins; for the user itself the assertion does, if it says AllowDbUserOverride. Without DbUser the
    assertion's RoleSessionName is the user ("Configure SAML assertions for your IdP", Redshift Management Guide).

    :param declared: what the connection says.
    :param assertion: the assertion.
    :raises pydantic.ValidationError: what the assertion says cannot be a database user.
    """
    named = _first(assertion, f"{_REDSHIFT}DbUser")
    groups = (
        group.strip().lower()
        for value in assertion.values(f"{_REDSHIFT}DbGroups")
        for group in value.split(",")
    )
    said: dict[str, Any] = {
        "db_user": named or _usable(_first(assertion, _SESSION_NAME)),
        "db_groups": tuple(filter(None, groups)),
        "auto_create": _flag(assertion, "AutoCreate"),
        "force_lowercase": _flag(assertion, "ForceLowercase"),
    }
    # A switch that is off says nothing: Airflow before 3.2 stores each that nobody touched as off.
    own = {name: value for name in DatabaseUser.model_fields if (value := getattr(declared, name))}
    if _flag(assertion, "AllowDbUserOverride") and said["db_user"]:
        own.pop("db_user", None)
    said = {name: value for name, value in said.items() if value not in (None, ())}
    return DatabaseUser.model_validate({**said, **own})


def _usable(name: str | None) -> str | None:
    """Return the name of a role session if it can be a database user, too."""
    try:
        return DatabaseUser.model_validate({"db_user": name}).db_user
    except ValidationError:
        return None


def _first(assertion: Assertion, name: str) -> str | None:
    return next(iter(assertion.values(name)), None)


def _flag(assertion: Assertion, name: str) -> bool | None:
    text = _first(assertion, f"{_REDSHIFT}{name}")
    return None if text is None else text.strip().lower() in TRUE_WORDS
