"""Soft classes, with numbers from tables of the error function."""

import numpy as np
import pytest

from ionlake.ranking.classes import (
    classify_aimd_300k,
    classify_aimd_1000k,
    classify_experiment,
    probability_above,
    probability_below,
    shared_weights,
)

NONE = np.nan
# erfc(0.5), erfc(0.8), erfc(1), erfc(2) from a table
ERFC = {0.5: 0.4795001, 0.8: 0.2578990, 1.0: 0.1572992, 2.0: 0.0046777}


def array(*values):
    return np.array(values, dtype=float)


def test_the_error_is_taken_without_the_square_root_of_two():
    x, err = array(0.12, 0.10, 0.08), array(0.02, 0.02, 0.02)
    expected = [1 - ERFC[1.0] / 2, 0.5, ERFC[1.0] / 2]
    assert probability_above(x, err, 0.10) == pytest.approx(expected, abs=1e-7)
    assert probability_below(x, err, 0.10) == pytest.approx(expected[::-1], abs=1e-7)


@pytest.mark.parametrize("error", [0.0, np.nan])
def test_without_an_error_classes_are_hard_and_hold_their_edge(error):
    x, err = array(0.2, 0.1, 0.05), np.full(3, error)
    assert probability_above(x, err, 0.1).tolist() == [1, 1, 0]
    assert probability_below(x, err, 0.1).tolist() == [0, 1, 1]


def test_without_a_value_a_row_is_in_no_class():
    assert probability_above(array(NONE), array(0.1), 0.1).tolist() == [0]
    assert probability_below(array(NONE), array(NONE), 0.1).tolist() == [0]


def test_experiments_have_the_error_of_their_own_size():
    """σ = 5·10⁻⁵: erfc(0)/2 above, erfc(4/5)/2 below; σ = 10⁻⁴: erfc(−1/2)/2 above."""
    found = classify_experiment(array(5e-5, 1e-4, 1e-10), np.ones(3))
    assert found.p_positive == pytest.approx([0.5, 1 - ERFC[0.5] / 2, 0.0], abs=1e-7)
    assert found.p_negative[0] == pytest.approx(ERFC[0.8] / 2, abs=1e-7)
    assert found.p_negative[2] == pytest.approx(1.0)
    assert found.positive.tolist() == [True, True, False]
    assert found.negative.tolist() == [False, False, True]


def test_a_conductivity_of_zero_is_an_insulator():
    found = classify_experiment(array(0.0), np.ones(1))
    assert (found.p_positive[0], found.p_negative[0]) == (0, 1)


def test_rows_of_one_structure_share_their_weight():
    assert shared_weights(["a", "b", "a", "a", "c", "c"]) == pytest.approx(
        [1 / 3, 1, 1 / 3, 1 / 3, 1 / 2, 1 / 2]
    )


def test_rows_that_neither_class_claims_are_negligible():
    """σ = 0.05 ± 0.01 at 1000 K: erfc(5)/2 above, erfc(4)/2 below; both are under 10⁻³."""
    found = classify_aimd_1000k(array(0.05, 0.08, 0.02), array(0.01, 0.01, 0.01))
    assert found.p_positive[1] == pytest.approx(ERFC[2.0] / 2, abs=1e-7)
    assert found.negligible.tolist() == [True, False, False]


def test_extrapolations_count_where_four_temperatures_fit_a_line():
    """All three rows have log10 σ = −2 ± 0.5, so erfc(−1)/2, if their fit is good."""
    found = classify_aimd_300k(
        sigma_s_cm=array(0.3, 0.3, 0.005),
        sigma_err_s_cm=array(0.0, 0.0, 0.005),
        log10_sigma_300k=array(-2, -2, -2),
        log10_sigma_300k_err=array(0.5, 0.5, 0.5),
        n_temperatures=array(4, 3, 4),
        chi2_ndof=array(3.5, 1.0, 3.6),
    )
    assert found.p_positive == pytest.approx([1 - ERFC[1.0] / 2, 0, 0], abs=1e-7)
    assert found.p_negative == pytest.approx([0, 0, 1 - ERFC[1.0] / 2], abs=1e-7)
    assert np.isnan(found.conductivity).tolist() == [False, True, True]


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="arrays of one length are expected"):
        classify_experiment(array(1, 2), np.ones(3))
