"""Supercells large enough for dynamics."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray, plane_spacings, shortest_lattice_vector
from ionlake.structures.record import StructureRecord


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

    repeats: tuple[int, int, int]
    cell: FloatArray
    numbers: NDArray[np.int64]
    positions: FloatArray
    image_distance_ang: float


def supercell_repeats(cell: FloatArray, min_image_distance_ang: float) -> tuple[int, int, int]:
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
    enough = np.ceil(min_image_distance_ang / plane_spacings(cell) - 1e-9).astype(int)
    best = tuple(int(n) for n in enough)
    found = (int(np.prod(enough)), -np.inf, best)
    for repeats in itertools.product(*(range(1, n + 1) for n in best)):
        count = int(np.prod(repeats))
        if count > found[0]:
            continue
        distance = shortest_lattice_vector(cell * np.array(repeats)[:, None])
        if distance >= min_image_distance_ang - 1e-9:
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
    shifts = np.array(list(itertools.product(*(range(n) for n in repeats))), dtype=np.float64)
    fractional = shifts[:, None, :] + structure.fractional_positions[None, :, :]
    cell = structure.cell * np.array(repeats)[:, None]
    return Supercell(
        repeats=repeats,
        cell=cell,
        numbers=np.tile(structure.atomic_numbers, len(shifts)),
        positions=(fractional @ structure.cell).reshape(-1, 3),
        image_distance_ang=shortest_lattice_vector(cell),
    )
