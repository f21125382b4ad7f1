"""Rows in the order of a descriptor; rows with equal values share a place."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray


@dataclass(frozen=True)
class Order:
    """Rows sorted best first, in groups of equal values.

    Attributes:
        rows: Row numbers, best first, shape (n,).
        ends: Number of rows up to the end of each group, shape (g,), ascending to n.
    """

    rows: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, values: FloatArray, *, ascending: bool) -> Self:
        """Sort by a descriptor.

        Args:
            values: One value per row, shape (n,); infinite ones are allowed, NaN is not.
            ascending: Whether the lowest value is the best.

        Raises:
            ValueError: A value is NaN.
        """
        if np.isnan(values).any():
            raise ValueError(
                f"{int(np.isnan(values).sum())} of {len(values)} descriptor values are NaN: leave"
                " those rows out, a row without a value has no place"
            )
        best_first = values if ascending else -values
        rows = np.argsort(best_first, kind="stable")
        ordered = best_first[rows]
        changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        ends = np.append(changes, len(values)) if len(values) else changes
        return cls(rows, ends)

    def cumulated(self, amounts: FloatArray) -> FloatArray:
        """Amounts summed from the best row to the end of each group.

        Args:
            amounts: One per row along the last axis, shape (..., n).

        Returns:
            Shape (..., g + 1), beginning with 0.
        """
        sums = np.cumsum(amounts[..., self.rows], axis=-1)
        start = np.zeros((*sums.shape[:-1], 1))
        return np.concatenate([start, sums[..., self.ends - 1]], axis=-1)

    def mid_ranks(self, weights: FloatArray) -> FloatArray:
        """Places of the rows, equal values sharing the middle of their places.

        Args:
            weights: How often a row counts, along the last axis, shape (..., n).

        Returns:
            In the order of the rows as given, shape (..., n).
        """
        edges = self.cumulated(weights)
        middles = (edges[..., 1:] + edges[..., :-1]) / 2
        sizes = np.diff(self.ends, prepend=0)
        ranks = np.empty(np.shape(weights))
        ranks[..., self.rows] = np.repeat(middles, sizes, axis=-1)
        return ranks
