"""Rows that follow from a stored grid alone: statistics of its chunks, paths of its ions. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from ionlake.descriptors.identity import descriptor_id
from ionlake.descriptors.pathway_dataset import pathway_dataset
from ionlake.descriptors.pathways import PATHWAY_VERSION, IonPathway, material_pathways
from ionlake.lake.grids import chunk_shape
from ionlake.names import ENERGY
from ionlake.pes.far_points import chunk_statistics

Row = dict[str, Any]


def chunk_rows(grid: xr.Dataset) -> list[Row]:
    """Rows of ``grid_chunks``."""
    n_ions, n_a, n_b, n_c = grid[ENERGY].shape
    _, planes, _, _ = chunk_shape((n_ions, n_a, n_b, n_c))
    scan = grid.attrs["scan_id"]
    return [{"scan_id": scan, **row} for row in chunk_statistics(grid, planes)]


def pathway_rows(grid: xr.Dataset, ions: Sequence[Mapping[str, Any]], run_id: str) -> list[Row]:
    """Rows of ``pathways``.

    Args:
        grid: The scan.
        ions: Descriptors of each mobile ion.
        run_id: The run that finds the paths.
    """
    scan = grid.attrs["scan_id"]
    return [
        {
            "descriptor_id": descriptor_id(scan),
            "scan_id": scan,
            "mobile_ion": found.mobile_ion,
            "dimension": found.dimension,
            "sets_material_value": found.sets_material_value,
            **_path_values(grid, found),
            "pathway_version": PATHWAY_VERSION,
            "run_id": run_id,
        }
        for found in material_pathways(grid, ions)
    ]


def _path_values(grid: xr.Dataset, found: IonPathway) -> Row:
    """Columns of ``pathways`` about the path itself; null where there is none."""
    names = (
        *("barrier_ev", "direction", "length_ang", "bottleneck", "bottleneck_fractional"),
        *("bottleneck_cartesian_ang", "bottleneck_elements", "bottleneck_sites"),
        "bottleneck_distances_ang",
    )
    if found.pathway is None:
        return {**dict.fromkeys((*names, "grid_points", "energies_ev")), "n_points": 0}
    path = pathway_dataset(grid, found)
    return {
        **{name: path.attrs[name] for name in names},
        "n_points": path.sizes["point"],
        "grid_points": path.grid_index.values,
        "energies_ev": path.energy_ev.values,
    }
