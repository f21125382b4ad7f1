"""Facts about labels: conductivities from elsewhere, their matches, evaluations by them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.ledger.file import LedgerFile
from ionlake.lake.rows import Row

_UNIMPORTANT: Final = ("release", "ionlake_version")


@dataclass(frozen=True)
class Taken:
    """What became of imported rows.

    Attributes:
        new: Keys of rows that were not there before.
        corrected: Keys of rows that were there with other values.
        unchanged: Keys of rows that stand there already.
    """

    new: tuple[tuple[str, str], ...]
    corrected: tuple[tuple[str, str], ...]
    unchanged: tuple[tuple[str, str], ...]


class LabelFacts(LedgerFile):
    """Labels and evaluations."""

    def put_labels(self, rows: Iterable[Row]) -> Taken:
        """Take over conductivities; one with the key of an older one replaces it.

        Args:
            rows: Full rows for ``labels`` with empty match columns; a row that stands there
                already keeps its match.
        """
        new: list[tuple[str, str]] = []
        corrected: list[tuple[str, str]] = []
        unchanged: list[tuple[str, str]] = []
        with self._transaction():
            for row in rows:
                key = (row["label_set"], row["row_key"])
                known = self.row(schema.LABELS, *key) is not None
                written = sql.put_row(
                    self._connection, schema.LABELS, row, ignoring=schema.MATCH_COLUMNS
                )
                (unchanged if not written else corrected if known else new).append(key)
            if new or corrected:
                self._bump()
        return Taken(tuple(new), tuple(corrected), tuple(unchanged))

    def put_matches(self, matches: Mapping[tuple[str, str], Mapping[str, Any]]) -> int:
        """Record which materials labels belong to.

        Args:
            matches: Values of the match columns of ``labels`` by label set and row key.

        Returns:
            How many rows had another match before.
        """
        changed = 0
        with self._transaction():
            for key, match in matches.items():
                row = self.row(schema.LABELS, *key)
                if row is not None:
                    changed += sql.put_row(self._connection, schema.LABELS, row | dict(match))
            if changed:
                self._bump()
        return changed

    def put_evaluations(self, label_sets: Iterable[str], rows: Iterable[Row]) -> int:
        """Make these rows the evaluations by some sets of labels, in place of former ones.

        A row that differs in its release and version of ionlake alone stays as it is.

        Args:
            label_sets: The sets.
            rows: All rows for ``evaluations`` by these sets.

        Returns:
            How many rows were not there like that before.
        """
        rows = list(rows)
        kept = {row["evaluation_id"] for row in rows}
        changed = 0
        with self._transaction():
            for name in label_sets:
                for old in list(self.rows(schema.EVALUATIONS, label_set=name)):
                    if old["evaluation_id"] not in kept:
                        key = {"evaluation_id": old["evaluation_id"]}
                        changed += sql.delete_rows(self._connection, schema.EVALUATIONS, key)
            for row in rows:
                changed += sql.put_row(
                    self._connection, schema.EVALUATIONS, row, ignoring=_UNIMPORTANT
                )
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
                key = {"material_id": material_id}
                before = {
                    (row["database"], row["external_id"])
                    for row in self.rows(schema.EXTERNAL_IDS, **key)
                }
                now = set(pairs)
                if before == now:
                    continue
                sql.delete_rows(self._connection, schema.EXTERNAL_IDS, key)
                for database, external_id in now:
                    row = {**key, "database": database, "external_id": external_id}
                    sql.replace_row(self._connection, schema.EXTERNAL_IDS, row)
                self._bump()
