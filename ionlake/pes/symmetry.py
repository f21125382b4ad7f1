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


@dataclass(frozen=True)
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


def crystal_operations(
    cell: FloatArray, numbers: IntArray, fractional: FloatArray, *, improper: bool
) -> Operations:
    """Operations that map the crystal onto itself within 1e-5 Å.

    Args:
        cell: Lattice vectors as rows, Å.
        numbers: Atomic numbers, shape (n_atoms,); may be empty.
        fractional: Fractional positions, shape (n_atoms, 3).
        improper: Include mirror images, rotoinversions and inversions.

    Returns:
        The operations, the identity first.
    """
    found = _spglib_operations(cell, numbers, fractional)
    if not improper:
        found = found.select(_determinants(found.rotations) == 1)
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
    sizes = np.array(shape)
    fits = rotations_fit(operations.rotations, sizes)
    snapped = np.round(operations.translations * sizes) / sizes
    for index in np.flatnonzero(fits):
        fits[index] = _maps_atoms(
            operations.rotations[index], snapped[index], cell, numbers, fractional
        )
    return Operations(operations.rotations[fits], snapped[fits])


def rotations_fit(rotations: IntArray, sizes: IntArray) -> np.ndarray:
    """Which rotations turn every grid step into grid steps: n_k R_kl divisible by n_l.

    Args:
        rotations: Shape (m, 3, 3).
        sizes: Grid sizes, shape (..., 3).

    Returns:
        Boolean array of shape (..., m).
    """
    scaled = rotations * sizes[..., None, :, None]
    fits: np.ndarray = np.all(scaled % sizes[..., None, None, :] == 0, axis=(-1, -2))
    return fits


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
    """For every grid point the lowest flat index among its images: its orbit's representative."""
    lowest = np.arange(int(np.prod(shape)))
    for rotation, translation in zip(operations.rotations, operations.translations, strict=True):
        np.minimum(lowest, image_indices(rotation, translation, shape), out=lowest)
    return lowest


def site_images(operations: Operations, cell: FloatArray, fractional: FloatArray) -> IntArray:
    """Index of the site that each operation maps each site onto, −1 if none; shape (m, n_sites)."""
    images = np.full((len(operations), len(fractional)), -1)
    for index, (rotation, translation) in enumerate(
        zip(operations.rotations, operations.translations, strict=True)
    ):
        distances = _distances(fractional @ rotation.T + translation, fractional, cell)
        nearest = distances.argmin(axis=1)
        hit = distances[np.arange(len(fractional)), nearest] <= POSITION_TOLERANCE_ANG
        images[index, hit] = nearest[hit]
    return images


def _spglib_operations(cell: FloatArray, numbers: IntArray, fractional: FloatArray) -> Operations:
    import spglib

    found = None
    if len(numbers):
        crystal = (np.asarray(cell), np.asarray(fractional), np.asarray(numbers))
        found = spglib.get_symmetry_dataset(crystal, symprec=POSITION_TOLERANCE_ANG)
    if found is None:
        return Operations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
    return Operations(found.rotations.astype(np.int64), found.translations.astype(np.float64))


def _determinants(rotations: IntArray) -> IntArray:
    determinants: IntArray = np.round(np.linalg.det(rotations)).astype(np.int64)
    return determinants


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
