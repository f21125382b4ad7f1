"""Periodic geometry on row-vector cells.

Conventions used everywhere below: a cell is a (3, 3) array whose rows are the lattice vectors in Å;
Cartesian = fractional @ cell; grid point ``i`` of ``n`` along an axis lies at fractional ``i / n``,
the end point excluded.
"""

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROUNDING: Final = 1e-9
"""Allowance, in lattice vectors, for rounding errors of plane spacings."""

_SAME_LENGTH_ANG: Final = 1e-6


def volume(cell: FloatArray) -> float:
    """Volume of the cell in Å³ (positive for left-handed cells too)."""
    return abs(float(np.linalg.det(cell)))


def plane_spacings(cell: FloatArray) -> FloatArray:
    """Distances in Å between the lattice planes (100), (010) and (001); shape (3,)."""
    spacings: FloatArray = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return spacings


def lattice_shifts(cell: FloatArray, radius: float, difference: float = 0.0) -> IntArray:
    """All integer lattice shifts that can bring two points within ``radius`` of each other.

    A vector no longer than ``radius`` has a component of at most radius / plane spacing along each
    axis, so no other shift can.

    Args:
        cell: Lattice vectors as rows, Å.
        radius: Distance in Å.
        difference: Largest fractional difference of the points along an axis before the shift; 0
            for a point and its own images.

    Returns:
        Integer shifts, shape (m, 3); some of them may lead further away than ``radius``.
    """
    reach = np.floor(radius / plane_spacings(cell) + difference + _ROUNDING).astype(int)
    ranges = [range(-r, r + 1) for r in reach]
    return np.array(list(itertools.product(*ranges)), dtype=np.int64)


def minimum_image_distances(
    fractional: FloatArray, others: FloatArray, cell: FloatArray
) -> FloatArray:
    """Shortest periodic distance from each point to each other point.

    Exact for any cell shape: every lattice shift that could win is tried.

    Args:
        fractional: Points, fractional coordinates, shape (p, 3).
        others: Points, fractional coordinates, shape (q, 3).
        cell: Lattice vectors as rows, Å.

    Returns:
        Distances in Å, shape (p, q).
    """
    difference = fractional[:, None, :] - others[None, :, :]
    difference -= np.round(difference)
    best: FloatArray = np.linalg.norm(difference @ cell, axis=-1)
    # The rounded differences bound every shortest distance from above.
    for shift in lattice_shifts(cell, float(best.max(initial=0.0)), difference=0.5):
        np.minimum(best, np.linalg.norm((difference + shift) @ cell, axis=-1), out=best)
    return best


def shortest_lattice_vector(cell: FloatArray) -> float:
    """Length in Å of the shortest non-zero lattice vector: the distance of an ion to its image."""
    shifts = lattice_shifts(cell, float(np.linalg.norm(cell, axis=1).min()))
    lengths = np.linalg.norm(shifts @ cell, axis=1)
    return float(lengths[np.any(shifts != 0, axis=1)].min())


def nearest_points(
    fractional: FloatArray, others: FloatArray, cell: FloatArray, count: int
) -> tuple[IntArray, FloatArray]:
    """The nearest of some points and all their periodic images, images counted one by one.

    Args:
        fractional: One point, fractional coordinates, shape (3,).
        others: At least one point, fractional coordinates, shape (q, 3).
        cell: Lattice vectors as rows, Å.
        count: How many are wanted.

    Returns:
        Indices in ``others`` and distances in Å, shape (count,), the nearest first; of equal
        distances (to 1e-6 Å) the lower index.
    """
    difference = others - fractional
    difference -= np.round(difference)
    nearest = np.linalg.norm(difference @ cell, axis=1)
    radius = float(np.sort(nearest)[min(count, len(others)) - 1])
    while True:
        shifts = lattice_shifts(cell, radius, difference=0.5)
        images = difference[:, None, :] + shifts
        distances = np.linalg.norm(images @ cell, axis=-1)
        which, image = np.nonzero(distances <= radius + _SAME_LENGTH_ANG)
        if len(which) >= count:
            break
        radius += float(np.linalg.norm(cell, axis=1).min())
    found = distances[which, image]
    order = np.lexsort((which, np.round(found, 6)))[:count]
    return which[order].astype(np.int64), found[order]
