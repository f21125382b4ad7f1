"""Judging a descriptor as a whole."""

import numpy as np
import pytest

from ionlake.descriptors.keys import DESCRIPTOR_KEYS
from ionlake.errors import SettingsError
from ionlake.ranking.bootstrap import interval, multiplicities
from ionlake.ranking.classes import classify_aimd_1000k, classify_experiment
from ionlake.ranking.evaluate import METRICS, compare, curve, evaluate
from ionlake.ranking.predictors import MAIN, predictors

SIGMA = np.array([1e-2, 2e-3, 1e-3, 2e-5, 1e-6, 1e-8, 1e-10, 1e-10, 1e-12, 1e-9])


def rows(weight=None):
    return classify_experiment(SIGMA, np.ones(len(SIGMA)) if weight is None else weight)


def judged(values, of=None, *, ascending=False, n=200):
    drawn = multiplicities(len(values), n, 1)
    return evaluate(np.asarray(values), of or rows(), drawn, ascending=ascending)


def by_metric(evaluation):
    return {score.metric: score for score in evaluation.scores}


def test_the_conductivity_itself_is_a_perfect_descriptor():
    found = by_metric(judged(SIGMA))
    assert tuple(found) == METRICS
    for metric in ("roc_auc", "average_precision", "spearman", "enrichment_top_5"):
        assert found[metric].interval.value == pytest.approx(found[metric].perfect_value)
    score = found["score"]
    assert score.random_value < score.interval.value <= score.perfect_value
    assert score.interval.q16 <= score.interval.q50 <= score.interval.q84


def test_rows_are_counted():
    """2·10⁻⁵ lies between the classes; the second row has no value."""
    values = SIGMA.copy()
    values[1] = np.nan
    counts = judged(values).counts
    assert (counts.n_rows, counts.n_without_value) == (9, 1)
    assert (counts.n_positive, counts.n_negative, counts.n_dropped) == (2, 6, 0)


def test_rows_without_a_value_are_as_if_they_were_not_there():
    values = np.append(SIGMA, np.nan)
    of = classify_experiment(np.append(SIGMA, 1.0), np.ones(11))
    with_it = by_metric(judged(values, of, n=0))
    for metric, score in by_metric(judged(SIGMA, n=0)).items():
        assert score.interval.value == with_it[metric].interval.value


def test_dropped_rows_add_nothing_to_the_score():
    """0.05 ± 0.001 is in neither class of 1000 K, wherever it ranks."""
    sigma, error = np.array([0.3, 0.05, 0.001]), np.array([0.01, 0.001, 0.001])
    of = classify_aimd_1000k(sigma, error)
    first = judged(np.array([1.0, 3.0, 0.0]), of, n=0)
    last = judged(np.array([1.0, -1.0, 0.0]), of, n=0)
    assert first.counts.n_dropped == 1
    scores = [by_metric(each)["score"].interval.value for each in (first, last)]
    assert scores[0] == scores[1] > 0


def test_a_class_without_rows_is_said_and_gives_no_number():
    of = classify_experiment(np.full(4, 1e-10), np.ones(4))
    found = judged(np.arange(4.0), of)
    assert found.note == "no conductor among the rows: classes cannot be told apart"
    scores = by_metric(found)
    assert np.isnan([scores[m].interval.value for m in ("score", "roc_auc")]).all()
    assert judged(np.full(10, np.nan)).note.startswith("no labelled row has a value")


def test_rows_that_share_a_structure_count_once():
    """Each row twice with half its weight changes nothing but the number of rows."""
    twice = np.repeat(np.arange(10), 2)
    values = np.random.default_rng(5).random(10)
    once = judged(values, n=0)
    of = classify_experiment(SIGMA[twice], np.full(20, 0.5))
    doubled = judged(values[twice], of, n=0)
    assert doubled.counts.n_rows == 20
    assert doubled.counts.n_structures == once.counts.n_structures == 10
    for metric, score in by_metric(once).items():
        assert by_metric(doubled)[metric].interval.value == pytest.approx(score.interval.value)


def test_resamples_are_seeded_and_begin_with_all_rows():
    drawn = multiplicities(7, 50, 3)
    assert drawn.shape == (51, 7)
    assert (drawn[0] == 1).all()
    assert (drawn.sum(axis=1) == 7).all()
    assert np.array_equal(drawn, multiplicities(7, 50, 3))
    assert not np.array_equal(drawn, multiplicities(7, 50, 4))
    assert multiplicities(0, 5, 1).shape == (6, 0)
    with pytest.raises(SettingsError, match="expected 0 or more"):
        multiplicities(7, -1, 3)


def test_quantiles_pass_over_resamples_without_a_number():
    found = interval(np.array([5.0, 1.0, 2.0, np.nan, 3.0]))
    assert (found.value, found.q50) == (5, 2)
    assert found.q16 == pytest.approx(1.32)
    assert np.isnan(interval(np.array([np.nan, 1.0])).q50)


def test_a_comparison_stands_on_the_rows_that_both_have():
    first, second = SIGMA.copy(), -SIGMA
    first[0], second[9] = np.nan, np.nan
    drawn = multiplicities(10, 100, 1)
    counts, differences = compare(first, second, rows(), drawn, ascending=False)
    assert (counts.n_rows, counts.n_without_value) == (8, 2)
    found = {each.metric: each for each in differences}
    assert found["spearman"].difference.value == pytest.approx(-2)
    assert found["roc_auc"].difference.q84 == pytest.approx(-1)
    _, same = compare(first, first, rows(), drawn, ascending=False)
    assert {each.difference.q16 for each in same} == {0.0}


def test_the_curve_ends_at_all_rows():
    x, y = curve(SIGMA, rows(), ascending=False)
    assert (x[0], y[0]) == (0, 0)
    assert x[-1] == pytest.approx(rows().p_negative.sum())
    assert y[-1] == pytest.approx(rows().p_positive.sum())


def test_every_number_of_the_descriptor_table_is_judged():
    names = [predictor.name for predictor in predictors()]
    numbers = {key.name for key in DESCRIPTOR_KEYS if key.dtype == "DOUBLE"} - {"cell_volume"}
    assert set(names) == numbers
    assert len(names) == len(numbers)
    assert tuple(names[: len(MAIN)]) == MAIN
    energies = {p.name for p in predictors() if p.ascending}
    assert {"mpe", "mpe_robust_0p05", "percolation_barrier_3d_ev"} <= energies
    assert not energies & {"Xi", "fv_0p5_connected_union"}
    assert {p.threshold_ev for p in predictors() if p.name == "fv_1p5_connected"} == {1.5}
