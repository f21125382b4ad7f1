"""What a material was before: structures it had, and its tombstone when it comes back."""

import sqlite3

from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.rows import Row


def note(connection: sqlite3.Connection, material: Row) -> None:
    """Keep the name of the structure that a changed material had until now.

    Args:
        connection: The ledger, within a transaction.
        material: The row for ``materials`` that is about to be written.
    """
    key = {"material_id": material["material_id"]}
    for before in sql.select_rows(connection, schema.MATERIALS, key):
        if before["structure_id"] != material["structure_id"]:
            row = {**key, "structure_id": before["structure_id"], "run_id": material["run_id"]}
            sql.replace_row(connection, schema.FORMER_STRUCTURES, row)


def revive(connection: sqlite3.Connection, material_id: str) -> bool:
    """Remove the tombstone of a material that is offered again; whether there was one."""
    return sql.delete_rows(connection, schema.TOMBSTONES, {"material_id": material_id}) > 0
