"""The xarray form of a migration path."""

from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.descriptors.pathways import IonPathway, trace_pathway
from ionlake.geometry import FloatArray
from ionlake.names import AXES

_CARRIED: Final = (
    *("scan_id", "structure_id", "formula", "mobile_species", "grid_protocol", "potential"),
    *("scan_protocol", "repeats"),
    *("cell", "symbols", "atomic_numbers", "fractional_positions", "valid_below_ev"),
)
"""Attributes of the scan that its paths keep."""


def pathway(
    dataset: xr.Dataset, dimension: int = 1, *, mobile_ion: int | None = None
) -> xr.Dataset:
    """The path with which an ion percolates in so many dimensions.

    It leads from the ion's minimum to the same minimum in another cell, by grid steps. Its highest
    energy is the percolation barrier of that dimension, and no path of its direction has a lower
    one; of the paths with this highest energy it is a shortest. With dimension 2 and 3 its
    direction is independent of those of the dimensions below.

    Args:
        dataset: A scan, as `ionlake.scan` or `lake.grid` give it.
        dimension: 1, 2 or 3.
        mobile_ion: The ion; by default the first of those with the lowest barrier.

    Returns:
        Dimension ``point``, the minimum first: ``energy_ev`` above the minimum, ``distance_ang``
        along the path, ``fractional`` (point, axis) and ``cartesian_ang`` (point, xyz), neither
        wrapped into the cell, and ``grid_index`` (point, axis). Attributes: ``direction`` (the
        lattice vector it leads along), ``barrier_ev``, ``length_ang``, ``bottleneck`` (place on the
        path of the highest energy), the six atoms nearest to it as ``bottleneck_elements``,
        ``bottleneck_distances_ang`` and ``bottleneck_sites``, and what the scan says of the
        crystal.

    Raises:
        GridError: If the dataset is not a scan or has no such ion, or nothing percolates.
    """
    return pathway_dataset(dataset, trace_pathway(dataset, dimension, mobile_ion))


def pathway_dataset(scan: xr.Dataset, found: IonPathway) -> xr.Dataset:
    """Make the dataset of a path.

    Args:
        scan: The scan it was found in.
        found: A path that is not None.
    """
    path = found.pathway
    if path is None:
        raise TypeError("there is no path to make a dataset of")
    cell = np.array(scan.attrs["cell"], dtype=np.float64)
    cartesian = path.fractional @ cell
    symbols = scan.attrs.get("symbols")
    near = found.neighbour_sites
    attributes: dict[str, Any] = {
        **{name: scan.attrs[name] for name in _CARRIED if name in scan.attrs},
        "mobile_ion": found.mobile_ion,
        "site_index": int(scan.attrs["mobile_site_indices"][found.mobile_ion]),
        "dimension": found.dimension,
        "direction": list(path.direction),
        "barrier_ev": path.barrier_ev,
        "length_ang": path.length_ang,
        "bottleneck": path.bottleneck,
        "bottleneck_fractional": path.fractional[path.bottleneck].tolist(),
        "bottleneck_cartesian_ang": cartesian[path.bottleneck].tolist(),
        "bottleneck_sites": list(near),
        "bottleneck_elements": [] if symbols is None else [symbols[site] for site in near],
        "bottleneck_distances_ang": list(found.neighbour_distances_ang),
    }
    return xr.Dataset(
        {
            "energy_ev": ("point", path.energies, {"units": "eV"}),
            "distance_ang": ("point", path_distances(cartesian), {"units": "Å"}),
            "fractional": (("point", "axis"), path.fractional, {"units": "1"}),
            "cartesian_ang": (("point", "xyz"), cartesian, {"units": "Å"}),
            "grid_index": (("point", "axis"), path.points, {"units": "1"}),
        },
        coords={"axis": list(AXES), "xyz": ["x", "y", "z"]},
        attrs=attributes,
    )


def path_distances(cartesian: FloatArray) -> FloatArray:
    """Length of a path up to each of its points, Å, from points of shape (m, 3)."""
    steps = np.linalg.norm(np.diff(cartesian, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])
