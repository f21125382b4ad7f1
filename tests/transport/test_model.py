"""Dynamics with SevenNet-0: the same potential as in scans, resumed bit by bit, the right heat."""

import numpy as np
import pytest

from ionlake.potentials.forces import load_force_field
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.supercell import make_supercell
from ionlake.transport.dynamics import advance, make_schedule
from ionlake.transport.settings import MdSettings
from ionlake.transport.state import MdState, initial_state

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def force_field():
    return load_force_field("sevennet-0", device="cpu")


def _start(image_distance_ang, **settings):
    supercell = make_supercell(load_bundled("LiF-225"), image_distance_ang)
    wanted = MdSettings(**settings)
    schedule = make_schedule(wanted, supercell.numbers, 600.0)
    return initial_state(supercell, 600.0, 1), schedule


def test_energies_and_identity_are_those_of_scans(force_field):
    potential = load_potential("sevennet-0", device="cpu")
    assert force_field.card.potential_id == potential.card.potential_id
    atoms = load_bundled("Li3N-191").to_ase()
    atoms.calc = force_field.calculator
    energy = potential.energies(np.array(atoms.cell), atoms.numbers, atoms.positions[None])
    assert atoms.get_potential_energy() == pytest.approx(float(energy[0]), abs=2e-5)


def test_a_run_that_is_stopped_and_resumed_gives_the_same_bits(force_field):
    state, schedule = _start(2.0, length_ps=0.024, equilibration_ps=0.008, frame_every_fs=4.0)
    end, frames = advance(state, schedule, force_field.calculator, schedule.n_steps)
    again = load_force_field("sevennet-0", device="cpu").calculator
    half, first = advance(state, schedule, again, 9)
    resumed = MdState.from_text(half.to_text())
    last, second = advance(resumed, schedule, force_field.calculator, schedule.n_steps)
    assert last.to_text() == end.to_text()
    assert np.array_equal(np.concatenate([first.positions, second.positions]), frames.positions)


def test_constant_energy_drifts_little(force_field):
    settings = {"length_ps": 0.05, "equilibration_ps": 0.01, "frame_every_fs": 2.0}
    state, schedule = _start(2.0, thermostat="none", **settings)
    _, frames = advance(state, schedule, force_field.calculator, schedule.n_steps)
    total = frames.potential_energy_ev + frames.kinetic_energy_ev
    assert np.ptp(total) / len(state.numbers) < 3e-4


def test_the_thermostat_holds_the_temperature(force_field):
    settings = {"length_ps": 0.16, "equilibration_ps": 0.04, "frame_every_fs": 4.0}
    state, schedule = _start(2.0, coupling_time_ps=0.01, **settings)
    _, frames = advance(state, schedule, force_field.calculator, schedule.n_steps)
    # Three degrees of freedom: relative scatter 0.8, decorrelated within some 0.02 ps.
    assert frames.temperature_k.mean() == pytest.approx(600, rel=0.5)
