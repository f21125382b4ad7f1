"""The writer's ledger: what was read, computed and what failed, one transaction per fact.

A row in the ledger is the commit point of a file: grids and staged energies without a row do not
exist. The ledger is SQLite in write-ahead mode, so that other processes may read it during a run.

The revision counts the changes that a release would show. Bookkeeping that alone is no reason for
a new release (runs, repeated attempts at the same failure, staged energies) does not move it; it
travels with the next release.
"""

import json
import secrets
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from ionlake.errors import LakeError
from ionlake.lake import failures, former, labels, schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.failures import Failure
from ionlake.lake.rows import Row, SqlValue
from ionlake.lake.schema import Table


class Ledger:
    """The ledger of one lake, open.

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

    # ---- facts -----------------------------------------------------------------------------------

    def put_materials(self, materials: Iterable[tuple[Row, Row]]) -> frozenset[str]:
        """Take over materials as their source gives them now; a tombstone of theirs is removed.

        Args:
            materials: Pairs of a row for ``materials`` and the row for ``structures`` of its
                structure.

        Returns:
            Identifiers of the materials that are new or not as they were. The ``run_id`` of a
            material that is as it was stays what it was.
        """
        changed = set()
        with self._transaction():
            for material, structure in materials:
                former.note(self._connection, material)
                differs = [
                    former.revive(self._connection, material["material_id"]),
                    sql.put_row(self._connection, schema.STRUCTURES, structure),
                    sql.put_row(
                        self._connection,
                        schema.MATERIALS,
                        material,
                        ignoring=schema.ORIGIN_COLUMNS,
                    ),
                ]
                cleared = failures.clear_outdated(self._connection, material)
                if any(differs):
                    changed.add(material["material_id"])
                if any(differs) or cleared:
                    self._bump()
        return frozenset(changed)

    def commit_scan(self, scan: Row) -> None:
        """Record a finished scan whose grid is written; its staged blocks are forgotten.

        The staged files themselves are the caller's to remove, afterwards.

        Args:
            scan: A row for ``scans``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.SCANS, scan)
            sql.delete_rows(self._connection, schema.STAGED_BLOCKS, {"scan_id": scan["scan_id"]})
            failures.clear_succeeded(self._connection, scan, ("check", "scan"))
            self._bump()

    def commit_descriptors(
        self, descriptors: Row, mobile_ions: Iterable[Row], pathways: Iterable[Row] = ()
    ) -> None:
        """Record the descriptors of a finished scan with the rows of its ions and paths.

        Args:
            descriptors: A row for ``descriptor_values``.
            mobile_ions: Rows for ``mobile_ions``, one per mobile ion.
            pathways: Rows for ``pathways``; `put_pathways` takes them later too.

        Raises:
            LakeError: The scan itself is not recorded.
        """
        scan = self.row(schema.SCANS, descriptors["scan_id"])
        if scan is None:
            raise LakeError(
                f"descriptors of scan {descriptors['scan_id']} were given, but the ledger has no"
                " such scan: commit the scan first"
            )
        key = {"descriptor_id": descriptors["descriptor_id"]}
        with self._transaction():
            sql.replace_row(self._connection, schema.DESCRIPTOR_VALUES, descriptors)
            sql.delete_rows(self._connection, schema.MOBILE_IONS, key)
            for ion in mobile_ions:
                sql.replace_row(self._connection, schema.MOBILE_IONS, ion)
            self._replace_pathways(descriptors["descriptor_id"], pathways)
            failures.clear_succeeded(self._connection, scan, failures.STAGES)
            self._bump()

    def put_grid_chunks(self, scan_id: str, chunks: Iterable[Row]) -> None:
        """Record what the chunks of a grid hold.

        Args:
            scan_id: Its scan.
            chunks: Rows for ``grid_chunks``.
        """
        with self._transaction():
            sql.delete_rows(self._connection, schema.GRID_CHUNKS, {"scan_id": scan_id})
            for row in chunks:
                sql.replace_row(self._connection, schema.GRID_CHUNKS, row)
            self._bump()

    def put_pathways(self, descriptor_id: str, pathways: Iterable[Row]) -> None:
        """Record the migration paths of a described scan in place of former ones.

        Args:
            descriptor_id: Its descriptors.
            pathways: Rows for ``pathways``.
        """
        with self._transaction():
            self._replace_pathways(descriptor_id, pathways)
            self._bump()

    def withdraw(self, scan_id: str, *, descriptors_only: bool = False) -> None:
        """Take back a scan and what was derived from it, so that the next run computes it again.

        Releases keep their rows, and the files are the caller's to keep or to set aside.

        Args:
            scan_id: The scan.
            descriptors_only: Keep the scan, take back its descriptors.
        """
        with self._transaction():
            derived = (schema.PATHWAYS, schema.MOBILE_IONS, schema.DESCRIPTOR_VALUES)
            whole = (*derived, schema.GRID_CHUNKS, schema.SCANS)
            for table in derived if descriptors_only else whole:
                sql.delete_rows(self._connection, table, {"scan_id": scan_id})
            self._bump()

    def stage_block(self, block: Row) -> None:
        """Acknowledge the staged energies of one block: they need not be computed again.

        Args:
            block: A row for ``staged_blocks``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.STAGED_BLOCKS, block)

    def forget_blocks(self, scan_id: str) -> None:
        """Forget the staged blocks of a scan, because they cannot be used."""
        with self._transaction():
            sql.delete_rows(self._connection, schema.STAGED_BLOCKS, {"scan_id": scan_id})

    def stage_piece(self, piece: Row) -> None:
        """Acknowledge a piece of a run of dynamics: the run goes on from its end.

        Args:
            piece: A row for ``staged_pieces``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.STAGED_PIECES, piece)

    def forget_pieces(self, md_run_id: str) -> None:
        """Forget the pieces of a run of dynamics, because they cannot be used."""
        with self._transaction():
            sql.delete_rows(self._connection, schema.STAGED_PIECES, {"md_run_id": md_run_id})

    def commit_trajectory(self, md_run: Row, diffusivity: Row) -> None:
        """Record a finished run of dynamics whose trajectory is written, and what it says.

        Its staged pieces are forgotten; the files are the caller's to remove, afterwards.

        Args:
            md_run: A row for ``md_runs``.
            diffusivity: A row for ``diffusivities``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.MD_RUNS, md_run)
            sql.replace_row(self._connection, schema.DIFFUSIVITIES, diffusivity)
            self.forget_pieces(md_run["md_run_id"])
            self._bump()

    def commit_conductivity(self, conductivity: Row, *, complete: bool) -> None:
        """Record what a series of runs of dynamics says together.

        Args:
            conductivity: A row for ``conductivities``.
            complete: Whether no run of the series is missing, so that its failures are past.
        """
        with self._transaction():
            new = sql.put_row(
                self._connection, schema.CONDUCTIVITIES, conductivity, ignoring=("run_id",)
            )
            cleared = failures.clear_md(self._connection, conductivity) if complete else 0
            if new or cleared:
                self._bump()

    def withdraw_md_run(self, md_run_id: str) -> None:
        """Take back a run of dynamics and what was derived from it; it is run again then."""
        key = {"md_run_id": md_run_id}
        with self._transaction():
            run = self.row(schema.MD_RUNS, md_run_id)
            if run is not None:
                series = {"md_series_id": run["md_series_id"]}
                sql.delete_rows(self._connection, schema.CONDUCTIVITIES, series)
            for table in (schema.DIFFUSIVITIES, schema.MD_RUNS):
                sql.delete_rows(self._connection, table, key)
            self._bump()

    def record_failure(self, failure: Failure, max_attempts: int = sys.maxsize) -> int:
        """Record a failure; the same one again, with the same inputs, counts its attempts up.

        Args:
            failure: What failed.
            max_attempts: Attempts at the same inputs after which it is quarantined; by default
                it never is.

        Returns:
            How often this has been tried now with these inputs.
        """
        with self._transaction():
            before = self.row(schema.FAILURES, failure.failure_id)
            row = failure.row(before, max_attempts)
            sql.replace_row(self._connection, schema.FAILURES, row)
            shown = "quarantine_reason"
            if before is None or not failure.same_reason(before) or before[shown] != row[shown]:
                self._bump()
        return int(row["attempts"])

    def select(self, recipe: str, material_ids: Iterable[str]) -> None:
        """Note that the source of a recipe offers these materials, beside those noted before."""
        with self._transaction():
            for material_id in material_ids:
                row = {"recipe": recipe, "material_id": material_id}
                sql.put_row(self._connection, schema.SELECTIONS, row)

    def deselect(self, recipe: str, material_ids: Iterable[str]) -> None:
        """Note that the source of a recipe no longer offers these materials.

        The failures of materials that no recipe offers any more are cleared.
        """
        with self._transaction():
            for material_id in material_ids:
                key = {"material_id": material_id}
                sql.delete_rows(self._connection, schema.SELECTIONS, {"recipe": recipe, **key})
                if any(sql.select_values(self._connection, schema.SELECTIONS, key)):
                    continue
                if sql.delete_rows(self._connection, schema.FAILURES, key):
                    self._bump()

    def bury(self, tombstones: Iterable[Row]) -> None:
        """Mark materials as gone; nothing else of them changes.

        Args:
            tombstones: Rows for ``tombstones``.
        """
        with self._transaction():
            for row in tombstones:
                sql.replace_row(self._connection, schema.TOMBSTONES, row)
                self._bump()

    def put_labels(self, rows: Iterable[Row]) -> labels.Taken:
        """Take over conductivities; one with the key of an older one replaces it.

        Args:
            rows: Full rows for ``labels`` with empty match columns; a row that stands there
                already keeps its match.
        """
        with self._transaction():
            taken = labels.take_over(self._connection, rows)
            if taken.new or taken.corrected:
                self._bump()
        return taken

    def put_matches(self, matches: Mapping[tuple[str, str], Mapping[str, Any]]) -> int:
        """Record which materials labels belong to.

        Args:
            matches: Values of the match columns of ``labels`` by label set and row key.

        Returns:
            How many rows had another match before.
        """
        with self._transaction():
            changed = labels.note_matches(self._connection, matches)
            if changed:
                self._bump()
        return changed

    def put_evaluations(self, label_sets: Iterable[str], rows: Iterable[Row]) -> int:
        """Make these rows the evaluations by some sets of labels, in place of former ones.

        Args:
            label_sets: The sets.
            rows: Rows for ``evaluations``.

        Returns:
            How many rows were not there like that before.
        """
        with self._transaction():
            changed = labels.replace_evaluations(self._connection, label_sets, rows)
            if changed:
                self._bump()
        return changed

    def put_external_ids(self, ids: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Record which entries of other databases materials are.

        Args:
            ids: Pairs of database and identifier by material; former ones are forgotten.
        """
        with self._transaction():
            for material_id, pairs in ids.items():
                if labels.set_external_ids(self._connection, material_id, pairs):
                    self._bump()

    def start_run(
        self, run_id: str, recipe: str, settings: Mapping[str, Any], versions: Mapping[str, str]
    ) -> None:
        """Record the start of a run.

        Args:
            run_id: From `new_run_id`.
            recipe: Name of the recipe.
            settings: The recipe with all defaults filled in, as JSON values.
            versions: Versions of ionlake and its main dependencies.
        """
        row = dict.fromkeys(schema.RUNS.column_names) | {
            "run_id": run_id,
            "recipe": recipe,
            "settings": json.dumps(settings, sort_keys=True),
            "status": "running",
            "started_at": datetime.now(UTC),
            "versions": json.dumps(versions, sort_keys=True),
        }
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    def note_plan(self, run_id: str, *, to_do: int, quarantined: int, gone: int) -> None:
        """Record what a run has found to do, as soon as it is known.

        Args:
            run_id: The run.
            to_do: Materials that lack a scan or descriptors.
            quarantined: Materials left out because they failed too often.
            gone: Materials that have left their source.
        """
        counts = {"to_do": to_do, "quarantined": quarantined, "gone": gone}
        row = self._started(run_id) | {f"materials_{name}": n for name, n in counts.items()}
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    def finish_run(
        self,
        run_id: str,
        *,
        materials_read: int,
        materials_computed: int,
        materials_reused: int,
        materials_failed: int,
        energies_evaluated: int,
        status: str = "finished",
    ) -> None:
        """Record the end of a run; do so before the run's last release is published.

        Args:
            run_id: The run.
            materials_read: Materials the source offered.
            materials_computed: Materials scanned or described in this run.
            materials_reused: Materials that needed no computing.
            materials_failed: Materials that failed in this run.
            energies_evaluated: Energies the potential was asked for.
            status: ``finished``, ``stopped`` when its time was over, ``interrupted`` from outside,
                or ``failed``.

        Raises:
            LakeError: The run was never started.
        """
        counts = {
            "materials_read": materials_read,
            "materials_computed": materials_computed,
            "materials_reused": materials_reused,
            "materials_failed": materials_failed,
            "energies_evaluated": energies_evaluated,
        }
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, self._started(run_id) | counts)
            self.end_run(run_id, status)

    def end_run(self, run_id: str, status: str) -> None:
        """Record how and when a run ended, where there is nothing to count.

        Args:
            run_id: The run.
            status: As `finish_run` takes it.
        """
        run = self._started(run_id)
        finished = datetime.now(UTC)
        seconds = (finished - run["started_at"]).total_seconds()
        row = run | {"status": status, "finished_at": finished, "wall_seconds": seconds}
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Facts recorded within the block are committed at once, or none of them is.

        One commit for many results spares the disk one flush for each.

        Raises:
            LakeError: The ledger cannot be written.
        """
        with self._transaction():
            yield

    # ---- reading ---------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Count of the changes that a release would show."""
        return int(self._connection.execute("SELECT value FROM revision").fetchone()[0])

    def finished_scans(self) -> set[str]:
        """Identifiers of all scans that need not be computed."""
        return sql.select_column(self._connection, schema.SCANS, "scan_id")

    def finished_descriptors(self) -> set[str]:
        """Identifiers of all descriptor rows that need not be computed."""
        return sql.select_column(self._connection, schema.DESCRIPTOR_VALUES, "descriptor_id")

    def untraced_descriptors(self, pathway_version: int) -> list[tuple[str, str]]:
        """Descriptors whose paths are missing or of another version, each with its scan."""
        query = (
            "SELECT descriptor_id, scan_id FROM descriptor_values WHERE descriptor_id NOT IN"
            " (SELECT descriptor_id FROM pathways WHERE pathway_version = ?) ORDER BY descriptor_id"
        )
        return self._connection.execute(query, (pathway_version,)).fetchall()

    def scans_without_chunks(self) -> list[str]:
        """Scans of whose chunks nothing is known."""
        query = (
            "SELECT scan_id FROM scans WHERE scan_id NOT IN (SELECT scan_id FROM grid_chunks)"
            " ORDER BY scan_id"
        )
        return [scan_id for (scan_id,) in self._connection.execute(query)]

    def count_described_by(self, run_id: str) -> int:
        """Number of materials whose present structure a run has described, for each potential."""
        query = (
            "SELECT count(*) FROM (SELECT DISTINCT material_id, potential_id FROM descriptor_values"
            " JOIN scans USING (scan_id) JOIN materials USING (structure_id)"
            " WHERE descriptor_values.run_id = ?)"
        )
        return int(self._connection.execute(query, (run_id,)).fetchone()[0])

    def staged_scans(self) -> set[str]:
        """Identifiers of all scans in progress of which blocks are staged."""
        return sql.select_column(self._connection, schema.STAGED_BLOCKS, "scan_id")

    def staged_blocks(self, scan_id: str) -> list[dict[str, Any]]:
        """Rows of ``staged_blocks`` of one scan, in the order of ion and point."""
        return list(self.rows(schema.STAGED_BLOCKS, scan_id=scan_id))

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

    def values(self, table: Table) -> Iterator[Sequence[SqlValue]]:
        """All rows of a table as SQLite stores them, in the order of its key."""
        return sql.select_values(self._connection, table)

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its own file, one line each."""
        try:
            found = self._connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.Error as error:
            return [str(error)]
        return [line for (line,) in found if line != "ok"]

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

    # ---- parts of transactions -------------------------------------------------------------------

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

    def _replace_pathways(self, descriptor_id: str, pathways: Iterable[Row]) -> None:
        sql.delete_rows(self._connection, schema.PATHWAYS, {"descriptor_id": descriptor_id})
        for row in pathways:
            sql.replace_row(self._connection, schema.PATHWAYS, row)

    def _started(self, run_id: str) -> dict[str, Any]:
        run = self.row(schema.RUNS, run_id)
        if run is None:
            raise LakeError(f"run {run_id} is not in the ledger: record its start first")
        return run

    def _bump(self) -> None:
        self._connection.execute("UPDATE revision SET value = value + 1")


def new_run_id() -> str:
    """An identifier for a run that starts now; later ones sort after earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}"
