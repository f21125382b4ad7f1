"""Symmetry operations of a crystal that map a scan grid onto itself exactly.

An operation takes the fractional column vector x to R x + t. On a grid of N = diag(n) points it is
p → N R N⁻¹ p + N t, which maps grid points onto grid points only if both are integers. An
operation that does not fit is left out, never rounded: a rounded translation moves atoms by a
tenth of an ångström and energies by tenths of an electronvolt.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray, IntArray

POSITION_TOLERANCE_ANG: Final = 1e-5
_DISTANCES_AT_ONCE: Final = 200_000


@dataclass(frozen=True, eq=False)
class Operations:
    """Symmetry operations in fractional coordinates.

    Attributes:
        rotations: Integer matrices R acting on column vectors, shape (m, 3, 3).
        translations: Translations t, shape (m, 3).
    """

    rotations: IntArray
    translations: FloatArray

    def __len__(self) -> int:
        return len(self.rotations)

    def select(self, chosen: np.ndarray) -> "Operations":
        """The operations picked by a boolean mask or by indices."""
        return Operations(self.rotations[chosen], self.translations[chosen])


def crystal_operations(cell: FloatArray, numbers: IntArray, fractional: FloatArray) -> Operations:
    """Operations that map the crystal onto itself within 1e-5 Å.

    Args:
        cell: Lattice vectors as rows, Å.
        numbers: Atomic numbers, shape (n_atoms,); may be empty.
        fractional: Fractional positions, shape (n_atoms, 3).

    Returns:
        The operations, proper and improper, the identity first; the identity alone where spglib
        finds no symmetry.
    """
    found = _spglib_operations(
        np.asarray(cell, dtype=np.float64).tobytes(),
        np.asarray(numbers, dtype=np.int64).tobytes(),
        np.asarray(fractional, dtype=np.float64).tobytes(),
    )
    found = found.select(_keep_metric(found.rotations, cell))
    found = found.select(_map_atoms(found, cell, numbers, fractional))
    identity = np.all(found.rotations == np.eye(3, dtype=int), axis=(1, 2)) & np.all(
        np.abs(found.translations - np.round(found.translations)) < 1e-9, axis=1
    )
    return found.select(np.argsort(~identity, kind="stable"))


def usable(operations: Operations, mode: str) -> Operations:
    """The operations that a symmetry mode allows.

    Args:
        operations: Operations of a crystal, the identity first.
        mode: ``all``; ``proper``, without mirror images, rotoinversions and inversions; or
            ``none``, the identity alone.
    """
    if mode == "all":
        return operations
    if mode == "proper":
        return operations.select(np.linalg.det(operations.rotations) > 0)
    return operations.select(np.array([0]))


def fits_grid(operations: Operations, cell: FloatArray, shape: tuple[int, int, int]) -> np.ndarray:
    """Which operations map the grid onto itself; boolean, shape (m,).

    Their rotations turn grid steps into grid steps, n_k R_kl divisible by n_l, and their
    translations are whole numbers of steps within 1e-5 Å.
    """
    fits: np.ndarray = fit_grids(operations, cell, np.array([shape]))[0]
    return fits


def fit_grids(operations: Operations, cell: FloatArray, shapes: IntArray) -> np.ndarray:
    """Which operations map which grids onto themselves, as `fits_grid`.

    Args:
        operations: Operations of a crystal, m of them.
        cell: Lattice vectors as rows, Å.
        shapes: Grid sizes, shape (s, 3).

    Returns:
        Boolean array of shape (s, m).
    """
    sizes = shapes[:, None, :]
    rotations, which = np.unique(operations.rotations, axis=0, return_inverse=True)
    rotates = np.all(rotations * sizes[..., :, None] % sizes[..., None, :] == 0, axis=(-2, -1))
    off = operations.translations - _on_grid(operations.translations, sizes)
    near = np.linalg.norm(off @ cell, axis=-1) <= POSITION_TOLERANCE_ANG
    fits: np.ndarray = near & rotates[:, which.reshape(-1)]
    return fits


def fit_to_grid(
    operations: Operations,
    cell: FloatArray,
    numbers: IntArray,
    fractional: FloatArray,
    shape: tuple[int, int, int],
) -> Operations:
    """The operations that map the grid onto itself, their translations set to grid steps.

    Setting a translation to a whole number of steps may move it by a rounding error only: the
    operation must still map the atoms within 1e-5 Å.
    """
    fitting = operations.select(fits_grid(operations, cell, shape))
    exact = Operations(fitting.rotations, _on_grid(fitting.translations, np.array(shape)))
    return exact.select(_map_atoms(exact, cell, numbers, fractional))


def image_indices(
    rotation: IntArray, translation: FloatArray, shape: tuple[int, int, int]
) -> IntArray:
    """Flat index of the image of every grid point, in C order, shape (n_a·n_b·n_c,)."""
    sizes = np.array(shape)
    matrix = rotation * sizes[:, None] // sizes[None, :]
    shift = np.round(translation * sizes).astype(np.int64)
    axes = np.ix_(*(np.arange(n) for n in shape))
    image = [
        (sum(matrix[k, axis] * axes[axis] for axis in range(3)) + shift[k]) % sizes[k]
        for k in range(3)
    ]
    flat = (image[0] * sizes[1] + image[1]) * sizes[2] + image[2]
    return np.broadcast_to(flat, shape).reshape(-1)


def orbit_minima(operations: Operations, shape: tuple[int, int, int]) -> IntArray:
    """For every grid point its representative: the lowest flat index in its orbit.

    Operations that hold within a tolerance need not form a group. Then the lowest image of a point
    may have a lower image itself, which is followed until a point represents itself.
    """
    lowest = np.arange(int(np.prod(shape)))
    for rotation, translation in zip(operations.rotations, operations.translations, strict=True):
        np.minimum(lowest, image_indices(rotation, translation, shape), out=lowest)
    while not np.array_equal(lowest, lowest[lowest]):
        lowest = lowest[lowest]
    return lowest


def ion_images(operations: Operations, cell: FloatArray, ions: FloatArray) -> IntArray:
    """The ion that each operation maps each ion onto.

    Args:
        operations: Operations that map the crystal onto itself.
        cell: Lattice vectors as rows, Å.
        ions: Fractional positions of all ions of one species, shape (n_ions, 3).

    Returns:
        Indices of ions, shape (m, n_ions).
    """
    images = [
        _distances(ions @ rotation.T + translation, ions, cell).argmin(axis=1)
        for rotation, translation in zip(operations.rotations, operations.translations, strict=True)
    ]
    return np.array(images, dtype=np.int64)


@lru_cache(maxsize=64)
def _spglib_operations(cell: bytes, numbers: bytes, fractional: bytes) -> Operations:
    """What spglib finds; remembered, because a scan is planned anew wherever it is worked on."""
    import spglib

    found = None
    if numbers:
        crystal = (
            np.frombuffer(cell).reshape(3, 3),
            np.frombuffer(fractional).reshape(-1, 3),
            np.frombuffer(numbers, dtype=np.int64),
        )
        try:
            found = spglib.get_symmetry_dataset(crystal, symprec=POSITION_TOLERANCE_ANG)
        except spglib.SpglibError:
            found = None
    if found is None:
        return Operations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
    return Operations(found.rotations.astype(np.int64), found.translations.astype(np.float64))


def _on_grid(translations: FloatArray, sizes: IntArray) -> FloatArray:
    """The nearest translations by whole numbers of grid steps; the arguments are broadcast."""
    nearest: FloatArray = np.round(translations * sizes) / sizes
    return nearest


def _keep_metric(rotations: IntArray, cell: FloatArray) -> np.ndarray:
    """Which rotations change no lattice vector's length or angle by over 1e-5 Å."""
    metric = cell @ cell.T
    change = rotations.transpose(0, 2, 1) @ metric @ rotations - metric
    lengths = np.sqrt(np.diag(metric))
    keep: np.ndarray = np.abs(change / lengths.max()).max(axis=(1, 2)) <= POSITION_TOLERANCE_ANG
    return keep


