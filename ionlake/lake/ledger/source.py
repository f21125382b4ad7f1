"""Facts about the source: materials, what recipes select, what is gone, and what failed."""

import sys
from collections.abc import Iterable

from ionlake.lake import failures, schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.failures import Failure
from ionlake.lake.ledger.file import LedgerFile
from ionlake.lake.rows import Row


class SourceFacts(LedgerFile):
    """Materials as their sources give them."""

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
                self._keep_former_structure(material)
                differs = [
                    self._revive(material["material_id"]),
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

    def _keep_former_structure(self, material: Row) -> None:
        """Keep the name of the structure that a changed material had until now."""
        before = self.row(schema.MATERIALS, material["material_id"])
        if before is not None and before["structure_id"] != material["structure_id"]:
            names = ("material_id", "structure_id")
            row = {name: before[name] for name in names} | {"run_id": material["run_id"]}
            sql.replace_row(self._connection, schema.FORMER_STRUCTURES, row)

    def _revive(self, material_id: str) -> bool:
        """Remove the tombstone of a material that is offered again; whether there was one."""
        key = {"material_id": material_id}
        return sql.delete_rows(self._connection, schema.TOMBSTONES, key) > 0
