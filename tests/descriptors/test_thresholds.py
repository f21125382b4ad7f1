import numpy as np
import pytest

from ionlake.descriptors.thresholds import (
    ABOVE_ALL,
    SMOOTHING_EV,
    THRESHOLDS_EV,
    counts_below,
    energy_classes,
)


def test_thresholds_of_the_paper():
    tenths = [round(0.1 * k, 1) for k in range(1, 11)]
    assert list(THRESHOLDS_EV) == [*tenths, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    assert SMOOTHING_EV == (-0.04, -0.02, 0.0, 0.02, 0.04)


def test_an_energy_at_a_threshold_is_not_below_it():
    for number, threshold in enumerate(THRESHOLDS_EV):
        at, just_below = energy_classes(np.array([threshold, np.nextafter(threshold, 0.0)]))
        assert at == just_below + 1 == 5 * number + 3


def test_extremes_fit_a_byte():
    classes = energy_classes(np.array([-1.0, 0.0, 4.04, 1e6, np.inf]))
    assert classes.dtype == np.uint8
    assert classes.tolist() == [0, 0, ABOVE_ALL, ABOVE_ALL, ABOVE_ALL]


def test_counts_are_means_over_five_thresholds():
    energies = np.array([0.05, 0.07, 0.07, 0.13, 0.19, 3.99, 4.5])
    counts = counts_below(energy_classes(energies))
    assert counts[0] == pytest.approx((1 + 3 + 3 + 3 + 3 + 1) / 5 - 0.0)
    expected = [np.mean([(energies < t + d).sum() for d in SMOOTHING_EV]) for t in THRESHOLDS_EV]
    np.testing.assert_allclose(counts, expected)


def test_classes_keep_the_order():
    energies = np.random.default_rng(0).random((2, 500)) * 5.0
    lower = np.minimum(*energy_classes(energies))
    np.testing.assert_array_equal(lower, energy_classes(energies.min(axis=0)))
