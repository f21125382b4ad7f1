"""SevenNet against its own ASE calculator, and the way batches reach the network."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from ionlake.errors import PotentialError
from ionlake.potentials.conformance import check_potential
from ionlake.potentials.interface import PotentialCard
from ionlake.potentials.load import load_potential
from ionlake.potentials.sevennet import SevenNet, _slices, load_sevennet
from ionlake.structures.sources.bundled import load_bundled

NAMES = {"sevennet-0": "7net-0", "7net-l3i5": "7net-l3i5", "7net-mf-0@PBE": "7net-mf-0"}
CRYSTALS = ("Li3N-191", "LiAlO2-92", "LiFePO4-62")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def loaded(name, dtype="float32"):
    return load_potential(name, device="cpu", dtype=dtype)


def displaced(name, count=3, by=0.1):
    """Cell, atomic numbers and displaced copies of a bundled crystal."""
    record = load_bundled(name)
    rng = np.random.default_rng(7)
    positions = record.fractional_positions @ record.cell
    moved = positions + rng.uniform(-by, by, (count, record.n_sites, 3))
    return record.cell, record.atomic_numbers, moved


@pytest.mark.model
@pytest.mark.parametrize("name", NAMES)
def test_conformance(name):
    cell, numbers, frames = displaced("Li3N-191", 1)
    differences = check_potential(loaded(name), cell, numbers, frames[0])
    assert max(differences.values()) < 1e-5


@pytest.mark.model
@pytest.mark.parametrize("name", NAMES)
def test_energies_are_those_of_sevenns_calculator(name):
    from ase import Atoms
    from sevenn.calculator import SevenNetCalculator

    modality = {"modal": name.partition("@")[2]} if "@" in name else {}
    calculator = SevenNetCalculator(NAMES[name], device="cpu", **modality)
    for crystal in CRYSTALS:
        cell, numbers, frames = displaced(crystal, 1)
        atoms = Atoms(
            numbers=numbers, positions=frames[0], cell=cell, pbc=True, calculator=calculator
        )
        found = loaded(name).energies(cell, numbers, frames)
        # The calculator's total is a float32: at 188 eV it moves in steps of 1.5e-5.
        assert found == pytest.approx([atoms.get_potential_energy()], abs=3e-5, rel=0)


@pytest.mark.model
def test_float64_is_float64_throughout():
    single, double = loaded("sevennet-0"), loaded("sevennet-0", "float64")
    for crystal in CRYSTALS:
        cell, numbers, frames = displaced(crystal)
        energies = double.energies(cell, numbers, frames)
        moved = double.energies(cell, numbers, frames + np.array([0.123, 4.56, -2.1]))
        np.testing.assert_allclose(moved, energies, rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            single.energies(cell, numbers, frames), energies, rtol=0, atol=1e-4
        )


@pytest.mark.model
def test_a_batch_of_one_twice():
    potential = loaded("sevennet-0")
    cell, numbers, frames = displaced("LiAlO2-92", 2)
    first = potential.energies(cell, numbers, frames[:1])
    other = potential.energies(cell, numbers, frames[1:])
    np.testing.assert_array_equal(potential.energies(cell, numbers, frames[:1]), first)
    np.testing.assert_array_equal(potential.energies(cell, numbers, frames[1:]), other)
    assert abs(first - other) > 1e-3


@pytest.mark.model
def test_split_batches_give_the_energies_of_whole_ones():
    cell, numbers, frames = displaced("Li3N-191", 9)
    whole = replace(loaded("sevennet-0"), edges_per_batch=10**9).energies(cell, numbers, frames)
    for budget in (0, 400, 1500):
        split = replace(loaded("sevennet-0"), edges_per_batch=budget)
        np.testing.assert_allclose(split.energies(cell, numbers, frames), whole, rtol=0, atol=1e-5)
    assert np.ptp(whole) > 0.01


@pytest.mark.model
def test_left_handed_cells():
    potential = loaded("sevennet-0")
    cell, numbers, frames = displaced("LiAlO2-92", 1)
    swapped = cell[[1, 0, 2]]
    assert np.linalg.det(cell) * np.linalg.det(swapped) < 0
    expected = potential.energies(cell, numbers, frames)
    np.testing.assert_allclose(
        potential.energies(swapped, numbers, frames), expected, rtol=0, atol=1e-5
    )


@pytest.mark.model
def test_lonely_atoms_and_empty_batches():
    potential = loaded("sevennet-0")
    lonely = potential.energies(20.0 * np.eye(3), np.array([3], dtype=np.int32), np.ones((2, 1, 3)))
    assert lonely.shape == (2,)
    assert np.isfinite(lonely).all()
    empty = potential.energies(20.0 * np.eye(3), np.array([3]), np.ones((0, 1, 3)))
    assert empty.shape == (0,)
    assert empty.dtype == np.float64


@pytest.mark.model
def test_cards():
    card = loaded("sevennet-0").card
    assert (card.name, card.dtype, card.cutoff_ang, card.parity) == (
        "sevennet-0",
        "float32",
        5.0,
        False,
    )
    assert {3, 8, 15, 16, 26} <= card.atomic_numbers
    assert 85 not in card.atomic_numbers
    assert loaded("7net-mf-0@PBE").card.modality == "PBE"
    again = load_potential("7net-0", device="cpu").card
    assert again == card
    cards = [
        card,
        loaded("sevennet-0", "float64").card,
        loaded("7net-l3i5").card,
        loaded("7net-mf-0@PBE").card,
        loaded("7net-mf-0@R2SCAN").card,
    ]
    assert len({each.potential_id for each in cards}) == len(cards)


@pytest.mark.model
def test_a_copied_checkpoint_is_the_same_potential(tmp_path):
    from sevenn.util import pretrained_name_to_path

    path = tmp_path / "mine@home.pth"
    path.symlink_to(pretrained_name_to_path("7net-0"))
    card = load_potential(str(path), device="cpu").card
    assert card.name == "mine@home"
    assert card.potential_id == loaded("sevennet-0").card.potential_id


@pytest.mark.model
def test_the_modality_must_fit_the_checkpoint():
    with pytest.raises(PotentialError, match=r"7net-mf-0@R2SCAN or 7net-mf-0@PBE"):
        load_potential("7net-mf-0", device="cpu")
    with pytest.raises(PotentialError, match=r"needs a modality, got 'LDA'"):
        load_potential("7net-mf-0@LDA", device="cpu")
    with pytest.raises(PotentialError, match=r"has one level of theory, got modality 'PBE'"):
        load_potential("sevennet-0@PBE", device="cpu")


@pytest.mark.model
def test_unknown_elements_are_refused():
    with pytest.raises(PotentialError, match="does not know At"):
        loaded("sevennet-0").energies(
            4.0 * np.eye(3), np.array([3, 85]), np.array([[[0, 0, 0], [2, 2, 2]]])
        )


class Network:
    """Stands in for a network: the energy of an atom is its number of edges, plus its modality."""

    def __init__(self, device):
        self.device = device
        self.modal_map = {"PBE": 3}
        self.batches = []

    def __call__(self, data):
        import sevenn._keys as key

        assert {tensor.device.type for tensor in data.values()} == {self.device}
        n_atoms, n_frames = len(data[key.ATOMIC_NUMBERS]), len(data[key.NUM_ATOMS])
        self.batches.append(n_frames)
        edges = np.zeros(n_atoms)
        if self.device == "cpu":
            np.add.at(edges, data[key.EDGE_IDX][1].numpy(), 1.0)
            edges += data[key.MODAL_TYPE].numpy()[data[key.BATCH].numpy()]
        return {key.ATOMIC_ENERGY: torch.as_tensor(edges, dtype=torch.float32)[:, None]}


def stand_in(device="cpu", edges_per_batch=1500):
    card = PotentialCard("stand-in", "float32", 2.1, None, parity=False, modality="PBE")
    return SevenNet(card, Network(device), device, edges_per_batch)


def test_edges_atoms_and_modality_reach_the_network():
    potential = stand_in(edges_per_batch=13)
    cell = 2.0 * np.eye(3)
    energies = potential.energies(cell, np.array([3]), np.zeros((5, 1, 3)))
    np.testing.assert_array_equal(energies, 6 + 3)
    assert potential.network.batches == [2, 2, 1]
    far = np.array([[[0.0, 0, 0], [9.0, 9.0, 9.0]], [[0, 0, 0], [1.0, 1.0, 1.0]]])
    energies = potential.energies(6.0 * np.eye(3), np.array([3, 8]), far)
    np.testing.assert_array_equal(energies, [2 * 3, 2 + 2 * 3])


def test_every_tensor_is_made_on_the_potentials_device():
    potential = stand_in(device="meta")
    potential.energies(2.0 * np.eye(3), np.array([3]), np.zeros((4, 1, 3)))
    assert potential.network.batches == [4]


@pytest.mark.parametrize(
    ("sizes", "budget", "expected"),
    [
        ([], 10, []),
        ([5], 1, [(0, 1)]),
        ([5, 5, 5], 10, [(0, 2), (2, 3)]),
        ([5, 5, 5], 9, [(0, 1), (1, 2), (2, 3)]),
        ([50, 1, 1, 50], 10, [(0, 1), (1, 3), (3, 4)]),
        ([0, 0, 0], 0, [(0, 3)]),
    ],
)
def test_slices_keep_to_the_budget(sizes, budget, expected):
    assert list(_slices(sizes, budget)) == [slice(*each) for each in expected]


def test_paths_that_do_not_exist():
    with pytest.raises(PotentialError, match="no checkpoint file of that path"):
        load_sevennet("missing.pth")
