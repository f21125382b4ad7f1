"""From one lake format to the next, each step spelled out as it was when the format changed.

A step never leans on today's schema: it must do the same in ten years. Everything in it may be
repeated, so that a migration that was cut off is simply run again.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from ionlake.errors import LakeError
from ionlake.lake import files
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.digests import digest_file, folder_sha256, write_digest
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.ledger import Ledger
from ionlake.lake.lock import writer_lock
from ionlake.lake.marker import FORMAT_VERSION, read_format, write_format
from ionlake.lake.progress import Progress, followed


@dataclass(frozen=True)
class Migration:
    """One step.

    Attributes:
        start: The format it starts from; it leads to the next.
        summary: What changes, in one line.
        columns: Columns that tables of the ledger gain, as (table, column, SQLite type).
        fill: Fills in what the new format knows and the old one did not.
    """

    start: int
    summary: str
    columns: tuple[tuple[str, str, str], ...]
    fill: Callable[[LakeLayout, sqlite3.Connection, Progress], None]


def steps_from(version: int) -> tuple[Migration, ...]:
    """The steps from a format to the current one, in order; none if it is the current one.

    Raises:
        LakeError: There is no way from this format.
    """
    steps = tuple(step for step in MIGRATIONS if step.start >= version)
    if [step.start for step in steps] != list(range(version, FORMAT_VERSION)):
        raise LakeError(
            f"the lake has format {version}; this ionlake migrates formats"
            f" {MIGRATIONS[0].start} to {FORMAT_VERSION - 1}: restore lake.json from a copy"
        )
    return steps


def migrate_lake(layout: LakeLayout, progress: Progress) -> tuple[Migration, ...]:
    """Bring a lake to the current format; nothing is computed again, nothing is removed.

    Args:
        layout: Paths of the lake.
        progress: Who follows the work.

    Returns:
        The steps that were taken, none for a lake of the current format.

    Raises:
        LakeError: Another writer is at work, the ledger cannot be written, or there is no way
            from the lake's format.
    """
    with writer_lock(layout):
        steps = steps_from(read_format(layout))
        for step in steps:
            if layout.ledger.exists():
                _take(step, layout, progress)
            write_format(layout, step.start + 1)
        if steps and layout.ledger.exists():
            Ledger.open(layout.ledger).close()
    return steps


def _take(step: Migration, layout: LakeLayout, progress: Progress) -> None:
    with closing(sql.open_database(layout.ledger, read_only=False)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for table, column, dtype in step.columns:
                _add_column(connection, table, column, dtype)
            step.fill(layout, connection, progress)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise LakeError(
                f"the ledger {layout.ledger} cannot be migrated ({error}): it is as it was; check"
                " space and permissions"
            ) from error


def _add_column(connection: sqlite3.Connection, table: str, column: str, dtype: str) -> None:
    present = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    if present and column not in present:
        connection.execute(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {dtype}')


def _note_digests(layout: LakeLayout, connection: sqlite3.Connection, progress: Progress) -> None:
    """Take the digests of grids and releases as they are now; what is lost stays without one."""
    select = "SELECT scan_id, grid_path FROM scans WHERE grid_sha256 IS NULL"
    scans = connection.execute(select).fetchall()
    for scan_id, relative in followed(progress, "grids", scans):
        folder = layout.resolve(relative)
        if files.sizes_below(folder):
            connection.execute(
                "UPDATE scans SET grid_sha256 = ? WHERE scan_id = ?",
                (folder_sha256(folder), scan_id),
            )
    if scans:
        connection.execute("UPDATE revision SET value = value + 1")
    names = files.names_in(layout.releases)
    for path in (layout.releases / name for name in names if release_number(name) is not None):
        if digest_file(path).name not in names:
            write_digest(path, path)


def _note_repeats(_: LakeLayout, connection: sqlite3.Connection, progress: Progress) -> None:
    """Until now every cell was scanned as it is."""
    scans = connection.execute("SELECT scan_id FROM scans WHERE repeats IS NULL").fetchall()
    for key in followed(progress, "scans", scans):
        connection.execute("UPDATE scans SET repeats = '[1, 1, 1]' WHERE scan_id = ?", key)
    if scans:
        connection.execute("UPDATE revision SET value = value + 1")


MIGRATIONS: Final = (
    Migration(
        start=1,
        summary="digests of grids (column grid_sha256 of scans) and of releases",
        columns=(("scans", "evaluator_error_ev", "REAL"), ("scans", "grid_sha256", "TEXT")),
        fill=_note_digests,
    ),
    Migration(
        start=2,
        summary="scans of supercells (columns image_guard_ang and repeats of scans)",
        columns=(("scans", "image_guard_ang", "REAL"), ("scans", "repeats", "TEXT")),
        fill=_note_repeats,
    ),
)
