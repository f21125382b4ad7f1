"""Diffusion coefficients of walks that are known, and walks that are none."""

import sys

import numpy as np
import pytest
from scipy.stats import binom

from ionlake.errors import MissingExtraError, SettingsError
from ionlake.transport import diffusion
from ionlake.transport.analysis import analyse
from ionlake.transport.censoring import censor
from ionlake.transport.diffusion import Diffusion, fit_intervals, observe, self_diffusion
from ionlake.transport.displacement import (
    framework_drift,
    mean_squared_displacement,
    mobile_displacements,
)
from ionlake.transport.settings import AnalysisSettings
from tests.transport.walks import FRAME_PS, walk

SETTINGS = AnalysisSettings()
TRUE_CM2_S = 1e-5  # 0.1 Å²/ps


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    settings = AnalysisSettings(n_intervals=10)
    found = [
        self_diffusion(mobile_displacements(walk(seed)), FRAME_PS, settings) for seed in range(40)
    ]
    covered = sum(low <= TRUE_CM2_S <= high for low, high in (d.interval_cm2_s for d in found))
    # Fewer than this has a probability below 0.1 % if the interval is one of 95 % or wider.
    assert covered >= binom.ppf(1e-3, 40, 0.95)
    medians = np.array([each.value_cm2_s for each in found])
    assert medians.mean() == pytest.approx(TRUE_CM2_S, rel=0.05)
    # Nor is it so wide that it says nothing: within a factor of 2 of the true scatter.
    errors = np.array([each.log_error for each in found])
    assert 0.5 < errors.mean() / np.log(medians).std() < 2


def test_the_distribution_is_the_one_that_kinisi_samples():
    moved = mobile_displacements(walk(1, n_frames=120))
    settings = AnalysisSettings(n_intervals=8)
    found = self_diffusion(moved, FRAME_PS, settings)
    kinisi = observe(moved, FRAME_PS, fit_intervals(len(moved), FRAME_PS, settings))
    start = kinisi.dg["da"].coords["time interval"][0] * (1 - 1e-6)
    kinisi.bayesian_regression(start, n_samples=1500, n_burn=1000, progress=False)
    samples = kinisi.gradient.values / 6 * 1e-4
    assert np.median(samples) == pytest.approx(found.value_cm2_s, rel=0.03)
    low, high = found.interval_cm2_s
    assert np.quantile(samples, [0.025, 0.975]) == pytest.approx([low, high], rel=0.06)


def test_numpys_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    self_diffusion(mobile_displacements(walk(1)), FRAME_PS, SETTINGS)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_drift_of_the_whole_changes_nothing():
    still, drifting = walk(2), walk(2, drift_ang=(30.0, -20.0, 5.0))
    assert np.allclose(mobile_displacements(still), mobile_displacements(drifting), atol=1e-9)
    away = framework_drift(drifting)[-1]
    assert away == pytest.approx([30.0, -20.0, 5.0], abs=0.5)
    found = analyse(drifting, "Li", SETTINGS)
    assert found.drifted
    assert not found.molten
    assert found.diffusivity_cm2_s == pytest.approx(TRUE_CM2_S, rel=0.5)
    assert not analyse(still, "Li", SETTINGS).drifted


def test_vibration_is_no_diffusion():
    found = analyse(walk(3, diffusivity_ang2_ps=0.0, vibration_ang=0.4), "Li", SETTINGS)
    assert found.censored
    assert found.diffusivity_cm2_s is found.conductivity_s_cm is None
    assert found.hops < 1
    # No hop of 3 Å of 16 ions in 50 ps: 3 hops are excluded with 95 %.
    counted = 3.0 * 9.0 / (6 * 16 * 49.75) * 1e-4
    assert counted * 0.99 < found.diffusivity_upper_cm2_s < 2 * counted
    assert found.conductivity_upper_s_cm > 0
    assert not found.too_short
    assert abs(found.msd_exponent) < 0.3


@pytest.mark.parametrize("noise_ang", [0.0, 1e-12])
def test_ions_at_rest_are_censored(noise_ang):
    still = walk(3, diffusivity_ang2_ps=0.0, vibration_ang=noise_ang)
    found = analyse(still, "Li", SETTINGS)
    assert found.censored
    assert found.diffusivity_cm2_s is None
    assert found.diffusivity_upper_cm2_s == pytest.approx(
        3.0 * 9.0 / (6 * 16 * 49.75) * 1e-4, rel=0.01
    )


def test_a_slow_walk_that_is_censored_lies_below_its_bound():
    slow = [walk(seed, diffusivity_ang2_ps=5e-4) for seed in range(3)]
    for found in (analyse(each, "Li", SETTINGS) for each in slow):
        assert found.censored
        assert found.diffusivity_upper_cm2_s > 5e-8


def test_ions_that_jump_to_and_fro_do_not_count():
    moved = np.zeros((200, 4, 3))
    moved[::2, :, 0] = 3.0
    nothing = Diffusion(0.0, 1e-8)
    verdict = censor(moved, 50.0, nothing, SETTINGS)
    assert verdict.censored
    assert verdict.hops < 0.01


def test_a_melt_is_flagged_and_has_no_value():
    found = analyse(walk(4, framework_diffusivity_ang2_ps=0.1), "Li", SETTINGS)
    assert found.molten
    assert found.censored
    assert found.diffusivity_cm2_s is None
    assert found.framework_departure_ang > 1.5


def test_anions_that_turn_in_their_places_are_no_melt():
    turning = walk(5)
    chlorine = np.flatnonzero(turning.numbers == 17)
    turning.positions[100:, chlorine, 0] += np.where(chlorine % 2, 2.5, -2.5)
    found = analyse(turning, "Li", SETTINGS)
    assert found.framework_departure_ang < 0.5
    assert not found.molten


def test_a_short_run_is_flagged():
    short = analyse(walk(6, n_frames=80, n_mobile=40), "Li", SETTINGS)
    assert short.too_short
    assert not analyse(walk(6), "Li", SETTINGS).too_short


def test_too_few_frames_for_any_fit_say_what_to_do():
    with pytest.raises(SettingsError, match="record longer"):
        fit_intervals(30, FRAME_PS, SETTINGS)


def test_mean_squared_displacement_of_a_straight_line():
    line = np.arange(10.0)[:, None, None] * np.array([1.0, 2.0, 2.0])
    assert mean_squared_displacement(line, np.array([1, 3])).tolist() == [9.0, 81.0]


def test_without_kinisi_the_pip_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "kinisi", None)
    monkeypatch.setattr(diffusion, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[md\]'"):
        self_diffusion(np.zeros((200, 4, 3)), FRAME_PS, SETTINGS)
