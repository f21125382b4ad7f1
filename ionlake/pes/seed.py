"""The grid point from which an ion's landscape is flooded."""

import numpy as np

from ionlake.errors import GridError
from ionlake.geometry import FloatArray, minimum_image_distances

ENERGY_TIE_EV = 1e-5
DISTANCE_TIE_A = 1e-3

GridIndex = tuple[int, int, int]


def find_seed(energy: FloatArray, cell: FloatArray, site: FloatArray) -> GridIndex:
    """Grid point of the energy minimum, chosen reproducibly among degenerate ones.

    Symmetry often makes several points the minimum, equal but for the noise of the potential.
    Among those within 1e-5 eV of the lowest, the one nearest to the ion's own site wins; where
    distances too agree (within 1e-3 Å), the first in C order.

    Args:
        energy: Energies in eV, shape (n_a, n_b, n_c), NaN where not evaluated.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        site: Fractional coordinates of the ion in the crystal, shape (3,).

    Returns:
        Indices (i, j, k) of the seed.

    Raises:
        GridError: If no point was evaluated.

    References:
        arXiv:2411.06804 starts at "the" minimum; the rule for ties is ionlake's.
    """
    if np.isnan(energy).all():
        raise GridError(
            f"no seed on this grid: all {energy.size} points are NaN, expected at least one "
            "evaluated energy; check the exclusion radius and the structure"
        )
    tied = np.flatnonzero(energy.ravel() <= np.nanmin(energy) + ENERGY_TIE_EV)
    points = np.stack(np.unravel_index(tied, energy.shape), axis=1)
    distances = minimum_image_distances(points / np.array(energy.shape), site[None, :], cell)[:, 0]
    i, j, k = points[np.argmax(distances <= distances.min() + DISTANCE_TIE_A)]
    return int(i), int(j), int(k)
