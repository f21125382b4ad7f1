"""Facts about scans: staged blocks, grids, descriptors, paths."""

from collections.abc import Iterable
from typing import Any

from ionlake.errors import LakeError
from ionlake.lake import failures, schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.ledger.file import LedgerFile
from ionlake.lake.rows import Row


class ScanFacts(LedgerFile):
    """What scans have come to."""

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

    def staged_scans(self) -> set[str]:
        """Identifiers of all scans in progress of which blocks are staged."""
        return sql.select_column(self._connection, schema.STAGED_BLOCKS, "scan_id")

    def staged_blocks(self, scan_id: str) -> list[dict[str, Any]]:
        """Rows of ``staged_blocks`` of one scan, in the order of ion and point."""
        return list(self.rows(schema.STAGED_BLOCKS, scan_id=scan_id))

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

    def _replace_pathways(self, descriptor_id: str, pathways: Iterable[Row]) -> None:
        sql.delete_rows(self._connection, schema.PATHWAYS, {"descriptor_id": descriptor_id})
        for row in pathways:
            sql.replace_row(self._connection, schema.PATHWAYS, row)
