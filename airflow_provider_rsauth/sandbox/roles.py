"""Database users and groups, and who is in which group while which session lasts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from airflow_provider_rsauth.sandbox.database import Database

USER_EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolcanlogin"
GROUP_EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = %s AND NOT rolcanlogin"
STORED_PASSWORD = "SELECT rolpassword FROM pg_authid WHERE rolname = %s AND rolcanlogin"
IS_MEMBER = """
    SELECT 1 FROM pg_auth_members AS membership
    JOIN pg_roles AS grp ON grp.oid = membership.roleid
    JOIN pg_roles AS member ON member.oid = membership.member
    WHERE member.rolname = %s AND grp.rolname = %s
"""


READY_USERS, READY_GROUPS = ("etl", "analyst"), ("analysts", "loaders")
ADMIN = "dbadmin"


class Roles:
    """
    The users and groups of one PostgreSQL; safe to use from several threads.

    :param database: the PostgreSQL, started.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connect()
        self._connection.execute("SET password_encryption = 'md5'")  # what the gateways can check
        self._lock = threading.RLock()
        self._joined: Counter[tuple[str, str]] = Counter()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def create_ready_ones(self, admin_password: str) -> None:
        """Create the users and groups that a sandbox has from the start."""
        for user in READY_USERS:
            self.create_user(user)
        for group in READY_GROUPS:
            self.create_group(group)
        self.create_user(ADMIN, admin_password, superuser=True)

    def user_exists(self, name: str) -> bool:
        """Whether a database user of this very name exists."""
        return bool(self._rows(USER_EXISTS, name))

    def group_exists(self, name: str) -> bool:
        """Whether a group of this very name exists."""
        return bool(self._rows(GROUP_EXISTS, name))

    def stored_password(self, user: str) -> str:
        """Read PostgreSQL's hash of a user's password; empty for a user without one."""
        rows = self._rows(STORED_PASSWORD, user)
        return str(rows[0][0] or "") if rows else ""

    def create_user(self, name: str, password: str | None = None, *, superuser: bool = False) -> None:
        """Create a user, or give an existing one this password; with ``None`` it has no password."""
        with self._lock:
            if not self.user_exists(name):
                self._change("CREATE ROLE {} LOGIN", name)
            self._change(f"ALTER ROLE {{}} PASSWORD {{}}{' SUPERUSER' if superuser else ''}", name, password)

    def create_if_missing(self, name: str) -> None:
        """Create a user without a password unless there is one of this name."""
        with self._lock:
            if not self.user_exists(name):
                self.create_user(name)

    def create_group(self, name: str) -> None:
        """Create a group unless it exists."""
        with self._lock:
            if not self.group_exists(name):
                self._change("CREATE GROUP {}", name)

    def drop_user(self, name: str) -> None:
        """Drop a user if it exists, with all that it owns in the database ``dev``."""
        with self._lock:
            if self.user_exists(name):
                self._change("DROP OWNED BY {}", name)
                self._change("DROP ROLE {}", name)

    def join(self, user: str, groups: Iterable[str]) -> tuple[str, ...]:
        """
        Make a user a member of groups until :meth:`leave`.

        :returns: the groups to leave afterwards: those of which it was not a member anyway.
        """
        with self._lock:
            joined = tuple(group for group in dict.fromkeys(groups) if self._join(user, group))
            self._joined.update((user, group) for group in joined)
            return joined

    def leave(self, user: str, groups: Iterable[str]) -> None:
        """End what :meth:`join` began, unless another session of the user still needs it."""
        with self._lock:
            for group in groups:
                self._joined[user, group] -= 1
                if not self._joined[user, group]:
                    self._leave(user, group)

    def _join(self, user: str, group: str) -> bool:
        if self._joined[user, group]:
            return True
        if self._rows(IS_MEMBER, user, group):
            return False
        self._change("GRANT {} TO {}", group, user)
        return True

    def _leave(self, user: str, group: str) -> None:
        del self._joined[user, group]
        if self._rows(IS_MEMBER, user, group):  # neither may have been dropped meanwhile
            self._change("REVOKE {} FROM {}", group, user)

    def _rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.encode(), parameters).fetchall()

    def _change(self, statement: str, name: str, *values: str | None) -> None:
        from psycopg import sql

        is_password = "PASSWORD" in statement
        others = [sql.Literal(value) if is_password else sql.Identifier(value or "") for value in values]
        self._connection.execute(sql.SQL(statement).format(sql.Identifier(name), *others))
