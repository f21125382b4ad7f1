"""What all parts of the ledger share: the file, transactions, the revision, reading rows."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.rows import Row, SqlValue
from ionlake.lake.schema import Table


class LedgerFile:
    """The ledger as a file with tables.

    Use as a context manager, from one thread. Rows are mappings with exactly the columns of
    `ionlake.lake.schema`, None where there is no value.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ledger for writing; tables and columns that are missing are made.

        The caller holds the lake's writer lock.

        Raises:
            LakeError: The file cannot be opened or is not a ledger.
        """
        connection = sql.open_database(path, read_only=False)
        ledger = cls(connection)
        with ledger._transaction():
            connection.execute("CREATE TABLE IF NOT EXISTS revision (value INTEGER NOT NULL)")
            if connection.execute("SELECT count(*) FROM revision").fetchone() == (0,):
                connection.execute("INSERT INTO revision VALUES (0)")
            for table in schema.LEDGER_TABLES:
                sql.ensure_table(connection, table)
        return ledger

    @classmethod
    def open_read_only(cls, path: Path) -> Self:
        """Open the ledger to look at it, also while a writer is at work.

        Raises:
            LakeError: There is no ledger, or it cannot be opened.
        """
        if not path.exists():
            raise LakeError(f"there is no ledger at {path}: nothing was written to this lake yet")
        return cls(sql.open_database(path, read_only=True))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Facts recorded within the block are committed at once, or none of them is.

        One commit for many results spares the disk one flush for each.

        Raises:
            LakeError: The ledger cannot be written.
        """
        with self._transaction():
            yield

    @property
    def revision(self) -> int:
        """Count of the changes that a release would show."""
        return int(self._connection.execute("SELECT value FROM revision").fetchone()[0])

    def has(self, table: Table) -> bool:
        """Whether the table is there; an older ionlake may have made none."""
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
        return bool(self._connection.execute(query, (table.name,)).fetchone()[0])

    def row(self, table: Table, *key: SqlValue) -> dict[str, Any] | None:
        """The row with this key, None where there is none."""
        return next(self.rows(table, **dict(zip(table.key, key, strict=True))), None)

    def rows(self, table: Table, **where: SqlValue) -> Iterator[dict[str, Any]]:
        """The rows of a table that have these values, in the order of its key."""
        return sql.select_rows(self._connection, table, where)

    def columns(self, table: Table, *names: str) -> Iterator[tuple[Any, ...]]:
        """Some columns of all rows of a table, as SQLite stores them.

        Raises:
            LakeError: The ledger of an older ionlake lacks the table or a column.
        """
        return sql.select_columns(self._connection, table, names)

    def values(self, table: Table) -> Iterator[Sequence[SqlValue]]:
        """All rows of a table as SQLite stores them, in the order of its key."""
        return sql.select_values(self._connection, table)

    def count(self, table: Table) -> int:
        """Number of rows of a table, none where an older ionlake made no such table."""
        try:
            return sql.count_rows(self._connection, table)
        except sqlite3.OperationalError:
            return 0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block all reads see one state of the ledger."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def take_rows(self, table: Table, rows: Iterable[Row]) -> int:
        """Take over rows of another ledger as they are, in place of those with the same keys.

        Args:
            table: The table.
            rows: Full rows.

        Returns:
            How many were not there like that before.
        """
        with self._transaction():
            changed = sum(sql.put_row(self._connection, table, row) for row in rows)
            if changed and table in schema.TABLES and table is not schema.RUNS:
                self._bump()
        return changed

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its own file, one line each."""
        try:
            found = self._connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.Error as error:
            return [str(error)]
        return [line for (line,) in found if line != "ok"]

    def copy_to(self, path: Path) -> None:
        """Copy the ledger as it is now into a new file, whole.

        Raises:
            LakeError: The copy cannot be written.
        """
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._connection.backup(copy)
        except sqlite3.Error as error:
            raise LakeError(
                f"the ledger cannot be copied to {path} ({error}): check space and permissions"
            ) from error

    def claims(self) -> list[str]:
        """Marks of the writers that this ledger has been with, the latest last."""
        try:
            found = self._connection.execute("SELECT mark FROM claims ORDER BY rowid").fetchall()
        except sqlite3.OperationalError:  # no such table: it was never beside an object store
            return []
        return [str(mark) for (mark,) in found]

    def add_claim(self, mark: str) -> None:
        """Note the mark of the writer that this ledger is with from now on."""
        with self._transaction():
            self._connection.execute("CREATE TABLE IF NOT EXISTS claims (mark TEXT NOT NULL)")
            self._connection.execute("INSERT INTO claims VALUES (?)", (mark,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._connection.in_transaction:  # a part of what is written `together`
            yield
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise LakeError(
                    f"the ledger cannot be written ({error}): check space and permissions; what was"
                    " committed before stands"
                ) from error
            raise

    def _bump(self) -> None:
        self._connection.execute("UPDATE revision SET value = value + 1")
