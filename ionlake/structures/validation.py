"""What makes three arrays a crystal that can be scanned."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ionlake.errors import StructureError
from ionlake.geometry import FloatArray, plane_spacings, volume

SHORTEST_DISTANCE = 0.5
SHORTEST_PLANE_SPACING = 0.1
LARGEST_NUMBER = 1e6
HEAVIEST_ELEMENT = 118


def checked_cell(values: ArrayLike) -> FloatArray:
    """A read-only copy of a cell that spans space.

    Args:
        values: Lattice vectors as rows, Å, shape (3, 3). Left-handed cells are fine.

    Raises:
        StructureError: Not a (3, 3) array of finite numbers, or (nearly) flat.
    """
    cell = _finite_array(values, "cell", "lattice vectors as rows in Å")
    if cell.shape != (3, 3):
        raise StructureError(
            f"cell has shape {cell.shape}, expected (3, 3): give three lattice vectors as rows in Å"
        )
    flat = f"cell with volume {volume(cell):.3g} Å³ spans no space"
    if volume(cell) < SHORTEST_DISTANCE**3:
        raise StructureError(f"{flat}, expected three independent lattice vectors: check the cell")
    if plane_spacings(cell).min() < SHORTEST_PLANE_SPACING:
        raise StructureError(
            f"cell is nearly flat, its lattice planes are {plane_spacings(cell).min():.3g} Å apart,"
            f" expected at least {SHORTEST_PLANE_SPACING} Å: choose shorter lattice vectors"
        )
    return cell


def checked_atomic_numbers(values: ArrayLike) -> NDArray[np.int64]:
    """A read-only copy of the atomic numbers of a crystal with at least one atom.

    Args:
        values: Atomic numbers in site order, shape (n,), each from 1 to 118.

    Raises:
        StructureError: No atom, numbers that are not integers, or numbers of no element.
    """
    numbers = _finite_array(values, "atomic numbers", "one integer per atom")
    if numbers.size == 0:
        raise StructureError("the crystal has no atoms, expected at least one: check its file")
    if numbers.ndim != 1 or np.any(numbers % 1):
        raise StructureError(
            f"atomic numbers are {numbers.tolist()}, expected one integer per atom:"
            " give the atomic numbers as a flat list of integers"
        )
    strange = numbers[(numbers < 1) | (numbers > HEAVIEST_ELEMENT)]
    if strange.size:
        raise StructureError(
            f"atomic number {strange[0]:g} is no element, expected 1 to {HEAVIEST_ELEMENT}:"
            " replace dummy atoms and vacancies by real elements or remove them"
        )
    integers = numbers.astype(np.int64)
    integers.flags.writeable = False
    return integers


def checked_positions(values: ArrayLike, n_sites: int) -> FloatArray:
    """A read-only copy of the fractional positions, one row per atom.

    Args:
        values: Fractional coordinates, shape (n_sites, 3); they need not lie in [0, 1).
        n_sites: Number of atoms.

    Raises:
        StructureError: Wrong shape or numbers that are not finite.
    """
    positions = _finite_array(values, "fractional positions", "three numbers per atom")
    if positions.shape != (n_sites, 3):
        raise StructureError(
            f"fractional positions have shape {positions.shape}, expected ({n_sites}, 3):"
            " give one row of three numbers per atom"
        )
    return positions


def check_distances(cell: FloatArray, fractional_positions: FloatArray) -> None:
    """Refuse atoms on top of each other, periodic images and an atom's own images included.

    Args:
        cell: Lattice vectors as rows, Å.
        fractional_positions: Fractional coordinates, shape (n, 3).

    Raises:
        StructureError: Two atoms, or an atom and its own image, are closer than 0.5 Å.
    """
    from matscipy.neighbours import neighbour_list

    first, second, distance = neighbour_list(
        "ijd",
        cutoff=SHORTEST_DISTANCE,
        positions=fractional_positions @ cell,
        cell=cell,
        pbc=np.ones(3, dtype=bool),
    )
    if len(distance):
        closest = distance.argmin()
        pair = sorted((first[closest], second[closest]))
        raise StructureError(
            f"sites {pair[0]} and {pair[1]} (periodic images included) are"
            f" {distance[closest]:.3f} Å apart, expected at least {SHORTEST_DISTANCE} Å: remove"
            " duplicate atoms or check that the cell is in Å"
        )


def _finite_array(values: ArrayLike, name: str, expected: str) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StructureError(
            f"{name} cannot be read as numbers, expected {expected}: check for missing values"
        ) from error
    if not np.all(np.abs(array) < LARGEST_NUMBER):
        raise StructureError(
            f"{name} contains NaN, infinity or a number beyond {LARGEST_NUMBER:.0e},"
            f" expected {expected}: correct the numbers"
        )
    array.flags.writeable = False
    return array
