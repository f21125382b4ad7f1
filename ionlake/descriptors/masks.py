"""Points of the doubled box too near the ion's own position to count as free."""

import itertools
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray, lattice_shifts

MASK_RADIUS_A: Final = 1.5
ROUNDING_SLACK_A: Final = 1e-9

BoolArray = NDArray[np.bool_]


def near_seed(cell: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """Points within 1.5 Å of the seed.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        shape: Grid sizes (n_a, n_b, n_c).

    Returns:
        True where hidden, shape (2 n_a, 2 n_b, 2 n_c), the seed at (n_a, n_b, n_c).

    References:
        arXiv:2411.06804, free volume with the surroundings of the minimum masked.
    """
    return _near(cell, shape, [(0, 0, 0)])


def near_seed_images(cell: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """Points within 1.5 Å of the seed or of one of its images in the doubled box.

    The images are the 26 around the seed, one lattice vector away along one or more axes; those on
    the far faces, which the box repeats on its near faces, included.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        shape: Grid sizes (n_a, n_b, n_c).

    Returns:
        True where hidden, shape (2 n_a, 2 n_b, 2 n_c), the seed at (n_a, n_b, n_c).

    References:
        arXiv:2411.06804, free volume with the surroundings of the minimum and its images masked.
    """
    return _near(cell, shape, itertools.product((-1, 0, 1), repeat=3))


def _near(cell: FloatArray, shape: tuple[int, ...], images: Iterable[tuple[int, ...]]) -> BoolArray:
    """Mark the points of the doubled box near the given images of its centre."""
    sizes = np.array(shape)
    voxel = cell / sizes[:, None]
    radius = MASK_RADIUS_A + ROUNDING_SLACK_A
    steps = lattice_shifts(voxel, radius)
    ball = steps[np.linalg.norm(steps @ voxel, axis=1) <= radius]
    hidden = np.zeros(2 * sizes, dtype=np.bool_)
    for image in images:
        points = ball + sizes * (1 + np.array(image))
        inside = np.all((points >= 0) & (points < 2 * sizes), axis=1)
        hidden[tuple(points[inside].T)] = True
    return hidden
