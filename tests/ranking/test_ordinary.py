"""Ordinary scores against scikit-learn and SciPy where the definitions coincide."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from ionlake.ranking.correlation import spearman
from ionlake.ranking.order import Order
from ionlake.ranking.ordinary import average_precision, best_enrichment, enrichment, roc_auc


@pytest.fixture(params=[0, 1, 2], ids=["continuous", "tied", "weighted"])
def case(request):
    """Values (the higher the better), classes and weights of 60 rows."""
    random = np.random.default_rng(request.param)
    values = random.normal(size=60)
    if request.param:
        values = np.round(values)
    weights = random.random(60) if request.param == 2 else np.ones(60)
    truth = random.random(60) + 0.2 * values > 0.6
    return values, truth, weights


def parts(case):
    values, truth, weights = case
    return Order.of(values, ascending=False), weights * truth, weights * ~truth


def test_roc_auc_is_that_of_scikit_learn(case):
    values, truth, weights = case
    expected = roc_auc_score(truth, values, sample_weight=weights)
    assert float(roc_auc(*parts(case))) == pytest.approx(expected, abs=1e-12)


def test_average_precision_is_that_of_scikit_learn(case):
    values, truth, weights = case
    expected = average_precision_score(truth, values, sample_weight=weights)
    assert float(average_precision(*parts(case))) == pytest.approx(expected, abs=1e-12)


def test_rows_between_the_classes_do_not_count(case):
    order, positive, negative = parts(case)
    between = np.arange(60) % 4 == 0
    values, truth, weights = (array[~between] for array in case)
    expected = roc_auc_score(truth, values, sample_weight=weights)
    found = roc_auc(order, np.where(between, 0, positive), np.where(between, 0, negative))
    assert float(found) == pytest.approx(expected, abs=1e-12)


def test_spearman_is_that_of_scipy(case):
    values, truth, _ = case
    conductivity = np.round(np.exp(values) + truth, 1)
    order = Order.of(values, ascending=False)
    found = spearman(order, Order.of(conductivity, ascending=False), np.ones(60))
    assert float(found) == pytest.approx(spearmanr(values, conductivity).statistic, abs=1e-12)


def test_whole_weights_are_repetitions():
    values, truth = np.array([3.0, 1.0, 2.0, 2.0]), np.array([1e-3, 1e-9, 1e-4, 1e-4])
    counts = np.array([2.0, 1.0, 3.0, 0.0])
    repeated = np.repeat(np.arange(4), counts.astype(int))
    order, other = (Order.of(each, ascending=False) for each in (values, truth))
    expected = spearmanr(values[repeated], truth[repeated]).statistic
    assert float(spearman(order, other, counts)) == pytest.approx(expected)


def test_spearman_follows_the_sense_of_the_descriptor():
    energies, sigma = np.array([0.1, 0.5, 0.9]), np.array([1e-2, 1e-5, 1e-9])
    truth = Order.of(sigma, ascending=False)
    assert float(spearman(Order.of(energies, ascending=True), truth, np.ones(3))) == 1
    assert float(spearman(Order.of(energies, ascending=False), truth, np.ones(3))) == -1


def test_spearman_of_equal_values_is_not_defined():
    flat = Order.of(np.ones(3), ascending=True)
    other = Order.of(np.arange(3.0), ascending=True)
    assert np.isnan(spearman(flat, other, np.ones(3)))


def test_enrichment_by_hand():
    """Best first + − + − − −: 2 of the first 3 are conductors, 2 of all 6; (2/3)/(2/6) = 2."""
    order = Order.of(np.arange(6.0), ascending=True)
    positive = np.array([1, 0, 1, 0, 0, 0.0])
    assert float(enrichment(order, positive, 1 - positive, 3)) == pytest.approx(2)
    assert float(enrichment(order, positive, 1 - positive, 100)) == pytest.approx(1)
    assert best_enrichment(2, 4, 3) == pytest.approx(2)
    assert best_enrichment(2, 4, 1) == pytest.approx(3)


def test_enrichment_shares_tied_rows_in_proportion():
    """All six tied: the first 3 hold 1 of the 2 conductors, which is no enrichment."""
    order = Order.of(np.zeros(6), ascending=True)
    positive = np.array([1, 0, 1, 0, 0, 0.0])
    assert float(enrichment(order, positive, 1 - positive, 3)) == pytest.approx(1)


def test_enrichment_counts_structures_not_rows():
    """Two rows of half a weight are one structure: the first place holds the whole conductor."""
    order = Order.of(np.array([0.0, 0.0, 1.0, 2.0]), ascending=True)
    positive, negative = np.array([0.5, 0.5, 0, 0]), np.array([0, 0, 1.0, 1.0])
    assert float(enrichment(order, positive, negative, 1)) == pytest.approx(3)


@pytest.mark.parametrize("metric", [roc_auc, average_precision, lambda *a: enrichment(*a, 5)])
def test_an_empty_class_gives_no_number(metric):
    order = Order.of(np.arange(3.0), ascending=True)
    some, none = np.ones(3), np.zeros(3)
    assert np.isnan(metric(order, none, some))
    assert np.isnan(metric(order, some, none))
