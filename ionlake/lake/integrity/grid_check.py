"""Whether a stored grid is the one that its row describes."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.errors import LakeError, StoreError
from ionlake.lake import files, objects
from ionlake.lake.digests import folder_sha256
from ionlake.lake.grids import VARIABLES, open_grid
from ionlake.lake.integrity.findings import Finding, Kind, finding
from ionlake.lake.integrity.listing import NamedGrid
from ionlake.lake.layout import LakeLayout
from ionlake.lake.rows import Row
from ionlake.names import ENERGY, MINIMUM_ENERGY, STATUS, PointStatus

_SAME_NAME: Final = (
    "scan_id",
    "structure_id",
    "mobile_species",
    "scan_protocol",
    "image_guard_ang",
    "grid_protocol",
    "grid_spacing_ang",
    "exclusion_radius_ang",
    "accuracy",
    "evaluator",
    "scan_version",
)
_HAVE_ENERGY: Final = (PointStatus.EVALUATED, PointStatus.SYMMETRY_COPY)


def check_grid(
    layout: LakeLayout,
    grid: NamedGrid,
    *,
    deep: bool,
    listed: Mapping[str, Mapping[str, int]] | None = None,
) -> Finding | None:
    """Look at one grid.

    Args:
        layout: Paths of the lake.
        grid: The grid and its row.
        deep: Compare every byte with the digest and read every number, instead of opening only.
        listed: Names and sizes of the files of grids, as far as a listing has them already.

    Returns:
        What is wrong with it, None if nothing is.

    Raises:
        StoreError: The store does not answer or refuses, so that nothing is known.
    """
    found = _problem(layout, grid, (listed or {}).get(grid.path), deep=deep)
    if found is None:
        return None
    kind, what = found
    about = finding(kind, what, grid.path)
    return replace(
        about,
        remedy=about.remedy if grid.in_ledger else _ONLY_RELEASES,
        scan_id=grid.row["scan_id"],
        in_ledger=grid.in_ledger,
        releases=grid.releases,
    )


_ONLY_RELEASES: Final = (
    "only older releases name it: restore the folder from a copy, or drop them with ionlake prune"
)


def row_differences(row: Row, attributes: Mapping[str, Any], shape: Mapping[str, int]) -> list[str]:
    """Where a grid says something else than its row; columns the row lacks do not count.

    Args:
        row: Row of ``scans``.
        attributes: Attributes of the grid.
        shape: Sizes of the grid's dimensions.
    """
    potential = attributes.get("potential")
    said = {name: attributes.get(name) for name in _SAME_NAME} | {
        "potential_id": potential.get("potential_id") if isinstance(potential, dict) else None,
        "repeats": attributes.get("repeats", [1, 1, 1]),  # grids of lake format 2 do not say
        "n_mobile_ions": shape.get("mobile_ion"),
        **{f"n_{axis}": shape.get(axis) for axis in ("a", "b", "c")},
    }
    return [
        f"{name} is {value!r}, the row says {row[name]!r}"
        for name, value in said.items()
        if name in row and value != row[name]
    ]


def value_problems(grid: xr.Dataset) -> list[str]:
    """What the numbers of a grid cannot be: energies where there are none, or no minimum."""
    energy, status = grid[ENERGY].to_numpy(), grid[STATUS].to_numpy()
    problems = []
    wrong = np.isfinite(energy) != np.isin(status, _HAVE_ENERGY)
    if wrong.any():
        problems.append(f"{int(wrong.sum())} points have an energy or none against their status")
    if not np.isfinite(grid[MINIMUM_ENERGY].to_numpy()).all():
        problems.append("an ion has no minimum energy")
    lowest = np.nanmin(energy, axis=(1, 2, 3), initial=np.inf)
    if (lowest != 0).any():
        problems.append(f"the lowest energies are {lowest.tolist()} eV, expected 0 for each ion")
    return problems


def _problem(
    layout: LakeLayout, grid: NamedGrid, names: Mapping[str, int] | None, *, deep: bool
) -> tuple[Kind, str] | None:
    try:
        folder = layout.resolve(grid.path)
    except LakeError as error:
        return Kind.GRID_LOST, str(error)
    there = files.sizes_below(folder) if names is None else names
    if not there:
        return Kind.GRID_LOST, "the grid is gone"
    gone = [name for name in VARIABLES if not _has_numbers(name, there)]
    if gone:
        return Kind.GRID_DAMAGED, f"the numbers of {', '.join(gone)} are gone"
    try:
        if not deep:
            return _differences(grid, open_grid(folder, consolidated=False), deep=False)
        with files.at_hand(folder) as copy:
            return _deep_problem(grid, copy)
    except StoreError:
        raise
    except Exception as error:
        if objects.is_trouble(error):
            raise
        return Kind.GRID_DAMAGED, f"it cannot be read ({type(error).__name__}: {error})"


def _deep_problem(grid: NamedGrid, folder: Path) -> tuple[Kind, str] | None:
    expected = grid.row.get("grid_sha256")
    if expected is not None and folder_sha256(folder) != expected:
        return Kind.GRID_DAMAGED, "its files are not those that were written (SHA-256)"
    return _differences(grid, open_grid(folder).load(), deep=True)


def _differences(grid: NamedGrid, opened: xr.Dataset, *, deep: bool) -> tuple[Kind, str] | None:
    wrong = row_differences(grid.row, opened.attrs, {str(k): v for k, v in opened.sizes.items()})
    if deep and not wrong:
        wrong = value_problems(opened)
    return (Kind.GRID_DIFFERS, "; ".join(wrong)) if wrong else None


def _has_numbers(array: str, there: Collection[str]) -> bool:
    """Whether an array has a file of numbers; without one it would read as NaN or 0 throughout."""
    chunks = f"{array}/c"
    return any(name == chunks or name.startswith(f"{chunks}/") for name in there)
