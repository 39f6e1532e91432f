"""What Airflow's ``DbApiHook`` has to know of Redshift and its driver, whoever signs in."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.hooks.sql import DbApiHook

if TYPE_CHECKING:
    from pandas import DataFrame

NULL = "\\N"
ROWS_AT_ONCE = 10_000


class RedshiftDbApiHook(DbApiHook):
    """Rows, files and frames through the Redshift driver. Subclasses say how to connect."""

    supports_autocommit = True
    # A constant: the base class would ask for the URI, and for an inspector, to find it out.
    dialect_name = "redshift"

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        r"""
        Write a table to a tab-delimited file, ``\\N`` for NULL.

        :param table: the table.
        :param tmp_file: path of the file.
        """
        with closing(self.get_conn()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"select * from {table}")  # noqa: S608 - the table is the caller's own SQL
            with Path(tmp_file).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, dialect=csv.excel_tab, lineterminator="\n")
                while rows := cursor.fetchmany(ROWS_AT_ONCE):
                    writer.writerows([NULL if cell is None else cell for cell in row] for row in rows)

    def bulk_load(self, table: str, tmp_file: str) -> None:
        r"""
        Insert the rows of a tab-delimited file, ``\\N`` for NULL, in one transaction.

        :param table: the table.
        :param tmp_file: path of the file.
        """
        with Path(tmp_file).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, dialect=csv.excel_tab)
            self.insert_rows(
                table, ([None if cell == NULL else cell for cell in row] for row in rows), commit_every=0
            )

    def _get_pandas_df(
        self,
        sql: Any,
        parameters: list[Any] | tuple[Any, ...] | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        with _accepting_dbapi_connections():
            return super()._get_pandas_df(sql, parameters, **kwargs)

    def _get_pandas_df_by_chunks(
        self,
        sql: Any,
        parameters: list[Any] | tuple[Any, ...] | Mapping[str, Any] | None = None,
        *,
        chunksize: int,
        **kwargs: Any,
    ) -> Generator[DataFrame, None, None]:
        from pandas import read_sql

        with closing(self.get_conn()) as connection:
            with _accepting_dbapi_connections():
                chunks = read_sql(sql, con=connection, params=parameters, chunksize=chunksize, **kwargs)
            yield from chunks

    def _make_common_data_structure(self, result: Any) -> Any:
        """Turn the driver's rows into tuples: it gives a list for one row, and a tuple of lists for many."""
        if isinstance(result, tuple) and all(isinstance(row, list) for row in result):
            return [tuple(row) for row in result]
        if isinstance(result, list) and not all(isinstance(item, Mapping | tuple) for item in result):
            return tuple(result)
        return result

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:  # noqa: ARG004
        """Leave the cell as it is: the driver knows the types."""
        return cell


class _accepting_dbapi_connections(warnings.catch_warnings):  # noqa: N801 - reads as a with statement
    """pandas warns of any connection that is not SQLAlchemy's; the driver's works."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy", category=UserWarning)
