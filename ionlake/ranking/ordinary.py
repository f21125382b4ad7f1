"""Scores of a ranking that people know how to read: ROC-AUC, average precision, enrichment.

They take two classes without overlap; rows between the classes are left out by a weight of zero.
"""

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.ranking.order import Order
from ionlake.ranking.score import truncated_area


def roc_auc(order: Order, positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Chance that a conductor stands before an insulator, ties counted half.

    Args:
        order: The rows by descriptor.
        positive: Weight of each row as a conductor, else 0, shape (..., n).
        negative: Weight of each row as an insulator, else 0, same shape.

    Returns:
        Shape (...); NaN where a class is empty.
    """
    x, y = order.cumulated(negative), order.cumulated(positive)
    return _ratio(truncated_area(x, y, x[..., -1]), x[..., -1] * y[..., -1])


def average_precision(order: Order, positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Precision averaged over the steps of recall, as scikit-learn defines it.

    Arguments and result as for `roc_auc`.
    """
    found, wrong = order.cumulated(positive), order.cumulated(negative)
    precision = _ratio(found[..., 1:], found[..., 1:] + wrong[..., 1:], empty=0.0)
    area = (np.diff(found, axis=-1) * precision).sum(axis=-1)
    return np.where(wrong[..., -1] > 0, _ratio(area, found[..., -1]), np.nan)


def enrichment(order: Order, positive: FloatArray, negative: FloatArray, top: float) -> FloatArray:
    """Share of conductors among the best, over their share among all.

    Where the k-th place falls among rows of equal value, their conductors count in proportion.

    Args:
        order: The rows by descriptor.
        positive: As for `roc_auc`.
        negative: As for `roc_auc`.
        top: k, in units of weight: rows that share one unit count once.

    Returns:
        Shape (...), 1 for a random order; NaN where a class is empty.
    """
    found = order.cumulated(positive)
    passed = found + order.cumulated(negative)
    n_found, n_all = found[..., -1], passed[..., -1]
    reach = np.minimum(top, n_all)
    upper = np.minimum((passed < reach[..., None]).sum(axis=-1), passed.shape[-1] - 1)
    lower = np.maximum(upper - 1, 0)
    x0, x1, y0, y1 = (
        np.take_along_axis(corner, at[..., None], axis=-1)[..., 0]
        for corner in (passed, found)
        for at in (lower, upper)
    )
    hits = y0 + (y1 - y0) * _ratio(reach - x0, x1 - x0, empty=0.0)
    gain = _ratio(hits * n_all, reach * n_found)
    return np.where(n_all > n_found, gain, np.nan)


def best_enrichment(n_positive: float, n_negative: float, top: float) -> float:
    """The enrichment of a perfect order; NaN where a class is empty."""
    n_all = n_positive + n_negative
    if not n_positive or not n_negative:
        return float("nan")
    reach = min(top, n_all)
    return min(n_positive, reach) / reach * n_all / n_positive


def _ratio(above: FloatArray, below: FloatArray, empty: float = np.nan) -> FloatArray:
    result = np.full(np.shape(below), empty)
    np.divide(above, below, out=result, where=np.asarray(below) > 0)
    return result
