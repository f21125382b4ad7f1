"""The name of a crystal: a hash of its cell, species and positions as given."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray

VERSION_TAG = b"ionlake-structure-1\n"
RESOLUTION = 1e-8
HEX_DIGITS = 32

# Numbers in files are short decimals. A rounding boundary at exactly half a step would sit on some
# of them, where the last bit of a coordinate conversion decides; shifted by half a hundredth of a
# step it sits on hardly any.
ROUNDING_OFFSET = 0.505


def structure_id(
    cell: FloatArray, atomic_numbers: NDArray[np.int64], fractional_positions: FloatArray
) -> str:
    """Name a crystal by its content.

    Nothing is reduced, sorted or wrapped: energies on a grid belong to one cell in one setting, so
    two settings of the same crystal are two structures. Numbers are compared in steps of 1e-8 (Å
    for the cell, cell fractions for positions), which forgives the last bits lost by a passage
    through another library. The result does not depend on the platform.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        atomic_numbers: Atomic numbers in site order, shape (n,).
        fractional_positions: Fractional coordinates in site order, shape (n, 3).

    Returns:
        The first 32 hexadecimal digits of a SHA-256.
    """
    digest = hashlib.sha256(VERSION_TAG)
    digest.update(_little_endian(np.array([len(atomic_numbers)])))
    digest.update(_little_endian(atomic_numbers))
    digest.update(_little_endian(_steps(cell)))
    digest.update(_little_endian(_steps(fractional_positions)))
    return digest.hexdigest()[:HEX_DIGITS]


def _steps(values: FloatArray) -> FloatArray:
    """Whole multiples of the resolution nearest to the values (negative zero becomes zero)."""
    return np.floor(values / RESOLUTION + ROUNDING_OFFSET)


def _little_endian(values: NDArray[np.generic]) -> bytes:
    return np.ascontiguousarray(values, dtype="<i8").tobytes()
