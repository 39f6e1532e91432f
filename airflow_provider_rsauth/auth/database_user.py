"""As whom to log in, and for how long."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.fields import DATABASE_USER, Flag, Settings, TextList, Ui
from airflow_provider_rsauth.auth.problems import shown
from airflow_provider_rsauth.auth.target import Target

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+.@-]{0,63}")
_ISSUED_PREFIX = re.compile(r"IAM[AR]?:", re.IGNORECASE)

NOT_ALWAYS_USED = ("db_user", "db_groups", "auto_create")
"""What only GetClusterCredentials takes; elsewhere AWS decides the user."""


def _user(value: str | None) -> str | None:
    if value is None:
        return None
    name = _ISSUED_PREFIX.sub("", value, count=1)
    if not _NAME.fullmatch(name):
        raise ValueError(
            "must begin with a letter and have up to 64 letters, digits or one of _ + . @ - (no colon, no slash), "
            "which is what GetClusterCredentials takes"
        )
    if name.lower() == "public":
        raise ValueError("PUBLIC is not a user")
    return name


def has_issued_prefix(name: str | None) -> bool:
    """
    Tell whether a name carries the prefix that Redshift's APIs put before the names they return.

    :param name: the name as the user wrote it.
    """
    return bool(name and _ISSUED_PREFIX.match(name))


class DatabaseUser(Settings):
    """
    The database user and its groups (GetClusterCredentials: DbUser, DbGroups, AutoCreate, DurationSeconds).

    AWS documents the ranges; botocore does not check them.
    """

    db_user: Annotated[
        str | None,
        AfterValidator(_user),
        Ui("Database user", "User to log in as (DbUser); the connection's login when empty.", DATABASE_USER),
    ] = None
    db_groups: Annotated[
        TextList,
        Ui(
            "Database groups",
            "Groups that the user joins for the session (DbGroups), small letters.",
            DATABASE_USER,
        ),
    ] = ()
    auto_create: Annotated[
        Flag | None,
        Ui(
            "Create user", "Create the user if it does not exist (AutoCreate); off when empty.", DATABASE_USER
        ),
    ] = None
    force_lowercase: Annotated[
        Flag | None,
        Ui("Lower-case groups", "Turn the names of the groups into small letters.", DATABASE_USER),
    ] = None
    as_iam_identity: Annotated[
        Flag | None,
        Ui(
            "As my IAM identity",
            "Log in as the user that belongs to the IAM role or user (GetClusterCredentialsWithIAM).",
            DATABASE_USER,
        ),
    ] = None
    duration_seconds: Annotated[
        int | None,
        Field(ge=900, le=3600),
        Ui("Duration", "Seconds that the password is valid, 900 to 3600; 900 when empty.", DATABASE_USER),
    ] = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups as they are asked for."""
        return tuple(group.lower() for group in self.db_groups) if self.force_lowercase else self.db_groups


def check(user: DatabaseUser, target: Target) -> tuple[list[Problem], list[str]]:
    """
    Check the database user against the target that it is for.

    :param user: the database user.
    :param target: the cluster or workgroup.
    :return: what is wrong, and what the user should know.
    """
    chosen = [name for name in NOT_ALWAYS_USED if getattr(user, name)]
    if target.is_serverless or user.as_iam_identity:
        why = "on a serverless workgroup" if target.is_serverless else "when logging in as the IAM identity"
        labels = ", ".join(DatabaseUser.ui(name).label for name in chosen)
        return [], ([f"{labels}: not used {why}; AWS decides the user."] if chosen else [])
    problems = []
    if not user.db_user:
        problems.append(
            Problem(
                "db_user",
                "missing. Fill in the login (or db_user) with the database user, or turn on as_iam_identity to log in "
                "as the user of your IAM role",
                DatabaseUser.ui("db_user").label,
            )
        )
    problems += [
        Problem("db_groups", problem, DatabaseUser.ui("db_groups").label)
        for problem in dict.fromkeys(map(_bad_group, user.groups))
        if problem
    ]
    return problems, []


def check_unused(
    user: DatabaseUser, login: str | None, mode: str, tolerated: bool, *, login_is_used: bool = True
) -> tuple[list[Problem], list[str]]:
    """
    Check the settings of a mode that knows its own user.

    :param user: the settings.
    :param login: the connection's login.
    :param mode: the mode's title.
    :param tolerated: whether another user is only worth a notice.
    :param login_is_used: whether the login is the mode's own user.
    :return: what is wrong, and what the user should know.
    """
    another = bool(user.db_user) and user.db_user != login
    text = f"not used by the auth mode {mode!r}, which logs in with its own user"
    if another and not tolerated:
        problem = f"{text}. Clear it, or choose an auth mode that asks Redshift for a credential"
        return [Problem("db_user", problem, DatabaseUser.ui("db_user").label)], []
    unused = [name for name in DatabaseUser.model_fields if getattr(user, name) and name != "db_user"]
    labels = [DatabaseUser.ui(name).label for name in (["db_user"] if another else []) + unused]
    if login and not login_is_used:
        labels.insert(0, "Login")
    return [], ([f"{', '.join(labels)}: {text}."] if labels else [])


def _bad_group(group: str) -> str:
    if group != group.lower():
        named, right = shown(group) or "a group", shown(group.lower()) or "it in small letters"
        return f"{named} has capital letters, which GetClusterCredentials refuses. Write {right}, or turn on force_lowercase"
    if not _NAME.fullmatch(group):
        return f"{shown(group) or 'a group'} must begin with a letter and have up to 64 small letters, digits or one of _ + . @ -"
    return ""
