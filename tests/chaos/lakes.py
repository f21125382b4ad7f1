"""What a lake under attack has promised, and whether two lakes are the same."""

from pathlib import Path

import xarray as xr

import ionlake
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger

_OF_THE_RUN = {"run_id", "grid_path", "compute_seconds", "started_at", "failed_at"}
_COMPARED = (
    schema.MATERIALS,
    schema.STRUCTURES,
    schema.SCANS,
    schema.DESCRIPTOR_VALUES,
    schema.MOBILE_IONS,
    schema.SELECTIONS,
    schema.FAILURES,
    schema.TOMBSTONES,
    schema.STAGED_BLOCKS,
)


def promises(lake: Path) -> set[str]:
    """Blocks and grids that the ledger acknowledges: nobody may compute them again."""
    try:
        with Ledger.open_read_only(lake / "ledger.sqlite") as ledger, ledger.snapshot():
            scans = ledger.finished_scans()
            blocks = list(ledger.rows(schema.STAGED_BLOCKS))
    except LakeError:  # the lake is not made yet
        return set()
    return {f"grid {scan}" for scan in scans} | {
        f"block {row['scan_id']} {row['orbit_ion']} {row['first_point']}" for row in blocks
    }


def differences(lake: Path, reference: Path) -> list[str]:
    """Everything in which two finished lakes differ, bit by bit; empty if they are the same."""
    found = []
    with (
        Ledger.open_read_only(lake / "ledger.sqlite") as ours,
        Ledger.open_read_only(reference / "ledger.sqlite") as theirs,
    ):
        for table in _COMPARED:
            one, other = _rows(ours, table), _rows(theirs, table)
            if one != other:
                found.append(f"{table.name}: {len(one)} rows, reference {len(other)}")
    with ionlake.open_lake(lake) as ours, ionlake.open_lake(reference) as theirs:
        select = "SELECT * EXCLUDE (scan_id) FROM candidates ORDER BY ALL"
        if not ours.query(select).equals(theirs.query(select)):
            found.append("candidates differ")
        found += [
            f"grid of {material_id}"
            for material_id in theirs.query("SELECT material_id FROM grids").material_id
            if not _same(ours.grid(material_id).load(), theirs.grid(material_id).load())
        ]
    return found


def _rows(ledger, table):
    return [
        {name: value for name, value in row.items() if name not in _OF_THE_RUN}
        for row in ledger.rows(table)
    ]


def _same(one: xr.Dataset, other: xr.Dataset) -> bool:
    same_bits = all(one[name].values.tobytes() == other[name].values.tobytes() for name in other)
    return same_bits and one.identical(other)
