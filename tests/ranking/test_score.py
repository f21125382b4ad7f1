"""The paper-style score, worked out by hand."""

import numpy as np
import pytest

from ionlake.ranking.order import Order
from ionlake.ranking.score import perfect_score, random_score, top_score

# Best first: conductors 0.8, 0.1, 0.0 and insulators 0.05, 0.2, 0.75; N_neg = 1, so x ends at 0.1.
POSITIVE = np.array([0.8, 0.1, 0.0])
NEGATIVE = np.array([0.05, 0.2, 0.75])


def score(values, positive=POSITIVE, negative=NEGATIVE, *, ascending=True):
    order = Order.of(np.array(values, dtype=float), ascending=ascending)
    return float(top_score(order, np.asarray(positive), np.asarray(negative)))


def test_the_area_is_cut_inside_a_segment():
    """0 to 0.05: a triangle of height 0.8, 0.02. To 0.1: y grows to 0.8 + 0.1/4, 0.040625."""
    assert score([1, 2, 3]) == pytest.approx(0.02 + 0.040625)


def test_energies_rank_from_below_and_volumes_from_above():
    assert score([3, 2, 1], ascending=False) == score([1, 2, 3])
    assert score([1, 2, 3], ascending=False) == score([3, 2, 1])


def test_the_worst_order_finds_nothing_in_the_first_tenth():
    """The first row alone has 0.75 insulators and no conductor."""
    assert score([3, 2, 1]) == 0


def test_tied_rows_come_in_as_one_segment():
    """(0, 0) to (0.25, 0.9): the height at 0.1 is 0.36, the triangle 0.018."""
    assert score([1, 1, 2]) == pytest.approx(0.018)
    assert score([1, 1, 2], POSITIVE[[1, 0, 2]], NEGATIVE[[1, 0, 2]]) == pytest.approx(0.018)


def test_all_tied_is_the_random_guess():
    assert score([7, 7, 7]) == pytest.approx(float(random_score(POSITIVE, NEGATIVE)))
    assert float(random_score(POSITIVE, NEGATIVE)) == pytest.approx(0.1**2 / 2 * 0.9 * 1.0)


def test_hard_classes_in_perfect_order_get_the_perfect_score():
    positive, negative = np.array([1, 1, 0, 0, 0.0]), np.array([0, 0, 1, 1, 1.0])
    assert score([1, 2, 3, 4, 5], positive, negative) == pytest.approx(0.1 * 2 * 3)
    assert float(perfect_score(positive, negative)) == pytest.approx(0.6)


def test_shuffled_orders_average_to_the_random_guess():
    random = np.random.default_rng(3)
    positive, negative = random.random(400), random.random(400)
    mean = np.mean([score(random.permutation(400), positive, negative) for _ in range(1000)])
    assert mean == pytest.approx(float(random_score(positive, negative)), rel=0.03)


def test_weights_halve_what_a_row_adds():
    """Two rows with half the weight in one place are one row."""
    split = score([1, 1, 2, 3], [0.4, 0.4, 0.1, 0.0], [0.025, 0.025, 0.2, 0.75])
    assert split == pytest.approx(score([1, 2, 3]))


def test_many_resamples_at_once_are_as_one_by_one():
    draws = np.random.default_rng(1).integers(0, 3, (20, 3))
    order = Order.of(np.array([2.0, 1.0, 2.0]), ascending=True)
    together = top_score(order, POSITIVE * draws, NEGATIVE * draws)
    alone = [float(top_score(order, POSITIVE * each, NEGATIVE * each)) for each in draws]
    assert together == pytest.approx(alone)


def test_a_value_that_is_nan_has_no_place():
    with pytest.raises(ValueError, match="1 of 2 descriptor values are NaN"):
        Order.of(np.array([1.0, np.nan]), ascending=True)


def test_infinite_values_are_last():
    assert Order.of(np.array([np.inf, 1.0, 2.0, np.inf]), ascending=True).rows.tolist() == [
        *(1, 2, 0, 3)
    ]
