"""The paper's score of a ranking: area under its first tenth of insulators."""

from typing import Final

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.ranking.order import Order

TRUNCATION: Final = 0.1
"""Share of the insulators up to which the area counts: the top of the list matters."""


def top_score(order: Order, positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Area under conductors found against insulators found, up to a tenth of the insulators.

    Going down the list, y adds up the rows' amounts of conductor and x their amounts of insulator.
    The trapezoid area under y(x) is taken for x from 0 to 0.1 · N_neg. Rows with equal values come
    in at once, as one straight segment, so that the area does not depend on their order.

    Args:
        order: The rows by descriptor.
        positive: Amount of conductor in each row: probability times weight, shape (..., n).
        negative: Amount of insulator, same shape.

    Returns:
        Area in units of rows², shape (...); 0 if there are no conductors or no insulators.

    References:
        arXiv:2411.06804, Fig. 3.
    """
    x, y = order.cumulated(negative), order.cumulated(positive)
    return truncated_area(x, y, TRUNCATION * x[..., -1])


def random_score(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """The score of guessing: the triangle under the diagonal, the mean of orders of many rows.

    Args:
        positive: As for `top_score`.
        negative: As for `top_score`.
    """
    return np.asarray(TRUNCATION**2 / 2 * positive.sum(axis=-1) * negative.sum(axis=-1))


def perfect_score(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """The highest possible score: all conductors found before any insulator.

    Where rows are a bit of both, no order of the rows reaches it.

    Args:
        positive: As for `top_score`.
        negative: As for `top_score`.
    """
    return np.asarray(TRUNCATION * positive.sum(axis=-1) * negative.sum(axis=-1))


def truncated_area(x: FloatArray, y: FloatArray, limit: FloatArray) -> FloatArray:
    """Trapezoid area under a polygon from its first x to ``limit``.

    Args:
        x: Corners along the last axis, ascending, shape (..., g).
        y: Heights, same shape.
        limit: Where to stop, shape (...); inside the segment it cuts, y is interpolated.
    """
    x0, x1, y0, y1 = x[..., :-1], x[..., 1:], y[..., :-1], y[..., 1:]
    width = x1 - x0
    inside = np.clip(limit[..., None] - x0, 0.0, width)
    share = np.divide(inside, width, out=np.zeros_like(inside), where=width > 0)
    return np.asarray((inside * (y0 + share * (y1 - y0) / 2)).sum(axis=-1))
