"""The attributes by which AWS and Amazon Redshift know what an assertion grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

AWS = "https://aws.amazon.com/SAML/Attributes/"
REDSHIFT = "https://redshift.amazon.com/SAML/Attributes/"
ROLE, ROLE_SESSION_NAME, SESSION_DURATION = f"{AWS}Role", f"{AWS}RoleSessionName", f"{AWS}SessionDuration"


def flag(value: bool | None) -> str | None:
    """Write a yes or no; ``None`` for an attribute that is left out."""
    return None if value is None else str(value).lower()


def attributes(
    pairs: Iterable[str],
    session_name: str | None,
    session_duration: int | None,
    redshift: dict[str, str | None],
    db_groups: Sequence[str],
) -> dict[str, list[str]]:
    """
    Collect the attributes that have a value.

    :param pairs: the roles with their providers, as they are written.
    :param redshift: those of Amazon Redshift with one value, by their short names.
    :param db_groups: the database groups.
    """
    found = {ROLE: [*pairs]}
    single = {
        ROLE_SESSION_NAME: session_name,
        SESSION_DURATION: None if session_duration is None else str(session_duration),
        **{f"{REDSHIFT}{name}": value for name, value in redshift.items()},
    }
    found |= {name: [value] for name, value in single.items() if value is not None}
    if db_groups:
        found[f"{REDSHIFT}DbGroups"] = [*db_groups]
    return found
