"""Which grid points count as neighbours of a point."""

import itertools

import numpy as np

from ionlake.geometry import FloatArray, IntArray

LENGTH_SLACK_A = 1e-4


def neighbour_offsets(cell: FloatArray, shape: tuple[int, ...]) -> IntArray:
    """Grid steps of the "sqrt3" connectivity.

    Of the 26 offsets to the points around a point, those are steps whose Cartesian length does not
    exceed the diagonal of a right-angled voxel with the same edges. All 26 remain in a cell with
    right angles; a skewed cell loses its long diagonals, which would jump over barriers.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        shape: Grid sizes (n_a, n_b, n_c).

    Returns:
        Integer offsets, shape (m, 3), in lexicographic order; with each its opposite, and always
        the six along the axes.

    References:
        arXiv:2411.06804, the default of the authors' implementation.
    """
    voxel = cell / np.array(shape)[:, None]
    offsets = np.array(
        [step for step in itertools.product((-1, 0, 1), repeat=3) if any(step)], dtype=np.int64
    )
    longest = np.sqrt(np.square(voxel).sum()) + LENGTH_SLACK_A
    short: IntArray = offsets[np.linalg.norm(offsets @ voxel, axis=1) <= longest]
    return short
