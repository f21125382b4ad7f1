"""The schema's tables inside SQLite: making them, writing rows, reading rows.

All SQL that is put together from names lives here; the names come from the schema alone, values
always travel as parameters.
"""

import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ionlake.errors import LakeError
from ionlake.lake.rows import Row, SqlValue, decode_row, encode_row
from ionlake.lake.schema import Table

_BUSY_SECONDS: Final = 30.0
_AFFINITY: Final = {"INTEGER": "INTEGER", "BIGINT": "INTEGER", "BOOLEAN": "INTEGER"}


def open_database(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a SQLite file in write-ahead mode; every commit reaches the disk.

    Args:
        path: The file; made where there is none, unless read-only.
        read_only: Refuse every write.

    Raises:
        LakeError: The file is missing, is not SQLite or cannot be opened.
    """
    mode = "mode=rwc"
    if read_only:
        # Beside a folder that cannot be written to there is no writer, nor a place for its files.
        mode = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?{mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        raise LakeError(
            f"the ledger {path} cannot be opened ({error}): check that the folder is a lake and"
            " that it can be read and written"
        ) from error
    return connection


def ensure_table(connection: sqlite3.Connection, table: Table) -> None:
    """Make a table, or add the columns that an older version of it lacks."""
    declared = [
        f'"{c.name}" {_AFFINITY.get(c.dtype, _text_or_real(c.dtype))}' for c in table.columns
    ]
    key = ", ".join(f'"{name}"' for name in table.key)
    connection.execute(
        f'CREATE TABLE IF NOT EXISTS "{table.name}" ({", ".join(declared)}, PRIMARY KEY ({key}))'
    )
    present = {row[1] for row in connection.execute(f'PRAGMA table_info("{table.name}")')}
    for column, declaration in zip(table.columns, declared, strict=True):
        if column.name not in present:
            connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN {declaration}')


def replace_row(connection: sqlite3.Connection, table: Table, row: Row) -> None:
    """Write a row, in place of the one with the same key if there is one."""
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    marks = ", ".join("?" * len(table.columns))
    connection.execute(
        f'INSERT OR REPLACE INTO "{table.name}" ({columns}) VALUES ({marks})',  # noqa: S608
        encode_row(table, row),
    )


def put_row(
    connection: sqlite3.Connection, table: Table, row: Row, *, ignoring: Collection[str] = ()
) -> bool:
    """Write a row unless it stands there already.

    Args:
        connection: The database.
        table: The table.
        row: A value for every column.
        ignoring: Columns whose difference alone does not count.

    Returns:
        Whether it was written.
    """
    key = {name: row[name] for name in table.key if name in row}
    new = dict(zip(table.column_names, encode_row(table, row), strict=True))
    for values in select_values(connection, table, key):
        old = dict(zip(table.column_names, values, strict=True))
        if all(old[name] == new[name] for name in new if name not in ignoring):
            return False
    replace_row(connection, table, row)
    return True


def delete_rows(connection: sqlite3.Connection, table: Table, where: Mapping[str, SqlValue]) -> int:
    """Delete the rows that have these values; returns how many there were."""
    condition, values = _condition(where)
    return connection.execute(
        f'DELETE FROM "{table.name}"{condition}',  # noqa: S608
        values,
    ).rowcount


def select_rows(
    connection: sqlite3.Connection, table: Table, where: Mapping[str, SqlValue] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows that have these values, in the order of the table's key."""
    for values in select_values(connection, table, where):
        yield decode_row(table, values)


def select_values(
    connection: sqlite3.Connection, table: Table, where: Mapping[str, SqlValue] | None = None
) -> sqlite3.Cursor:
    """As `select_rows`, but the values as SQLite stores them."""
    condition, values = _condition(where or {})
    order = ", ".join(f'"{name}"' for name in table.key)
    # Qualified, since SQLite takes a quoted name that is no column for a string.
    columns = ", ".join(f'"{table.name}"."{name}"' for name in table.column_names)
    query = f'SELECT {columns} FROM "{table.name}"{condition} ORDER BY {order}'  # noqa: S608
    return _read(connection, table, query, values)


def select_columns(
    connection: sqlite3.Connection, table: Table, columns: Sequence[str]
) -> sqlite3.Cursor:
    """Some columns of all rows, as SQLite stores them."""
    names = ", ".join(f'"{table.name}"."{name}"' for name in columns)
    return _read(connection, table, f'SELECT {names} FROM "{table.name}"')  # noqa: S608


def select_column(connection: sqlite3.Connection, table: Table, column: str) -> set[Any]:
    """All values of one column."""
    query = f'SELECT "{column}" FROM "{table.name}"'  # noqa: S608
    return {value for (value,) in connection.execute(query)}


def count_rows(connection: sqlite3.Connection, table: Table) -> int:
    """Number of rows."""
    query = f'SELECT count(*) FROM "{table.name}"'  # noqa: S608
    return int(connection.execute(query).fetchone()[0])


def _read(
    connection: sqlite3.Connection, table: Table, query: str, values: Sequence[SqlValue] = ()
) -> sqlite3.Cursor:
    try:
        return connection.execute(query, values)
    except sqlite3.Error as error:
        raise LakeError(
            f"table {table.name} of the ledger cannot be read ({error}): if an older ionlake wrote"
            " it, run ionlake migrate or a recipe on the lake once to bring it up to date"
        ) from error


def _text_or_real(dtype: str) -> str:
    return "REAL" if dtype == "DOUBLE" else "TEXT"


def _condition(where: Mapping[str, SqlValue]) -> tuple[str, Sequence[SqlValue]]:
    if not where:
        return "", ()
    return " WHERE " + " AND ".join(f'"{name}" IS ?' for name in where), tuple(where.values())
