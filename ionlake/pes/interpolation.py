"""Values of a periodic map between its points."""

import itertools
from typing import Final

import numpy as np

from ionlake.errors import GridError
from ionlake.geometry import FloatArray

_DIGITS: Final = 9
"""Places are rounded to so many digits of a grid step: on a point, its neighbours do not matter."""


def interpolate(values: FloatArray, fractional: FloatArray) -> FloatArray:
    """Trilinear interpolation of a map that repeats with the cell.

    Args:
        values: Map at fractional coordinates i / n, shape (n_a, n_b, n_c), NaN where unknown.
        fractional: Places, in any cell, shape (p, 3).

    Returns:
        Values at the places, shape (p,); NaN where one of the points around a place is unknown.

    Raises:
        GridError: The map is not three-dimensional, or the places are not triples.
    """
    if values.ndim != 3 or fractional.ndim != 2 or fractional.shape[1] != 3:
        raise GridError(
            f"got a map of shape {values.shape} and places of shape {fractional.shape}; expected"
            " three dimensions and triples of fractional coordinates, shape (places, 3)"
        )
    sizes = np.array(values.shape)
    known = np.asarray(np.isfinite(fractional).all(axis=1))
    places = np.round(np.mod(np.where(known[:, None], fractional, 0.0), 1.0) * sizes, _DIGITS)
    lower = np.floor(places).astype(int)
    above = places - lower
    result = np.where(known, 0.0, np.nan)
    for corner in itertools.product((0, 1), repeat=3):
        weight = np.where(corner, above, 1.0 - above).prod(axis=1)
        at_corner = values[tuple(((lower + corner) % sizes).T)]
        result += np.where(weight > 0, weight * at_corner, 0.0)
    return result
