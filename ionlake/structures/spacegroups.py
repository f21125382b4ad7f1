"""From a published description (space group, lattice, Wyckoff sites) to a primitive cell.

Positions are carried as exact fractions from the printed digits to the last step, so that the
crystal has its full symmetry to the last bit of a float and is the same on every platform and with
every version of the symmetry library.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from ionlake.errors import StructureError
from ionlake.geometry import FloatArray

ExactPoint = tuple[Fraction, Fraction, Fraction]

NUMBER_OF_HALL_SYMBOLS = 530
TRANSLATION_DENOMINATOR = 24

# Primitive vectors as rows in units of the conventional ones: the choice of spglib's
# ``standardize_cell(..., to_primitive=True)`` for each centring.
PRIMITIVE_VECTORS: Mapping[str, Sequence[Sequence[str]]] = {
    "P": (("1", "0", "0"), ("0", "1", "0"), ("0", "0", "1")),
    "A": (("1", "0", "0"), ("0", "1/2", "1/2"), ("0", "-1/2", "1/2")),
    "C": (("1/2", "-1/2", "0"), ("1/2", "1/2", "0"), ("0", "0", "1")),
    "F": (("0", "1/2", "1/2"), ("1/2", "0", "1/2"), ("1/2", "1/2", "0")),
    "I": (("-1/2", "1/2", "1/2"), ("1/2", "-1/2", "1/2"), ("1/2", "1/2", "-1/2")),
    "R": (("2/3", "1/3", "1/3"), ("-1/3", "1/3", "1/3"), ("-1/3", "-2/3", "1/3")),
}


@dataclass(frozen=True)
class WyckoffSite:
    """One set of symmetry-equivalent atoms.

    Attributes:
        species: Element symbol.
        wyckoff: Multiplicity in the conventional cell and Wyckoff letter, such as ``4c``.
        position: A representative, in fractions of the conventional cell.
    """

    species: str
    wyckoff: str
    position: ExactPoint


@dataclass(frozen=True)
class SymmetryOperation:
    """The map x → rotation · x + translation of fractional coordinates."""

    rotation: tuple[tuple[int, ...], ...]
    translation: ExactPoint

    def __call__(self, point: ExactPoint) -> ExactPoint:
        """The image of a point, moved into the cell."""
        image = [
            sum((r * x for r, x in zip(row, point, strict=True)), shift) % 1
            for row, shift in zip(self.rotation, self.translation, strict=True)
        ]
        return (image[0], image[1], image[2])


def conventional_cell(number: int, lattice: Mapping[str, float]) -> FloatArray:
    """Lattice vectors of the conventional cell: a along x, b in the xy plane.

    Args:
        number: Space group number.
        lattice: The parameters that the crystal system leaves free: ``a``, ``b``, ``c`` in Å and
            ``beta`` (monoclinic, axis b) in degrees. Hexagonal axes for rhombohedral groups.

    Returns:
        Lattice vectors as rows, Å, shape (3, 3).

    Raises:
        StructureError: A triclinic group, which no bundled crystal has.
    """
    a, b, c = lattice["a"], lattice.get("b", lattice["a"]), lattice.get("c", lattice["a"])
    if number <= 2:
        raise StructureError(f"space group {number} is triclinic, expected 3 to 230: give all axes")
    cell = np.diag(np.array([a, b, c], dtype=np.float64))
    if number <= 15:
        beta = math.radians(lattice["beta"])
        cell[2] = [c * math.cos(beta), 0.0, c * math.sin(beta)]
    if 143 <= number <= 194:
        cell[1] = [-a / 2, a * math.sqrt(3) / 2, 0.0]
    return cell


@cache
def symmetry_operations(number: int) -> tuple[SymmetryOperation, ...]:
    """All operations of a space group in spglib's default setting, centring included.

    That setting is the first one in the International Tables: axis b for monoclinic groups,
    hexagonal axes for rhombohedral groups, origin choice 1.

    Args:
        number: Space group number, 1 to 230.
    """
    import spglib

    halls = range(1, NUMBER_OF_HALL_SYMBOLS + 1)
    hall = next(h for h in halls if spglib.get_spacegroup_type(h).number == number)
    table = spglib.get_symmetry_from_database(hall)
    return tuple(
        SymmetryOperation(
            rotation=tuple(tuple(int(r) for r in row) for row in rotation),
            translation=_exact_translation(translation),
        )
        for rotation, translation in zip(table["rotations"], table["translations"], strict=True)
    )


def orbit(site: WyckoffSite, number: int) -> list[ExactPoint]:
    """All atoms of a Wyckoff site in the conventional cell, in the order of the operations.

    Args:
        site: The site.
        number: Space group number.

    Raises:
        StructureError: The position has another multiplicity than its Wyckoff symbol says.
    """
    images = (operation(site.position) for operation in symmetry_operations(number))
    points = list(dict.fromkeys(images))
    expected = int(site.wyckoff[:-1])
    if len(points) != expected:
        raise StructureError(
            f"{site.species} at Wyckoff site {site.wyckoff} of space group {number} makes"
            f" {len(points)} atoms, expected {expected}: correct the position or the symbol"
        )
    return points


def primitive_cell(
    number: int, centring: str, lattice: Mapping[str, float], sites: Sequence[WyckoffSite]
) -> tuple[FloatArray, list[str], FloatArray]:
    """The primitive cell of a crystal described in its conventional cell.

    Args:
        number: Space group number, in the setting of `symmetry_operations`.
        centring: First letter of the space group symbol.
        lattice: See `conventional_cell`.
        sites: Occupied Wyckoff sites.

    Returns:
        Lattice vectors as rows in Å, species in the order of the sites, and fractional positions
        in [0, 1).
    """
    vectors = [[float(Fraction(entry)) for entry in row] for row in PRIMITIVE_VECTORS[centring]]
    # Conventional vectors are whole combinations of primitive ones, so this inverse is integer.
    conventional = np.rint(np.linalg.inv(vectors)).astype(int).tolist()
    cell = np.array(vectors) @ conventional_cell(number, lattice)
    species, positions = [], []
    for site in sites:
        images = dict.fromkeys(
            _in_primitive_axes(point, conventional) for point in orbit(site, number)
        )
        species += [site.species] * len(images)
        positions += list(images)
    return cell, species, np.array(positions, dtype=np.float64)


def _in_primitive_axes(point: ExactPoint, conventional: Sequence[Sequence[int]]) -> ExactPoint:
    """Coordinates along the primitive vectors, in [0, 1), given the conventional ones in them."""
    x, y, z = (
        sum((point[i] * conventional[i][k] for i in range(3)), Fraction(0)) % 1 for k in range(3)
    )
    return x, y, z


def _exact_translation(values: Sequence[float]) -> ExactPoint:
    steps = (round(float(value) * TRANSLATION_DENOMINATOR) for value in values)
    x, y, z = (Fraction(step, TRANSLATION_DENOMINATOR) for step in steps)
    return x, y, z
