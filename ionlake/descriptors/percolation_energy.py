"""Minimum percolation energy: what it takes to leave the doubled box."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.levels.minimax import cap_levels

ROBUST_QUANTILES: Final = (0.03, 0.05, 0.10)


def mpe(levels: FloatArray) -> float:
    """Lowest level on any of the six faces of the doubled box, in eV.

    The energy that takes the ion one whole lattice vector away along some axis. It may end there in
    a dead end, and the box depends on the choice of the cell: see
    ``ionlake.levels.percolation_barriers`` for the quantity without these limits.

    Args:
        levels: Level map, eV, shape (2 n_a + 1, 2 n_b + 1, 2 n_c + 1), without a cap.

    References:
        arXiv:2411.06804, minimum percolation energy (there a material's value is the minimum over
        its mobile ions).
    """
    return min(float(face.min()) for face in _faces(levels))


def mpe_robust(
    levels: FloatArray, highest: float, quantiles: Sequence[float] = ROBUST_QUANTILES
) -> tuple[float, ...]:
    """Lowest quantile of the levels of a face, over the six faces, in eV.

    As :func:`mpe`, but asking for a window of some size instead of a single point of the face.

    Args:
        levels: Level map, eV, shape (2 n_a + 1, 2 n_b + 1, 2 n_c + 1), without a cap.
        highest: Largest energy of the landscape less that of the seed, eV, which stands for every
            level above 6 eV.
        quantiles: Shares of the face's points, interpolated linearly.

    Returns:
        One value for each quantile.

    References:
        arXiv:2411.06804, robust variants of the minimum percolation energy.
    """
    of_faces = [np.quantile(cap_levels(face, highest), quantiles) for face in _faces(levels)]
    return tuple(float(value) for value in np.min(of_faces, axis=0))


def _faces(levels: FloatArray) -> Iterator[FloatArray]:
    for axis in range(3):
        yield from np.moveaxis(levels, axis, 0)[[0, -1]]
