"""Sizes of the scan grid and the points on it."""

from typing import Final

import numpy as np

from ionlake.geometry import FloatArray, IntArray
from ionlake.pes.symmetry import Operations, fit_grids

Shape = tuple[int, int, int]

_LENGTH_NOISE_ANG: Final = 1e-9
_BRICK: Final = 4
_WINDOW: Final = 6
"""Sizes tried along an axis: one of six consecutive numbers is divisible by 2, 3, 4, 5 or 6, the
denominators of crystallographic translations in their usual settings."""


def paper_shape(cell: FloatArray, spacing_ang: float) -> Shape:
    """The paper's grid: n_k = ceil(|a_k| / spacing).

    A length above a whole number of spacings by less than 1e-9 Å counts as that number, so that
    rounding errors of a rotated cell do not add a layer of points.

    Args:
        cell: Lattice vectors as rows, Å.
        spacing_ang: Largest distance of grid points along an axis, Å.

    References:
        arXiv:2411.06804, Methods.
    """
    lengths = np.linalg.norm(cell, axis=1) - _LENGTH_NOISE_ANG
    n_a, n_b, n_c = (max(1, int(n)) for n in np.ceil(lengths / spacing_ang))
    return n_a, n_b, n_c


def commensurate_shape(cell: FloatArray, operations: Operations, spacing_ang: float) -> Shape:
    """The smallest grid, not coarser than the paper's, that keeps the most symmetry operations.

    An operation fits a grid if it maps grid points onto grid points. Among the grids with up to
    five more points along each axis than the paper's, those that most operations fit are kept, and
    of these the one with the fewest points is taken (the first in order of n_a, n_b, n_c on a tie).

    Args:
        cell: Lattice vectors as rows, Å.
        operations: All operations of the crystal, so that the grid depends on the crystal alone
            and not on the potential or on the symmetry used.
        spacing_ang: Largest distance of grid points along an axis, Å.

    References:
        ionlake's own grid; the paper's is `paper_shape`.
    """
    window = np.stack(np.unravel_index(np.arange(_WINDOW**3), (_WINDOW,) * 3), axis=1)
    shapes = np.array(paper_shape(cell, spacing_ang)) + window
    fitting = fit_grids(operations, cell, shapes).sum(axis=1)
    best = shapes[fitting == fitting.max()]
    n_a, n_b, n_c = best[best.prod(axis=1).argmin()].tolist()
    return n_a, n_b, n_c


def brick_order(shape: Shape, flat: IntArray) -> IntArray:
    """An order of grid points in which those that follow each other lie together.

    The grid is cut into bricks of four points along each axis, taken one after the other. Points
    of a brick have nearly the same neighbours, which evaluators that work in batches use.

    Args:
        shape: Grid sizes.
        flat: Flat indices of points in C order, shape (n_points,).

    Returns:
        Positions in ``flat``, shape (n_points,).
    """
    bricks = [index // _BRICK for index in np.unravel_index(flat, shape)]
    return np.lexsort((flat, *bricks[::-1]))


def grid_fractional(shape: Shape, flat: IntArray) -> FloatArray:
    """Fractional coordinates of grid points given by flat index in C order; shape (m, 3)."""
    fractional: FloatArray = np.stack(np.unravel_index(flat, shape), axis=-1) / np.array(shape)
    return fractional
