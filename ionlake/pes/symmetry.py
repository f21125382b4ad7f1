"""Symmetry operations of a crystal that map a scan grid onto itself exactly.

An operation takes the fractional column vector x to R x + t. On a grid of N = diag(n) points it is
p → N R N⁻¹ p + N t, which maps grid points onto grid points only if both are integers. An
operation that does not fit is left out, never rounded: a rounded translation moves atoms by a
tenth of an ångström and energies by tenths of an electronvolt.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray, IntArray

POSITION_TOLERANCE_ANG: Final = 1e-5


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
    found = _spglib_operations(cell, numbers, fractional)
    holds = [
        _keeps_metric(rotation, cell)
        and _maps_atoms(rotation, translation, cell, numbers, fractional)
        for rotation, translation in zip(found.rotations, found.translations, strict=True)
    ]
    found = found.select(np.array(holds, dtype=bool))
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
    sizes = np.array(shape)
    rotates = np.all(operations.rotations * sizes[:, None] % sizes == 0, axis=(1, 2))
    off = operations.translations - _on_grid(operations.translations, sizes)
    fits: np.ndarray = rotates & (np.linalg.norm(off @ cell, axis=1) <= POSITION_TOLERANCE_ANG)
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
    holds = [
        _maps_atoms(rotation, translation, cell, numbers, fractional)
        for rotation, translation in zip(exact.rotations, exact.translations, strict=True)
    ]
    return exact.select(np.array(holds, dtype=bool))


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


def _spglib_operations(cell: FloatArray, numbers: IntArray, fractional: FloatArray) -> Operations:
    import spglib

    found = None
    if len(numbers):
        crystal = (np.asarray(cell), np.asarray(fractional), np.asarray(numbers))
        try:
            found = spglib.get_symmetry_dataset(crystal, symprec=POSITION_TOLERANCE_ANG)
        except spglib.SpglibError:
            found = None
    if found is None:
        return Operations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
    return Operations(found.rotations.astype(np.int64), found.translations.astype(np.float64))


def _on_grid(translations: FloatArray, sizes: IntArray) -> FloatArray:
    """The nearest translations by whole numbers of grid steps."""
    nearest: FloatArray = np.round(translations * sizes) / sizes
    return nearest


def _keeps_metric(rotation: IntArray, cell: FloatArray) -> bool:
    """Whether the rotation changes no lattice vector's length or angle by over 1e-5 Å."""
    metric = cell @ cell.T
    change = rotation.T @ metric @ rotation - metric
    lengths = np.sqrt(np.diag(metric))
    return bool(np.abs(change / lengths.max()).max() <= POSITION_TOLERANCE_ANG)


def _maps_atoms(
    rotation: IntArray,
    translation: FloatArray,
    cell: FloatArray,
    numbers: IntArray,
    fractional: FloatArray,
) -> bool:
    """Whether every atom lands within 1e-5 Å of an atom of its own species."""
    distances = _distances(fractional @ rotation.T + translation, fractional, cell)
    distances[numbers[:, None] != numbers[None, :]] = np.inf
    return bool(np.all(distances.min(axis=1, initial=np.inf) <= POSITION_TOLERANCE_ANG))


def _distances(points: FloatArray, others: FloatArray, cell: FloatArray) -> FloatArray:
    """Distances to the rounded image: exact where they are far below half a lattice vector."""
    difference = points[:, None, :] - others[None, :, :]
    difference -= np.round(difference)
    lengths: FloatArray = np.linalg.norm(difference @ cell, axis=-1)
    return lengths
