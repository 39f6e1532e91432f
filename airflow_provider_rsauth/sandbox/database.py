"""The database behind the gateways: a PostgreSQL of one's own, or one that exists already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.errors import SandboxError

if TYPE_CHECKING:
    import psycopg

    from airflow_provider_rsauth.sandbox.postgres import EmbeddedPostgres

DATABASE = "dev"

Address = tuple[str, int]
"""Host and port of PostgreSQL; a host that is a directory means the unix socket in it."""


class Database:
    """
    Admin access to PostgreSQL.

    :param directory: where a PostgreSQL of one's own keeps its files.
    :param dsn: a superuser's connection string of an existing server instead. It must trust the connections
        that the gateways open to it, since they know no password of its roles.
    """

    def __init__(self, directory: Path, dsn: str | None = None) -> None:
        self._directory = directory
        self._dsn = dsn
        self._own: EmbeddedPostgres | None = None

    def start(self) -> None:
        """
        Start PostgreSQL where there is none, and create the database ``dev``.

        :raises SandboxError: when it cannot be started or reached.
        """
        if self._dsn is None:
            from airflow_provider_rsauth.sandbox.postgres import EmbeddedPostgres

            self._own = EmbeddedPostgres(self._directory)
            self._own.start()
            self._dsn = self._own.dsn
        self._create_database()

    def stop(self) -> None:
        """Stop the PostgreSQL that was started; an existing one goes on."""
        if self._own is not None:
            self._own.stop()

    @property
    def address(self) -> Address:
        """Where the gateways reach PostgreSQL."""
        from psycopg.conninfo import conninfo_to_dict

        facts = conninfo_to_dict(self._dsn or "")
        return str(facts.get("host") or "localhost"), int(facts.get("port") or 5432)

    def connect(self, database: str = DATABASE) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection as the superuser, in autocommit mode."""
        import psycopg

        return psycopg.connect(self._dsn or "", dbname=database, autocommit=True)

    def execute(
        self, statement: Any, parameters: Sequence[Any] | None = None, database: str = DATABASE
    ) -> list[tuple[Any, ...]]:
        """
        Run a statement as the superuser.

        :param statement: the SQL, with ``%s`` for parameters.
        :param parameters: their values.
        :param database: where to run it.
        :returns: the rows; none for a statement without a result.
        """
        with self.connect(database) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def _create_database(self) -> None:
        import psycopg
        from psycopg import sql

        try:
            if not self.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE], "postgres"):
                self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)), None, "postgres")
            self.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        except psycopg.Error as error:
            raise SandboxError(f"the PostgreSQL behind the sandbox refuses: {error}") from error
