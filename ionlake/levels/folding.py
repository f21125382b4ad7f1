"""From the doubled box of a level map back to the cell."""

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import level_map
from ionlake.pes.seed import GridIndex, find_seed


def levels_in_cell(
    energy: FloatArray, cell: FloatArray, site: FloatArray, excluded_ev: float | None = None
) -> FloatArray:
    """The lowest level with which an ion reaches each point of the cell, or an image of it.

    Args:
        energy: Energies of the ion in eV, shape (n_a, n_b, n_c), NaN where not evaluated.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        site: Fractional coordinates of the ion, shape (3,), which decides between equal minima.
        excluded_ev: Energy of points that were not evaluated, eV; by default the highest of the
            ion, as in the paper.

    Returns:
        Levels above the minimum in eV, shape (n_a, n_b, n_c).

    References:
        arXiv:2411.06804, level map.
    """
    seed = find_seed(energy, cell, site)
    filled = np.where(
        np.isnan(energy), np.nanmax(energy) if excluded_ev is None else excluded_ev, energy
    )
    return fold_levels(level_map(filled, seed, neighbour_offsets(cell, energy.shape)), seed)


def fold_levels(levels: FloatArray, seed: GridIndex) -> FloatArray:
    """The lowest level of each point's images in the doubled box, at the point's place in the cell.

    Args:
        levels: Level map, shape (2 n_a + 1, 2 n_b + 1, 2 n_c + 1), the seed in its centre.
        seed: Grid indices of the seed.

    Returns:
        Shape (n_a, n_b, n_c).
    """
    for axis in range(3):
        folded = np.moveaxis(levels, axis, 0)
        n = len(folded) // 2
        once = np.minimum(folded[:n], folded[n : 2 * n])
        once[0] = np.minimum(once[0], folded[-1])
        levels = np.moveaxis(once, 0, axis)
    return np.roll(levels, seed, axis=(0, 1, 2))
