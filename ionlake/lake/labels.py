"""Labels, their matches and the evaluations of descriptors, inside the ledger."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.rows import Row


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


def take_over(connection: sqlite3.Connection, rows: Iterable[Row]) -> Taken:
    """Write rows of ``labels``; one that stands there already keeps its match.

    Args:
        connection: The ledger, within a transaction.
        rows: Full rows, with empty match columns.
    """
    new, corrected, unchanged = [], [], []
    for row in rows:
        key = (row["label_set"], row["row_key"])
        known = _row(connection, key) is not None
        if not sql.put_row(connection, schema.LABELS, row, ignoring=schema.MATCH_COLUMNS):
            unchanged.append(key)
        elif known:
            corrected.append(key)
        else:
            new.append(key)
    return Taken(tuple(new), tuple(corrected), tuple(unchanged))


def note_matches(
    connection: sqlite3.Connection, matches: Mapping[tuple[str, str], Mapping[str, Any]]
) -> int:
    """Write the match columns of rows; returns how many rows were not as they are now.

    Args:
        connection: The ledger, within a transaction.
        matches: Values of the match columns by label set and row key.
    """
    changed = 0
    for key, match in matches.items():
        row = _row(connection, key)
        if row is not None:
            changed += sql.put_row(connection, schema.LABELS, row | dict(match))
    return changed


def replace_evaluations(
    connection: sqlite3.Connection, label_sets: Iterable[str], rows: Iterable[Row]
) -> int:
    """Make these the evaluations by some sets of labels; returns how many rows differ from before.

    A row that differs in its release and version of ionlake alone stays as it is.

    Args:
        connection: The ledger, within a transaction.
        label_sets: The sets.
        rows: All rows for ``evaluations`` by these sets.
    """
    rows = list(rows)
    kept = {row["evaluation_id"] for row in rows}
    changed = 0
    for name in label_sets:
        for old in list(sql.select_rows(connection, schema.EVALUATIONS, {"label_set": name})):
            if old["evaluation_id"] not in kept:
                key = {"evaluation_id": old["evaluation_id"]}
                changed += sql.delete_rows(connection, schema.EVALUATIONS, key)
    unimportant = ("release", "ionlake_version")
    for row in rows:
        changed += sql.put_row(connection, schema.EVALUATIONS, row, ignoring=unimportant)
    return changed


def set_external_ids(
    connection: sqlite3.Connection, material_id: str, ids: Iterable[tuple[str, str]]
) -> bool:
    """Make these the entries of other databases that a material is; whether they were others.

    Args:
        connection: The ledger, within a transaction.
        material_id: The material.
        ids: Pairs of database and identifier.
    """
    key = {"material_id": material_id}
    before = {
        (row["database"], row["external_id"])
        for row in sql.select_rows(connection, schema.EXTERNAL_IDS, key)
    }
    now = set(ids)
    if before == now:
        return False
    sql.delete_rows(connection, schema.EXTERNAL_IDS, key)
    for database, external_id in now:
        row = {**key, "database": database, "external_id": external_id}
        sql.replace_row(connection, schema.EXTERNAL_IDS, row)
    return True


def _row(connection: sqlite3.Connection, key: tuple[str, str]) -> dict[str, Any] | None:
    where = dict(zip(schema.LABELS.key, key, strict=True))
    return next(sql.select_rows(connection, schema.LABELS, where), None)
