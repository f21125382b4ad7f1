"""Grid points of low energy away from the sites of the mobile ions, and what chunks know of them.

A low energy next to the ion's own site says little; one far from every mobile site is a place where
another ion could go.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.geometry import FloatArray, minimum_image_distances
from ionlake.names import AXES, ENERGY, STATUS, PointStatus
from ionlake.pes.exclusion import contact_distances

DISTANCES_ANG: Final = (1.5, 2.0, 2.5, 3.0)
"""Distances from every mobile site for which chunks keep their lowest energy, Å."""

POINT_TYPES: Final = {
    "mobile_ion": "INTEGER",
    **{f"i_{axis}": "INTEGER" for axis in AXES},
    **dict.fromkeys(AXES, "DOUBLE"),
    **{f"{axis}_ang": "DOUBLE" for axis in "xyz"},
    "energy_ev": "DOUBLE",
    "site_distance_ang": "DOUBLE",
}
"""DuckDB types of what `far_points` gives."""

_COUNTS: Final = {
    "n_evaluated": PointStatus.EVALUATED,
    "n_copied": PointStatus.SYMMETRY_COPY,
    "n_excluded": PointStatus.EXCLUDED,
    "n_skipped": PointStatus.SKIPPED,
}
_BLOCK: Final = 20_000
_NOISE_ANG: Final = 1e-9


def lowest_beyond_key(distance_ang: float) -> str:
    """Name of the lowest energy beyond a distance from every mobile site."""
    return f"lowest_beyond_{distance_ang:.1f}_ang_ev".replace(".", "p")


def far_points(grid: xr.Dataset, below_ev: float, beyond_ang: float) -> dict[str, np.ndarray]:
    """The points of low energy that are further than a distance from every mobile site.

    Args:
        grid: A scan, in memory.
        below_ev: Energies strictly below this count, eV above the minimum of the ion.
        beyond_ang: Distances strictly above this count, Å, periodic images included.

    Returns:
        Columns as in `POINT_TYPES`, one value per point: the ion that was moved, grid indices,
        fractional and Cartesian coordinates (Å), energy, distance to the nearest mobile site (Å).
    """
    energy = grid[ENERGY].to_numpy()
    cell, sites = _crystal(grid)
    low = energy < np.float64(below_ev)  # false where not evaluated
    if beyond_ang > 0:
        low &= np.isinf(contact_distances(cell, sites, energy.shape[1:], beyond_ang + _NOISE_ANG))
    ion, *indices = np.nonzero(low)
    fractional = np.stack(indices, axis=1) / np.array(energy.shape[1:])
    cartesian = fractional @ cell
    return {
        "mobile_ion": ion,
        **{f"i_{axis}": index for axis, index in zip(AXES, indices, strict=True)},
        **dict(zip(AXES, fractional.T, strict=True)),
        **{f"{axis}_ang": values for axis, values in zip("xyz", cartesian.T, strict=True)},
        "energy_ev": energy[low].astype(np.float64),
        "site_distance_ang": _nearest(fractional, sites, cell),
    }


def chunk_statistics(grid: xr.Dataset, planes: int) -> list[dict[str, Any]]:
    """What is worth knowing of each chunk of a grid before it is read.

    Args:
        grid: A scan, in memory.
        planes: Planes along ``a`` in a chunk; the last one may have fewer.

    Returns:
        One row per mobile ion and chunk: counts by status, lowest and highest energy, and the
        lowest further than `DISTANCES_ANG` from every mobile site; None where there is none.
    """
    energy, status = (grid[name].to_numpy() for name in (ENERGY, STATUS))
    cell, sites = _crystal(grid)
    furthest = max(DISTANCES_ANG) + _NOISE_ANG
    distances = contact_distances(cell, sites, energy.shape[1:], furthest)
    return [
        {"mobile_ion": ion, "chunk": first // planes, "first_a": first}
        | _statistics(energy[ion, part], status[ion, part], distances[part])
        for ion in range(len(energy))
        for first in range(0, energy.shape[1], planes)
        for part in (slice(first, first + planes),)
    ]


def _statistics(energy: np.ndarray, status: np.ndarray, distances: FloatArray) -> dict[str, Any]:
    known = ~np.isnan(energy)
    beyond = {
        lowest_beyond_key(limit): _lowest(energy[known & (distances > limit + _NOISE_ANG)])
        for limit in DISTANCES_ANG
    }
    return {
        "planes_a": len(energy),
        "n_points": energy.size,
        **{name: int((status == value).sum()) for name, value in _COUNTS.items()},
        "lowest_energy_ev": _lowest(energy[known]),
        "highest_energy_ev": float(energy[known].max()) if known.any() else None,
        **beyond,
    }


def _lowest(energies: np.ndarray) -> float | None:
    return float(energies.min()) if energies.size else None


def _crystal(grid: xr.Dataset) -> tuple[FloatArray, FloatArray]:
    """Cell, and fractional coordinates of all sites of the mobile species.

    In a supercell these are more than the ions that were scanned.
    """
    attributes: Mapping[str, Any] = grid.attrs
    positions = np.array(attributes["fractional_positions"], dtype=np.float64)
    cell = np.array(attributes["cell"], dtype=np.float64)
    scanned = attributes["mobile_site_indices"]
    symbols = attributes.get("symbols")
    if symbols is None:
        return cell, positions[scanned]
    species = {symbols[site] for site in scanned}
    return cell, positions[[symbol in species for symbol in symbols]]


def _nearest(fractional: FloatArray, sites: FloatArray, cell: FloatArray) -> FloatArray:
    blocks = [
        minimum_image_distances(fractional[start : start + _BLOCK], sites, cell).min(axis=1)
        for start in range(0, len(fractional), _BLOCK)
    ]
    return np.concatenate([np.empty(0), *blocks])
