"""Periodic geometry on row-vector cells.

Conventions used everywhere below: a cell is a (3, 3) array whose rows are the lattice vectors in Å;
Cartesian = fractional @ cell; grid point ``i`` of ``n`` along an axis lies at fractional ``i / n``,
the end point excluded.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def volume(cell: FloatArray) -> float:
    """Volume of the cell in Å³ (positive for left-handed cells too)."""
    return abs(float(np.linalg.det(cell)))


def plane_spacings(cell: FloatArray) -> FloatArray:
    """Distances in Å between the lattice planes (100), (010) and (001); shape (3,)."""
    spacings: FloatArray = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return spacings


def lattice_shifts(cell: FloatArray, radius: float) -> IntArray:
    """All integer lattice shifts that can bring two points of one cell within ``radius``.

    Args:
        cell: Lattice vectors as rows, Å.
        radius: Distance in Å.

    Returns:
        Integer shifts, shape (m, 3), complete for fractional differences in [-1, 1].
    """
    reach = np.ceil(radius / plane_spacings(cell)).astype(int) + 1
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
    # A rounded difference is never longer than half the cell's diagonals, so no image further
    # than that can be the nearest one.
    longest = 0.5 * float(np.abs(cell).sum(axis=0) @ np.ones(3))
    bound = min(longest, float(np.linalg.norm(difference @ cell, axis=-1).max(initial=0.0)))
    best = np.full(difference.shape[:2], np.inf)
    for shift in lattice_shifts(cell, bound):
        np.minimum(best, np.linalg.norm((difference + shift) @ cell, axis=-1), out=best)
    return best


def shortest_lattice_vector(cell: FloatArray) -> float:
    """Length in Å of the shortest non-zero lattice vector: the distance of an ion to its image."""
    shifts = lattice_shifts(cell, float(np.linalg.norm(cell, axis=1).min()))
    lengths = np.linalg.norm(shifts @ cell, axis=1)
    return float(lengths[np.any(shifts != 0, axis=1)].min())