def _map_atoms(
    operations: Operations, cell: FloatArray, numbers: IntArray, fractional: FloatArray
) -> np.ndarray:
    """Which operations take every atom to within 1e-5 Å of an atom of its own species."""
    other = numbers[:, None] != numbers[None, :]
    holds = np.ones(len(operations), dtype=bool)
    step = max(1, _DISTANCES_AT_ONCE // max(1, other.size))
    for first in range(0, len(operations), step):
        some = slice(first, first + step)
        moved = fractional @ operations.rotations[some].transpose(0, 2, 1)
        moved = moved + operations.translations[some, None, :]
        distances = _distances(moved, fractional, cell)
        distances[:, other] = np.inf
        nearest = distances.min(axis=2, initial=np.inf)
        holds[some] = np.all(nearest <= POSITION_TOLERANCE_ANG, axis=1)
    return holds


def _distances(points: FloatArray, others: FloatArray, cell: FloatArray) -> FloatArray:
    """Distances to the rounded image: exact where they are far below half a lattice vector.

    Args:
        points: Fractional positions, shape (..., p, 3).
        others: Fractional positions, shape (q, 3).
        cell: Lattice vectors as rows, Å.

    Returns:
        Distances in Å, shape (..., p, q).
    """
    difference = points[..., :, None, :] - others
    difference -= np.round(difference)
    lengths: FloatArray = np.linalg.norm(difference @ cell, axis=-1)
    return lengths
