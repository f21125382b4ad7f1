"""From the doubled box of a level map back to the cell."""

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.pes.seed import GridIndex


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
