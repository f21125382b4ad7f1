"""Warning signs in a scan, recorded as flags and never as failures."""

from typing import Any, Final

import numpy as np

from ionlake.geometry import FloatArray, minimum_image_distances
from ionlake.pes.seed import find_seed

MINIMUM_BELOW_BASE_EV: Final = 0.2
MINIMUM_FAR_FROM_SITE_ANG: Final = 0.5


def ion_checks(
    energies: FloatArray, cell: FloatArray, sites: FloatArray, base_energy_ev: float
) -> dict[str, list[Any]]:
    """Compare each ion's grid minimum with its site.

    Args:
        energies: Total energies in eV, shape (n_ions, n_a, n_b, n_c), NaN where excluded.
        cell: Lattice vectors as rows, Å.
        sites: Fractional positions of the ions, shape (n_ions, 3).
        base_energy_ev: Energy with every ion at its site, eV; NaN if unknown.

    Returns:
        Per ion: ``minimum_minus_base_ev`` (None if unknown), ``minimum_distance_to_site_ang`` (to
        the nearest periodic image), and the flags ``minimum_below_base`` (by more than 0.2 eV; None
        if unknown), ``minimum_far_from_site`` (more than 0.5 Å) and ``minimum_on_edge`` of the
        grid, which is harmless on a periodic grid.

    References:
        The authors' three checks; theirs measures the distance without periodic images.
    """
    rows = [
        _checks(grid, cell, site, base_energy_ev)
        for grid, site in zip(energies, sites, strict=True)
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _checks(
    grid: FloatArray, cell: FloatArray, site: FloatArray, base_energy_ev: float
) -> dict[str, Any]:
    seed = find_seed(grid, cell, site)
    point = np.array(seed) / np.array(grid.shape)
    distance = float(minimum_image_distances(point[None], site[None], cell)[0, 0])
    known = bool(np.isfinite(base_energy_ev))
    below = float(np.nanmin(grid) - base_energy_ev)
    return {
        "minimum_minus_base_ev": below if known else None,
        "minimum_distance_to_site_ang": distance,
        "minimum_below_base": below < -MINIMUM_BELOW_BASE_EV if known else None,
        "minimum_far_from_site": distance > MINIMUM_FAR_FROM_SITE_ANG,
        "minimum_on_edge": any(
            index in (0, size - 1) for index, size in zip(seed, grid.shape, strict=True)
        ),
    }
