"""Recomputing a sample: what follows from the stored grids, energies from the potential."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.descriptors.pathways import PATHWAY_VERSION
from ionlake.descriptors.table import describe_all
from ionlake.errors import IonlakeError
from ionlake.lake import schema
from ionlake.lake.derived import chunk_rows, pathway_rows
from ionlake.lake.integrity.findings import Finding, Kind, finding
from ionlake.lake.rows import Row, decode_row, encode_row
from ionlake.names import AXES, ENERGY, MINIMUM_ENERGY, STATUS, PointStatus
from ionlake.pes.evaluator import BatchedEvaluator, reference_potential
from ionlake.pes.grid import grid_fractional
from ionlake.pes.verification import EVALUATOR_LIMIT_EV
from ionlake.potentials.interface import Potential
from ionlake.structures.record import StructureRecord

POINTS_PER_SCAN: Final = 4
ENERGY_LIMIT_EV: Final = 2 * EVALUATOR_LIMIT_EV
"""A scan's evaluator may be off by the limit, a float32 potential's own noise comes on top."""

_SINGLE: Final = float(np.finfo(np.float32).eps)
_REL_TOL: Final = 1e-6
_ABS_TOL: Final = 1e-9


def descriptor_findings(
    grid: xr.Dataset, scan: Row, descriptors: Row, ions: Sequence[Row]
) -> list[Finding]:
    """A finding if stored descriptors are not what the stored grid gives.

    Args:
        grid: The grid, loaded.
        scan: Its row of ``scans``.
        descriptors: Its row of ``descriptor_values``.
        ions: Its rows of ``mobile_ions``, in the order of the ions.
    """
    wrong = descriptor_differences(grid, descriptors, ions)
    return [_about(scan, Kind.DESCRIPTORS_DIFFER, "; ".join(wrong[:3]))] if wrong else []


def derived_findings(
    grid: xr.Dataset, scan: Row, ions: Sequence[Row], paths: Sequence[Row], chunks: Sequence[Row]
) -> list[Finding]:
    """A finding if stored paths, or what is known of chunks, are not what the stored grid gives.

    Paths of another version and what an older ionlake left out do not count.

    Args:
        grid: The grid, loaded.
        scan: Its row of ``scans``.
        ions: Its rows of ``mobile_ions``, in the order of the ions.
        paths: Its rows of ``pathways``.
        chunks: Its rows of ``grid_chunks``.
    """
    wrong = []
    if paths and paths[0]["pathway_version"] == PATHWAY_VERSION:
        again = pathway_rows(grid, ions, paths[0]["run_id"])
        wrong += _row_differences(schema.PATHWAYS, again, paths)
    if chunks:
        wrong += _row_differences(schema.GRID_CHUNKS, chunk_rows(grid), chunks)
    return [_about(scan, Kind.DESCRIPTORS_DIFFER, "; ".join(wrong[:3]))] if wrong else []


def energy_findings(
    grid: xr.Dataset, scan: Row, potential: Potential, random: np.random.Generator
) -> list[Finding]:
    """A finding if stored energies are not those of the potential.

    Args:
        grid: The grid, loaded.
        scan: Its row of ``scans``.
        potential: The potential that the row names.
        random: Chooses the points.
    """
    off, allowed = energy_error(grid, potential, random)
    if off <= allowed:
        return []
    what = f"a stored energy is {off:.2g} eV off the potential's, allowed {allowed:.2g} eV"
    return [_about(scan, Kind.ENERGIES_DIFFER, what)]


def descriptor_differences(grid: xr.Dataset, descriptors: Row, ions: Sequence[Row]) -> list[str]:
    """Where stored descriptors are not what the stored grid gives.

    Args:
        grid: The grid, loaded.
        descriptors: Its row of ``descriptor_values``.
        ions: Its rows of ``mobile_ions``, in the order of the ions.
    """
    material, of_ions = describe_all(grid)
    if len(ions) != len(of_ions):
        return [f"there are rows of {len(ions)} mobile ions, the grid has {len(of_ions)}"]
    differences = _differences("", material, descriptors)
    for number, (again, stored) in enumerate(zip(of_ions, ions, strict=True)):
        differences += _differences(f"ion {number}: ", again, stored)
    return differences


def energy_error(
    grid: xr.Dataset, potential: Potential, random: np.random.Generator
) -> tuple[float, float]:
    """The largest difference between stored energies and those of the plain potential.

    Args:
        grid: The grid, loaded.
        potential: The potential that its row names.
        random: Chooses an ion and up to four of its evaluated points.

    Returns:
        The difference and what is allowed at that point, eV.
    """
    structure = StructureRecord(
        np.array(grid.attrs["cell"]),
        np.array(grid.attrs["atomic_numbers"]),
        np.array(grid.attrs["fractional_positions"]),
    )
    status = grid[STATUS].to_numpy()
    evaluated = status == PointStatus.EVALUATED
    ion = int(random.choice(np.flatnonzero(evaluated.any(axis=(1, 2, 3)))))
    known = np.flatnonzero(evaluated[ion])
    flat = random.choice(known, size=min(POINTS_PER_SCAN, known.size), replace=False)
    shape = tuple(grid.sizes[axis] for axis in AXES)
    relative = grid[ENERGY].to_numpy()[ion].reshape(-1)[flat].astype(np.float64)
    stored = relative + float(grid[MINIMUM_ENERGY][ion])
    site = grid.attrs["mobile_site_indices"][ion]
    plain = BatchedEvaluator(reference_potential(potential), structure, site)
    off = np.abs(plain.energies(grid_fractional(shape, flat)) - stored)  # type: ignore[arg-type]
    allowed = ENERGY_LIMIT_EV + _SINGLE * np.abs(relative)
    worst = int((off - allowed).argmax())
    return float(off[worst]), float(allowed[worst])


class Potentials:
    """Potentials by the rows of the scans that used them, each loaded once.

    Args:
        load: `ionlake.potentials.load.load_potential`.
    """

    def __init__(self, load: Callable[..., Potential]) -> None:
        self._load = load
        self._loaded: dict[str, Potential | str] = {}

    def of(self, scan: Row) -> Potential | str:
        """The potential of a scan, or why it cannot be had.

        Args:
            scan: Row of ``scans``.
        """
        identity = scan["potential_id"]
        if identity not in self._loaded:
            self._loaded[identity] = self._try(scan)
        return self._loaded[identity]

    def _try(self, scan: Row) -> Potential | str:
        try:
            potential = self._load(scan["potential"], device="cpu", dtype=scan["dtype"])
        except (IonlakeError, OSError) as error:
            return str(error)
        if potential.card.potential_id != scan["potential_id"]:
            return (
                f"{scan['potential']} is another potential here than the one of the scan"
                f" ({scan['potential_id']})"
            )
        return potential


def _about(scan: Row, kind: Kind, what: str) -> Finding:
    about = finding(kind, what, scan["grid_path"])
    return replace(about, scan_id=scan["scan_id"], in_ledger=True)


def _row_differences(table: schema.Table, again: Sequence[Row], stored: Sequence[Row]) -> list[str]:
    """Where stored rows are not those that the grid gives, in words."""
    found = {tuple(row[name] for name in table.key): row for row in stored}
    differences = []
    for row in (decode_row(table, encode_row(table, each)) for each in again):
        key = tuple(row[name] for name in table.key)
        if key not in found:
            return [f"table {table.name} lacks the row {key[1:]}"]
        differences += _differences(f"{table.name} {key[1:]}: ", row, found.pop(key))
    return differences + [f"table {table.name} has a row {key[1:]} too many" for key in found]


def _differences(whose: str, again: Mapping[str, Any], stored: Row) -> list[str]:
    return [
        f"{whose}{name} is {stored[name]!r}, the grid gives {value!r}"
        for name, value in again.items()
        if not _same(value, stored[name])
    ]


def _same(value: Any, stored: Any) -> bool:
    if isinstance(value, float) and isinstance(stored, float):
        return math.isclose(value, stored, rel_tol=_REL_TOL, abs_tol=_ABS_TOL)
    if isinstance(value, list) and isinstance(stored, list):
        return len(value) == len(stored) and all(map(_same, value, stored))
    return bool(value == stored)
