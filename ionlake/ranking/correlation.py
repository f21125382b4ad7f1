"""Rank correlation of a descriptor with conductivity."""

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.ranking.order import Order


def spearman(order: Order, truth: Order, weights: FloatArray) -> FloatArray:
    """Spearman's coefficient: Pearson's of the ranks, equal values sharing the middle rank.

    Both orders are best first, so 1 means that the descriptor orders as the conductivity does,
    whichever way the descriptor itself grows. Upper bounds rank at the bound.

    Args:
        order: The rows by descriptor.
        truth: The rows by conductivity, the highest first.
        weights: How much each row counts, shape (..., n); whole numbers are repetitions.

    Returns:
        Shape (...); NaN where all rows that count are tied.
    """
    one, other = order.mid_ranks(weights), truth.mid_ranks(weights)
    total = weights.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        one = one - (weights * one).sum(axis=-1, keepdims=True) / total
        other = other - (weights * other).sum(axis=-1, keepdims=True) / total
        both = (weights * one * other).sum(axis=-1)
        spread = (weights * one**2).sum(axis=-1) * (weights * other**2).sum(axis=-1)
        return np.asarray(np.where(spread > 1e-12, both / np.sqrt(spread), np.nan))
