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
    schema.SCANS,
    schema.STRUCTURES,
    schema.CONDUCTIVITIES,
    schema.DIFFUSIVITIES,
    schema.MD_RUNS,
    schema.PATHWAYS,
)


def create(connection: duckdb.DuckDBPyConnection, ledger: Ledger, info: Mapping[str, Any]) -> None:
    """Make the tables, fill them through Arrow, and derive the views.

    Every table, view and column gets its comment.

    Args:
        connection: A new, empty release.
        ledger: The ledger, within a snapshot.
        info: The row of the table ``release``.
    """
    connection.begin()
    for statement in _table_statements():
        connection.execute(statement)
    for table in schema.TABLES:
        rows = iter(ledger.values(table))
        while batch := list(islice(rows, _BATCH)):
            _insert(connection, table, arrow_table(table, batch))
    row = encode_row(schema.RELEASE, info)
    _insert(connection, schema.RELEASE, arrow_table(schema.RELEASE, [row]))
    for view in views():
        connection.execute(view.sql)
    _inherit_comments(connection)
    connection.commit()


@cache
def schema_digest() -> str:
    """Hash of everything that shapes a release but its rows."""
    statements = [*_table_statements(), *(view.sql for view in views())]
    return sha256("\n".join(statements).encode()).hexdigest()[:32]


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Any) -> None:
    connection.register("incoming", rows)
    connection.execute(f'INSERT INTO "{table.name}" SELECT * FROM incoming')  # noqa: S608
    connection.unregister("incoming")


def _table_statements() -> Iterator[str]:
    for table in RELEASE_TABLES:
        columns = ", ".join(f'"{column.name}" {column.dtype}' for column in table.columns)
        yield f'CREATE TABLE "{table.name}" ({columns})'
        yield f'COMMENT ON TABLE "{table.name}" IS {_quoted(table.comment)}'
        for column in table.columns:
            yield _comment_column(table.name, column.name, column.comment)


def _inherit_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Describe the columns that views took over from tables as the tables do."""
    comments = {
        column.name: column.comment
        for table in reversed(_COMMENT_SOURCES)
        for column in table.columns
    }
    uncommented = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE comment IS NULL AND NOT internal"
    ).fetchall()
    for view, column in uncommented:
        connection.execute(_comment_column(view, column, comments[column]))


def _comment_column(owner: str, column: str, comment: str) -> str:
    return f'COMMENT ON COLUMN "{owner}"."{column}" IS {_quoted(comment)}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
