"""Judging descriptors by labelled rows: every score with its interval and what guessing gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.ranking.bootstrap import Interval, interval
from ionlake.ranking.classes import BoolArray, Classified
from ionlake.ranking.correlation import spearman
from ionlake.ranking.order import Order
from ionlake.ranking.ordinary import average_precision, best_enrichment, enrichment, roc_auc
from ionlake.ranking.score import perfect_score, random_score, top_score

TOPS: Final = (5, 10, 20)
SCORE: Final = "score"
ROC_AUC: Final = "roc_auc"
AVERAGE_PRECISION: Final = "average_precision"
SPEARMAN: Final = "spearman"
ENRICHMENTS: Final = {f"enrichment_top_{top}": top for top in TOPS}
METRICS: Final = (SCORE, ROC_AUC, AVERAGE_PRECISION, *ENRICHMENTS, SPEARMAN)


@dataclass(frozen=True)
class Score:
    """One figure of merit of one descriptor.

    Attributes:
        metric: One of ``METRICS``.
        interval: The score and its bootstrap quantiles, NaN where it is not defined.
        random_value: What a random order gets on average.
        perfect_value: What the best order gets.
    """

    metric: str
    interval: Interval
    random_value: float
    perfect_value: float


@dataclass(frozen=True)
class Counts:
    """Which rows a score rests on.

    Attributes:
        n_rows: Rows with a value of the descriptor.
        n_structures: Their weights added up: rows that share a structure count once together.
        n_positive: Rows in the upper class.
        n_negative: Rows in the lower class.
        n_dropped: Rows that neither class claims with more than 10⁻³, no part of the score.
        n_without_value: Labelled rows left out for want of a descriptor value.
    """

    n_rows: int
    n_structures: float
    n_positive: int
    n_negative: int
    n_dropped: int
    n_without_value: int


@dataclass(frozen=True)
class Evaluation:
    """All scores of one descriptor.

    Attributes:
        counts: Which rows they rest on.
        scores: One per metric, in the order of ``METRICS``.
        note: Why scores are missing, None where none is.
    """

    counts: Counts
    scores: tuple[Score, ...]
    note: str | None


@dataclass(frozen=True)
class Difference:
    """One metric of a descriptor on the same rows from two sides.

    Attributes:
        metric: One of ``METRICS``.
        first: The score of the one.
        second: The score of the other.
        difference: Second minus first, resample by resample.
        random_value: What a random order gets on average.
        perfect_value: What the best order gets.
    """

    metric: str
    first: Interval
    second: Interval
    difference: Interval
    random_value: float
    perfect_value: float


def evaluate(
    values: FloatArray, rows: Classified, drawn: FloatArray, *, ascending: bool
) -> Evaluation:
    """Judge one descriptor.

    Args:
        values: The descriptor in each row, shape (n,); rows with NaN are left out, infinite values
            have their place at the end.
        rows: Classes of the rows.
        drawn: From `multiplicities`, shape (n_resamples + 1, n).
        ascending: Whether the lowest value is the best.
    """
    there = ~np.isnan(values)
    used = rows.take(there)
    samples = _samples(values[there], used, drawn[:, there], ascending)
    references = _references(used)
    scores = tuple(
        Score(metric, interval(samples[metric]), *references[metric]) for metric in METRICS
    )
    return Evaluation(_counts(rows, there), scores, _note(used))


def compare(
    first: FloatArray, second: FloatArray, rows: Classified, drawn: FloatArray, *, ascending: bool
) -> tuple[Counts, tuple[Difference, ...]]:
    """Judge two versions of one descriptor on the rows that both have values for.

    Args:
        first: The one version in each row, shape (n,), NaN where it has none.
        second: The other version, likewise.
        rows: Classes of the rows.
        drawn: From `multiplicities`; both versions are judged on the same resamples.
        ascending: Whether the lowest value is the best.
    """
    there = ~(np.isnan(first) | np.isnan(second))
    used, draws = rows.take(there), drawn[:, there]
    one, other = (_samples(each[there], used, draws, ascending) for each in (first, second))
    references = _references(used)
    return _counts(rows, there), tuple(
        Difference(
            metric,
            interval(one[metric]),
            interval(other[metric]),
            interval(other[metric] - one[metric]),
            *references[metric],
        )
        for metric in METRICS
    )


def curve(
    values: FloatArray, rows: Classified, *, ascending: bool
) -> tuple[FloatArray, FloatArray]:
    """Insulators and conductors found going down the list, as the paper-style score adds them up.

    Args:
        values: The descriptor in each row, shape (n,); rows with NaN are left out.
        rows: Classes of the rows.
        ascending: Whether the lowest value is the best.

    Returns:
        x (insulators) and y (conductors), from (0, 0) to (N_neg, N_pos), shape (g + 1,) each.
    """
    there = ~np.isnan(values)
    used = rows.take(there)
    order = Order.of(values[there], ascending=ascending)
    positive, negative = _soft(used)
    return order.cumulated(negative), order.cumulated(positive)


def _samples(
    values: FloatArray, rows: Classified, drawn: FloatArray, ascending: bool
) -> Mapping[str, FloatArray]:
    """Every metric on every line of the multiplicities."""
    order = Order.of(values, ascending=ascending)
    soft_positive, soft_negative = (amount * drawn for amount in _soft(rows))
    positive, negative = (drawn * rows.weight * of for of in (rows.positive, rows.negative))
    metrics: dict[str, Callable[[], FloatArray]] = {
        SCORE: lambda: top_score(order, soft_positive, soft_negative),
        ROC_AUC: lambda: roc_auc(order, positive, negative),
        AVERAGE_PRECISION: lambda: average_precision(order, positive, negative),
        SPEARMAN: lambda: _spearman(values, rows, drawn, ascending),
    }
    samples = {name: metric() for name, metric in metrics.items()}
    if not (soft_positive[0].any() and soft_negative[0].any()):
        samples[SCORE] = np.full(len(drawn), np.nan)
    for name, top in ENRICHMENTS.items():
        samples[name] = enrichment(order, positive, negative, top)
    return samples


def _spearman(
    values: FloatArray, rows: Classified, drawn: FloatArray, ascending: bool
) -> FloatArray:
    known = ~np.isnan(rows.conductivity)
    truth = Order.of(rows.conductivity[known], ascending=False)
    order = Order.of(values[known], ascending=ascending)
    return spearman(order, truth, drawn[:, known] * rows.weight[known])


def _soft(rows: Classified) -> tuple[FloatArray, FloatArray]:
    """Amounts of conductor and insulator of each row: probability times weight, none if dropped."""
    share = np.where(rows.negligible, 0.0, rows.weight)
    return rows.p_positive * share, rows.p_negative * share


def _references(rows: Classified) -> dict[str, tuple[float, float]]:
    """What a random and a perfect order get in each metric."""
    soft_positive, soft_negative = _soft(rows)
    n_positive = float((rows.weight * rows.positive).sum())
    n_negative = float((rows.weight * rows.negative).sum())
    n_all = n_positive + n_negative
    return {
        SCORE: (
            float(random_score(soft_positive, soft_negative)),
            float(perfect_score(soft_positive, soft_negative)),
        ),
        ROC_AUC: (0.5, 1.0),
        AVERAGE_PRECISION: (n_positive / n_all if n_all else float("nan"), 1.0),
        **{
            name: (1.0, best_enrichment(n_positive, n_negative, top))
            for name, top in ENRICHMENTS.items()
        },
        SPEARMAN: (0.0, 1.0),
    }


def _counts(rows: Classified, there: BoolArray) -> Counts:
    used = rows.take(there)
    return Counts(
        n_rows=int(there.sum()),
        n_structures=float(used.weight.sum()),
        n_positive=int(used.positive.sum()),
        n_negative=int(used.negative.sum()),
        n_dropped=int(used.negligible.sum()),
        n_without_value=int((~there).sum()),
    )


def _note(rows: Classified) -> str | None:
    if not len(rows.weight):
        return "no labelled row has a value of this descriptor"
    missing = [
        name
        for name, of in (("conductor", rows.positive), ("insulator", rows.negative))
        if not of.any()
    ]
    if not missing:
        return None
    return f"no {' and no '.join(missing)} among the rows: classes cannot be told apart"
