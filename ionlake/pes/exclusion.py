"""Grid points too close to another atom to be worth an energy."""

from typing import Final

import numpy as np

from ionlake.geometry import FloatArray, plane_spacings
from ionlake.pes.grid import Shape

_LENGTH_NOISE_ANG: Final = 1e-9


def allowed_points(
    cell: FloatArray, framework: FloatArray, shape: Shape, radius_ang: float
) -> np.ndarray:
    """Mark the grid points that keep their distance from every other atom.

    Args:
        cell: Lattice vectors as rows, Å.
        framework: Fractional positions of all atoms but the moving one, shape (n, 3).
        shape: Grid sizes.
        radius_ang: A point nearer than this to an atom, periodic images included, is excluded, Å.
            A point at this very distance is allowed, whatever the last bits of its distance say,
            so that symmetric points share their fate.

    Returns:
        Boolean array of the grid's shape, True where the energy is to be evaluated.

    References:
        arXiv:2411.06804, Methods (1.2 Å).
    """
    return np.isinf(contact_distances(cell, framework, shape, radius_ang - _LENGTH_NOISE_ANG))


def contact_distances(
    cell: FloatArray, framework: FloatArray, shape: Shape, radius_ang: float
) -> FloatArray:
    """Distance in Å from each grid point to the nearest atom, infinite from ``radius_ang`` on.

    Args:
        cell: Lattice vectors as rows, Å.
        framework: Fractional positions of the atoms, shape (n, 3).
        shape: Grid sizes.
        radius_ang: Distances that are not smaller are not told apart, Å.
    """
    nearest = np.full(shape, np.inf)
    sizes = np.array(shape)
    reach = np.ceil(radius_ang / plane_spacings(cell) * sizes).astype(int) + 1
    offsets = np.indices(2 * reach + 1).reshape(3, -1).T - reach
    for position in framework:
        points = np.floor(position * sizes).astype(int) + offsets
        distances = np.linalg.norm((points / sizes - position) @ cell, axis=1)
        near = distances < radius_ang
        # A point may be reached more than once, through several of its images.
        np.minimum.at(nearest, tuple((points[near] % sizes).T), distances[near])
    return nearest
