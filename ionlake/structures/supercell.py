"""Supercells in which no atom is nearer than a distance to its own images."""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray, plane_spacings, shortest_lattice_vector
from ionlake.structures.record import StructureRecord

Repeats = tuple[int, int, int]

ONE_CELL: Final[Repeats] = (1, 1, 1)

_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Supercell:
    """A crystal repeated along its lattice vectors.

    Attributes:
        repeats: Number of cells along each lattice vector.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        numbers: Atomic numbers, shape (n,): cell by cell, each in the order of the crystal.
        positions: Cartesian positions, Å, shape (n, 3).
        image_distance_ang: Distance of an atom to its nearest image, Å.
    """

    repeats: Repeats
    cell: FloatArray
    numbers: NDArray[np.int64]
    positions: FloatArray
    image_distance_ang: float


def keeps_images_apart(cell: FloatArray, min_image_distance_ang: float) -> bool:
    """Whether no atom is nearer than a distance to its own images, up to rounding (1e-9 Å).

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        min_image_distance_ang: The distance, Å.
    """
    return shortest_lattice_vector(cell) >= min_image_distance_ang - _ROUNDING


def supercell_repeats(cell: FloatArray, min_image_distance_ang: float) -> Repeats:
    """The smallest repetition in which no atom is nearer than a distance to its own images.

    What counts is the shortest lattice vector of the supercell, which in a skewed cell may be
    shorter than all of its edges. Among repetitions of equally many cells the one with the longest
    such vector is taken, then the first in order.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        min_image_distance_ang: The distance, Å.

    Raises:
        SettingsError: The distance is not positive.
    """
    if not min_image_distance_ang > 0:
        raise SettingsError(
            f"min_image_distance_ang is {min_image_distance_ang!r}; expected a positive length in Å"
        )
    # A lattice vector with a component along axis k spans at least one plane spacing of that axis.
    enough = np.ceil(min_image_distance_ang / plane_spacings(cell) - _ROUNDING).astype(int)
    best = tuple(int(n) for n in enough)
    found = (int(np.prod(enough)), -np.inf, best)
    for repeats in itertools.product(*(range(1, n + 1) for n in best)):
        count = int(np.prod(repeats))
        if count > found[0]:
            continue
        distance = shortest_lattice_vector(cell * np.array(repeats)[:, None])
        if distance >= min_image_distance_ang - _ROUNDING:
            found = min(found, (count, -distance, repeats))
    a, b, c = found[2]
    return a, b, c


def make_supercell(structure: StructureRecord, min_image_distance_ang: float) -> Supercell:
    """Repeat a crystal until no atom is nearer than a distance to its own images.

    Args:
        structure: The crystal.
        min_image_distance_ang: The distance, Å.

    Raises:
        SettingsError: The distance is not positive.
    """
    repeats = supercell_repeats(structure.cell, min_image_distance_ang)
    fractional = _repeated_positions(structure, repeats)
    cell = structure.cell * np.array(repeats)[:, None]
    return Supercell(
        repeats=repeats,
        cell=cell,
        numbers=np.tile(structure.atomic_numbers, int(np.prod(repeats))),
        positions=fractional @ structure.cell,
        image_distance_ang=shortest_lattice_vector(cell),
    )


def repeated(structure: StructureRecord, repeats: Repeats) -> StructureRecord:
    """The crystal in a supercell.

    Args:
        structure: The crystal, n atoms in its cell.
        repeats: Number of cells along each lattice vector.

    Returns:
        Its atoms cell by cell, the last lattice vector running fastest, each cell in the order of
        the crystal: atom i is a copy of atom i % n. The crystal itself where nothing is repeated.
    """
    if repeats == ONE_CELL:
        return structure
    counts = np.array(repeats)
    return StructureRecord(
        structure.cell * counts[:, None],
        np.tile(structure.atomic_numbers, int(counts.prod())),
        _repeated_positions(structure, repeats) / counts,
    )


def _repeated_positions(structure: StructureRecord, repeats: Repeats) -> FloatArray:
    """Positions of all atoms in units of the crystal's own lattice vectors, shape (n, 3)."""
    shifts = np.array(list(itertools.product(*(range(n) for n in repeats))), dtype=np.float64)
    positions: FloatArray = shifts[:, None, :] + structure.fractional_positions[None, :, :]
    return positions.reshape(-1, 3)
