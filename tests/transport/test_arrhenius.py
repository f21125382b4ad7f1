"""Nernst–Einstein by hand, and Arrhenius fits of points whose law is known."""

import numpy as np
import pytest
from scipy.stats import binom

from ionlake.errors import SettingsError
from ionlake.transport.arrhenius import ConductivityPoint, extrapolate
from ionlake.transport.conductivity import conductivity_s_cm, ion_charge

TEMPERATURES_K = (1000.0, 800.0, 667.0, 500.0)
ENERGY_EV, PREFACTOR = 0.30, 2e4
K_EV = 8.617333262e-5


def _sigma(temperature_k):
    return PREFACTOR / temperature_k * np.exp(-ENERGY_EV / (K_EV * temperature_k))


def _point(temperature_k, error=0.1, noise=0.0):
    sigma = _sigma(temperature_k) * np.exp(noise)
    return ConductivityPoint(temperature_k, sigma, error, 1.5 * sigma)


def _bound(temperature_k, upper):
    return ConductivityPoint(temperature_k, None, None, upper)


def test_nernst_einstein_by_hand():
    # 1e22 ions/cm³ · (1.602176634e-19 C)² · 1e-5 cm²/s / (1.380649e-23 J/K · 1000 K)
    expected = 1e22 * 2.566969966535569e-38 * 1e-5 / 1.380649e-20
    assert expected == pytest.approx(0.18592, abs=1e-5)
    assert conductivity_s_cm(1e-5, 10, 1000.0, 1, 1000.0) == pytest.approx(expected, rel=1e-12)
    assert conductivity_s_cm(1e-5, 10, 1000.0, -2, 1000.0) == pytest.approx(4 * expected)
    assert conductivity_s_cm(1e-5, 10, 1000.0, 1, 500.0) == pytest.approx(2 * expected)


def test_charges():
    assert (ion_charge("Li"), ion_charge("Mg"), ion_charge("F")) == (1, 2, -1)
    with pytest.raises(SettingsError, match="Xe is not known"):
        ion_charge("Xe")


def test_points_on_a_line_give_it_back():
    fit = extrapolate([_point(each) for each in TEMPERATURES_K])
    assert fit.activation_energy_ev == pytest.approx(ENERGY_EV, rel=1e-6)
    assert fit.room_s_cm == pytest.approx(_sigma(300.0), rel=1e-6)
    low, high = fit.room_interval_s_cm
    assert low < fit.room_s_cm < high < fit.room_upper_s_cm
    assert not fit.censored
    assert (fit.n_used, fit.n_censored) == (4, 0)
    assert fit.chi2_per_dof == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("scatter", [0.1, 0.3])
def test_intervals_cover_the_truth_also_where_points_scatter_more_than_they_say(scatter):
    random, energy, room = np.random.default_rng(7), 0, 0
    for _ in range(300):
        fit = extrapolate([_point(t, 0.1, random.normal(0, scatter)) for t in TEMPERATURES_K])
        low, high = fit.activation_energy_interval_ev
        energy += low <= ENERGY_EV <= high
        low, high = fit.room_interval_s_cm
        room += low <= _sigma(300.0) <= high
    assert min(energy, room) >= binom.ppf(1e-3, 300, 0.95 if scatter == 0.1 else 0.90)


def test_the_errors_of_the_points_are_carried_on():
    narrow = extrapolate([_point(each, 0.05) for each in TEMPERATURES_K])
    wide = extrapolate([_point(each, 0.5) for each in TEMPERATURES_K])
    widths = [np.ptp(fit.activation_energy_interval_ev) for fit in (narrow, wide)]
    assert widths[1] == pytest.approx(10 * widths[0])


def test_two_points_have_the_error_of_their_own():
    fit = extrapolate([_point(1000.0), _point(500.0)])
    error = 1.959964 * K_EV * np.hypot(0.1, 0.1) / (1 / 500 - 1 / 1000)
    low, high = fit.activation_energy_interval_ev
    assert (high - low) / 2 == pytest.approx(error, rel=1e-4)
    assert fit.chi2_per_dof is None


def test_one_temperature_gives_a_bound_and_no_number():
    fit = extrapolate([_point(1000.0), _point(1000.0, noise=0.2), _bound(500.0, 1e-3)])
    assert fit.censored
    assert fit.activation_energy_ev is fit.room_s_cm is fit.room_interval_s_cm is None
    assert fit.room_upper_s_cm == pytest.approx(1e-3 * 500 / 300)
    assert fit.n_censored == 1


def test_a_censored_run_below_the_line_takes_the_extrapolation_back():
    warm = [_point(1000.0), _point(800.0)]
    fits = extrapolate([*warm, _bound(500.0, 2 * _sigma(500.0))])
    assert not fits.censored
    breaks = extrapolate([*warm, _bound(500.0, _sigma(500.0) / 10)])
    assert breaks.censored
    assert breaks.room_s_cm is None
    assert breaks.activation_energy_ev == pytest.approx(ENERGY_EV)
