"""What an assertion says of the database user, and when it counts."""

from __future__ import annotations

from typing import Any

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
    said: dict[str, Any] = {
        "db_user": _first(assertion, f"{_REDSHIFT}DbUser") or _first(assertion, _SESSION_NAME),
        "db_groups": tuple(group.lower() for group in assertion.values(f"{_REDSHIFT}DbGroups")),
        "auto_create": _flag(assertion, "AutoCreate"),
        "force_lowercase": _flag(assertion, "ForceLowercase"),
    }
    own = {name: getattr(declared, name) for name in DatabaseUser.model_fields}
    own = {name: value for name, value in own.items() if value not in (None, ())}
    if _flag(assertion, "AllowDbUserOverride") and said["db_user"]:
        own.pop("db_user", None)
    said = {name: value for name, value in said.items() if value not in (None, ())}
    return DatabaseUser.model_validate({**said, **own})


def _first(assertion: Assertion, name: str) -> str | None:
    return next(iter(assertion.values(name)), None)


def _flag(assertion: Assertion, name: str) -> bool | None:
    text = _first(assertion, f"{_REDSHIFT}{name}")
    return None if text is None else text.strip().lower() in TRUE_WORDS
