"""Dynamics in pieces: how a run is cut does not matter, and what is recorded is what was asked."""

import numpy as np
import pytest

from ionlake.errors import PotentialError, SettingsError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.forces import landscape_calculator, load_force_field
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.supercell import make_supercell
from ionlake.transport.dynamics import advance, make_schedule
from ionlake.transport.settings import THERMOSTATS, MdSettings
from ionlake.transport.state import MdState, initial_state

SHORT = {"length_ps": 0.4, "equilibration_ps": 0.05, "frame_every_fs": 20.0}


def _start(thermostat="bussi", temperature_k=600.0, seed=3, **settings):
    supercell = make_supercell(load_bundled("LiF-225"), 2.0)
    wanted = MdSettings(thermostat=thermostat, **(SHORT | settings))
    schedule = make_schedule(wanted, supercell.numbers, temperature_k)
    return initial_state(supercell, temperature_k, seed), schedule


def _calculator():
    return landscape_calculator(CosineLandscape())


@pytest.mark.parametrize("thermostat", THERMOSTATS)
def test_a_run_that_is_stopped_and_resumed_gives_the_same_bits(thermostat):
    state, schedule = _start(thermostat)
    end, frames = advance(state, schedule, _calculator(), schedule.n_steps)
    pieces = []
    for n_steps in (7, 1, 30, 64, 1000):
        state = MdState.from_text(state.to_text())
        state, piece = advance(state, schedule, _calculator(), n_steps)
        pieces.append(piece)
    assert state.to_text() == end.to_text()
    for name in vars(frames):
        joined = np.concatenate([getattr(piece, name) for piece in pieces])
        assert np.array_equal(joined, getattr(frames, name)), name


def test_frames_are_as_many_as_asked_and_come_after_the_equilibration():
    state, schedule = _start()
    assert (schedule.n_frames, schedule.stride, schedule.frame_fs) == (20, 10, 20.0)
    state, frames = advance(state, schedule, _calculator(), schedule.equilibration_steps + 9)
    assert len(frames.positions) == schedule.frames_before(state.step) == 0
    state, frames = advance(state, schedule, _calculator(), 1)
    assert len(frames.positions) == schedule.frames_before(state.step) == 1
    assert np.array_equal(frames.positions[0], state.positions.astype(np.float32))
    state, _ = advance(state, schedule, _calculator(), 10**6)
    assert state.step == schedule.n_steps


def test_another_seed_is_another_run():
    state, _ = _start(seed=1)
    other, _ = _start(seed=2)
    assert not np.array_equal(state.momenta, other.momenta)
    assert np.allclose(state.momenta.sum(axis=0), 0)


def test_constant_energy_is_conserved():
    state, schedule = _start("none", time_step_fs=0.5, length_ps=0.3)
    _, frames = advance(state, schedule, _calculator(), schedule.n_steps)
    total = frames.potential_energy_ev + frames.kinetic_energy_ev
    assert np.ptp(total) < 1e-4
    assert np.ptp(frames.potential_energy_ev) > 1e-2


def test_what_the_thermostat_exchanges_is_what_the_total_energy_gains():
    state, schedule = _start("bussi", time_step_fs=0.5, length_ps=0.3)
    _, frames = advance(state, schedule, _calculator(), schedule.n_steps)
    total = frames.potential_energy_ev + frames.kinetic_energy_ev
    assert np.ptp(total - frames.exchanged_ev) < 2e-3
    assert np.ptp(total) > 5e-2


@pytest.mark.parametrize("thermostat", ["bussi", "langevin"])
def test_the_mean_temperature_is_the_one_asked_for(thermostat):
    supercell = make_supercell(load_bundled("LiF-225"), 7.0)
    wanted = MdSettings(thermostat=thermostat, **(SHORT | {"coupling_time_ps": 0.02}))
    schedule = make_schedule(wanted, supercell.numbers, 600.0)
    nearly_free = landscape_calculator(CosineLandscape(amplitudes_ev=(1e-4,) * 3))
    cold = initial_state(supercell, 100.0, 3)
    _, frames = advance(cold, schedule, nearly_free, schedule.n_steps)
    # 159 degrees of freedom scatter by 11 %; ten or so of the 20 frames are independent.
    assert frames.temperature_k[3:].mean() == pytest.approx(600, rel=0.11)


def test_a_run_that_blows_up_says_what_to_do():
    state, schedule = _start("none", time_step_fs=2.0)
    hot = MdState(**(vars(state) | {"momenta": 100 * state.momenta}))
    with pytest.raises(PotentialError, match=r"blew up.*shorter time_step_fs"):
        advance(hot, schedule, _calculator(), schedule.n_steps)


def test_hydrogen_takes_the_shorter_step():
    settings = MdSettings()
    assert settings.step_fs([3, 1]) == 1.0
    assert settings.step_fs([3, 9]) == 2.0
    assert MdSettings(time_step_fs=0.5).step_fs([1]) == 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"thermostat": "ice"}, "thermostat is 'ice'; expected one of"),
        ({"temperatures_k": (500.0, 500.0)}, "each once"),
        ({"temperatures_k": ()}, "at least one"),
        ({"length_ps": -1}, "length_ps is -1; expected a positive number"),
        ({"seeds": (-1,)}, "whole numbers from 0"),
        ({"mobile_species": "Xy"}, "element symbol"),
    ],
)
def test_wrong_settings_say_so(wrong, message):
    with pytest.raises(SettingsError, match=message):
        MdSettings(**wrong)


def test_a_stored_state_that_is_none_says_so():
    with pytest.raises(SettingsError, match="begin the run anew"):
        MdState.from_text("{}")


def test_forces_are_minus_the_gradient():
    landscape = CosineLandscape(
        amplitudes_ev=(0.3, 0.2, 0.1), harmonics=((1, 0, 0), (0, 2, 0), (1, 1, -1))
    )
    cell = np.array([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.5, 1.0, 6.0]])
    numbers = np.array([3, 9, 3, 15])
    positions = np.random.default_rng(0).random((4, 3)) @ cell
    forces, step = landscape.forces(cell, numbers, positions), 1e-4
    for atom, axis in np.ndindex(4, 3):
        moved = np.stack([positions, positions])
        moved[0, atom, axis] += step
        moved[1, atom, axis] -= step
        up, down = landscape.energies(cell, numbers, moved)
        assert forces[atom, axis] == pytest.approx(-(up - down) / (2 * step), abs=1e-7)


def test_a_potential_without_forces_says_what_to_do():
    class EnergiesOnly:
        card = CosineLandscape().card

        def energies(self, cell, numbers, positions):
            return np.zeros(len(positions))

    with pytest.raises(PotentialError, match=r"energies only.*from_calculator"):
        load_force_field(EnergiesOnly())
