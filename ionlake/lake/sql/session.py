"""A DuckDB connection to one release that can do nothing but read it.

The release is attached read-only to a database in memory that belongs to this connection alone, so
that its locks concern no other connection of the process to the same file. Then DuckDB itself is
locked: no other file, no network, no extension, no file on disk for what does not fit into memory,
and no setting can be changed any more. Tables and macros that a statement makes live in that memory
and end with the connection.
"""

from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb

from ionlake.errors import LakeError, SettingsError
from ionlake.lake import release_cache, schema
from ionlake.lake.sql.grid_functions import register_grid_functions
from ionlake.lake.sql.grid_store import GridStore

MACRO_FILES: Final = (
    *("by_chemical_system", "by_elements", "by_stability"),
    *("points", "grid_stats", "sites_below"),
    *("pes_at", "free_volume"),
)
_RELEASE: Final = "lake"
_READ: Final = f"SET search_path = '{_RELEASE},memory'"
_WRITE: Final = f"SET search_path = 'memory,{_RELEASE}'"


@dataclass(frozen=True)
class Limits:
    """What statements may use.

    Attributes:
        memory: As DuckDB writes it, such as 2GB; by default four fifths of the machine's memory.
        threads: Number of threads, by default one for each core.
    """

    memory: str | None = None
    threads: int | None = None


NO_LIMITS: Final = Limits()


def open_session(path: Path, limits: Limits = NO_LIMITS) -> duckdb.DuckDBPyConnection:
    """Connect to a release and lock the connection; macros and functions come afterwards.

    Args:
        path: From `LakeLayout.release`; one in an object store is fetched once.
        limits: What statements may use.

    Raises:
        LakeError: The file is missing or damaged, or the store does not answer or refuses.
        SettingsError: A limit that DuckDB does not take.
    """
    file = release_cache.fetched(path)
    connection = duckdb.connect(":memory:")
    _limit(connection, limits)
    quoted = str(file).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS {_RELEASE} (READ_ONLY)")
        connection.execute(_READ)
    except duckdb.Error as error:
        raise LakeError(
            f"release {path} cannot be opened ({str(error).splitlines()[0]}): publish again or"
            " restore the file from a copy"
        ) from error
    return connection


def equip_session(connection: duckdb.DuckDBPyConnection, grids: GridStore) -> None:
    """Register macros and functions, then lock the connection.

    Args:
        connection: From `open_session`.
        grids: Grids of the release.
    """
    register_grid_functions(connection, grids)
    connection.execute(_WRITE)
    for statement in (*_tables_of_older_releases(connection), *macro_statements()):
        connection.execute(statement)
    connection.execute(_READ)
    with suppress(duckdb.Error):  # a notebook without widgets has no bar, nor may it be asked
        connection.execute("SET enable_progress_bar = false")  # it mixes with what is printed
    for setting in (
        "temp_directory = ''",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def session_cursor(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the same session, for one thread or one statement."""
    cursor = connection.cursor()
    cursor.execute(_READ)
    return cursor


def macro_statements() -> tuple[str, ...]:
    """The statements that make and describe the macros, as shipped in the catalog folder."""
    folder = files("ionlake.shipped") / "catalog" / "macros"
    return tuple((folder / f"{name}.sql").read_text(encoding="utf-8") for name in MACRO_FILES)


def _limit(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    try:
        if limits.memory is not None:
            quoted = limits.memory.replace("'", "''")
            connection.execute(f"SET memory_limit = '{quoted}'")
        if limits.threads is not None:
            connection.execute(f"SET threads = {int(limits.threads)}")
    except duckdb.Error as error:
        raise SettingsError(
            f"DuckDB does not take memory {limits.memory!r} and threads {limits.threads!r}"
            f" ({str(error).splitlines()[0]}): give an amount such as '2GB' and a positive number"
        ) from error


def _tables_of_older_releases(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Empty tables in place of those that macros ask and that an older ionlake did not make."""
    table = schema.GRID_CHUNKS
    there = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [_RELEASE, table.name],
    ).fetchall()
    if there:
        return []
    columns = ", ".join(f'"{column.name}" {column.dtype}' for column in table.columns)
    return [f'CREATE TABLE "{table.name}" ({columns})']
