"""Tables, views and comments inside a release."""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import duckdb

from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.lake.rows import arrow_table, encode_row
from ionlake.lake.schema import Table
from ionlake.lake.views import views

RELEASE_TABLES: Final = (*schema.TABLES, schema.RELEASE)
_BATCH: Final = 2000

# Where several tables have a column of one name, views mean the first of these.
_COMMENT_SOURCES: Final = (
    schema.DESCRIPTOR_VALUES,
    schema.MATERIALS,
    schema.STRUCTURES,
    schema.SCANS,
)


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make all tables and views, empty, every table, view and column with its comment."""
    for statement in _statements():
        connection.execute(statement)
    inherited = _inherited_comments()
    for view, column in _uncommented(connection):
        connection.execute(_comment_column(view, column, inherited[column]))


def fill(connection: duckdb.DuckDBPyConnection, ledger: Ledger, info: Mapping[str, Any]) -> None:
    """Copy the ledger's rows into the tables, through Arrow.

    Args:
        connection: A release in the making, its tables empty.
        ledger: The ledger, within a snapshot.
        info: The row of the table ``release``.
    """
    for table in schema.TABLES:
        rows = iter(ledger.values(table))
        while batch := list(islice(rows, _BATCH)):
            _insert(connection, table, arrow_table(table, batch))
    _insert(connection, schema.RELEASE, arrow_table(schema.RELEASE, [_info_row(info)]))


@cache
def schema_digest() -> str:
    """Hash of everything that shapes a release but its rows."""
    return sha256("\n".join(_statements()).encode()).hexdigest()[:32]


def _info_row(info: Mapping[str, Any]) -> list[Any]:
    return encode_row(schema.RELEASE, info)


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Any) -> None:
    connection.register("incoming", rows)
    connection.execute(f'INSERT INTO "{table.name}" SELECT * FROM incoming')  # noqa: S608
    connection.unregister("incoming")


def _statements() -> Iterator[str]:
    for table in RELEASE_TABLES:
        columns = ", ".join(f'"{column.name}" {column.dtype}' for column in table.columns)
        yield f'CREATE TABLE "{table.name}" ({columns})'
        yield f'COMMENT ON TABLE "{table.name}" IS {_quoted(table.comment)}'
        for column in table.columns:
            yield _comment_column(table.name, column.name, column.comment)
    for view in views():
        yield view.sql


def _inherited_comments() -> dict[str, str]:
    return {
        column.name: column.comment
        for table in reversed(_COMMENT_SOURCES)
        for column in table.columns
    }


def _uncommented(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE comment IS NULL AND NOT internal"
    ).fetchall()


def _comment_column(owner: str, column: str, comment: str) -> str:
    return f'COMMENT ON COLUMN "{owner}"."{column}" IS {_quoted(comment)}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
