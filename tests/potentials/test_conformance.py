"""The conformance suite passes sound potentials and fails each kind of broken one."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from ase.calculators.morse import MorsePotential

from ionlake.errors import PotentialError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.ase import from_calculator
from ionlake.potentials.conformance import check_potential
from ionlake.potentials.interface import OffersScanEvaluator, Potential
from tests.reference.landscapes import TRICLINIC
from tests.reference.potentials import OwnEvaluator, PairPotential

NUMBERS = np.array([3, 8, 3, 17, 3])
POSITIONS = (
    np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.1, 0.2], [0.1, 0.6, 0.8], [0.3, 0.9, 0.4]])
    @ TRICLINIC
)
CRYSTAL = (TRICLINIC, NUMBERS, POSITIONS)

SOUND = {
    "analytic": CosineLandscape(amplitudes_ev=(0.2, 0.3, 0.5)),
    "pairs": PairPotential(),
    "chiral": PairPotential(chirality=0.1),
    "lennard-jones": from_calculator(LennardJones(sigma=2.0, rc=6.0, smooth=True), parity=True),
    "morse": from_calculator(MorsePotential(r0=2.0, rcut1=4.0, rcut2=5.0)),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_potentials_pass(name):
    differences = check_potential(SOUND[name], *CRYSTAL)
    assert set(differences) >= {
        "translation",
        "periodic_images",
        "permutation",
        "rotation",
        "batch_equals_single",
        "repeatable",
    }
    assert max(differences.values()) < 1e-9


def test_parity_is_checked_where_it_is_claimed():
    assert "mirror" in check_potential(PairPotential(), *CRYSTAL)
    assert "mirror" not in check_potential(PairPotential(chirality=0.1), *CRYSTAL)


@dataclass(frozen=True)
class Broken:
    """Sound energies with one fault."""

    sound: Potential = field(default_factory=PairPotential)

    @property
    def card(self):
        return self.sound.card

    def energies(self, cell, numbers, positions):
        return self.sound.energies(cell, numbers, positions)


class MixesUpTheBatch(Broken):
    def energies(self, cell, numbers, positions):
        return super().energies(cell, numbers, positions)[::-1]


class SplitsTheBatchWrongly(Broken):
    """The second half of a batch gets the energies of the first."""

    def energies(self, cell, numbers, positions):
        energies = super().energies(cell, numbers, positions)
        half = len(energies) // 2
        energies[len(energies) - half :] = energies[:half]
        return energies


class FeelsTheOrigin(Broken):
    def energies(self, cell, numbers, positions):
        waves = np.cos(2 * np.pi * positions @ np.linalg.inv(cell))
        return super().energies(cell, numbers, positions) + waves.sum(axis=(1, 2))


class FeelsTheOrder(Broken):
    def energies(self, cell, numbers, positions):
        swapped = positions[:, [1, 0, *range(2, len(numbers))]]
        moved = np.linalg.norm(swapped[:, 1] - positions[:, 2], axis=1)
        return super().energies(cell, numbers, swapped) * (1 + np.sin(moved))


class SeesOnlyTheSpeciesOfTheFirstAtom(Broken):
    def energies(self, cell, numbers, positions):
        return super().energies(cell, numbers, positions) * numbers[0]


class ForgetsPeriodicity(Broken):
    def energies(self, cell, numbers, positions):
        return super().energies(cell * 1e3, numbers, positions)


class FeelsTheDirection(Broken):
    def energies(self, cell, numbers, positions):
        energies = super().energies(cell, numbers, positions)
        return energies * (1.0 + 0.1 * cell[0, 0] / np.linalg.norm(cell[0]))


@dataclass(frozen=True)
class Drifts(Broken):
    """Every call changes a constant that later calls use."""

    calls: list[int] = field(default_factory=list)

    def energies(self, cell, numbers, positions):
        self.calls.append(1)
        return super().energies(cell, numbers, positions) + 0.01 * len(self.calls)


@dataclass(frozen=True)
class SpoilsItsCacheWithASingle(Broken):
    """A batch of one overwrites a constant: this answer is right, later ones are not."""

    calls: list[int] = field(default_factory=list)

    def energies(self, cell, numbers, positions):
        spoiled = len(self.calls)
        self.calls.extend([1] * (len(positions) == 1))
        return super().energies(cell, numbers, positions) + 0.01 * spoiled


@pytest.mark.parametrize(
    ("broken", "check", "also"),
    [
        (MixesUpTheBatch, "batch_equals_single", set()),
        (SplitsTheBatchWrongly, "batch_equals_single", set()),
        (FeelsTheOrigin, "translation", set()),
        (FeelsTheOrder, "permutation", {"periodic_images"}),
        (SeesOnlyTheSpeciesOfTheFirstAtom, "permutation", set()),
        (ForgetsPeriodicity, "periodic_images", set()),
        (FeelsTheDirection, "rotation", set()),
        (SpoilsItsCacheWithASingle, "repeatable", {"batch_equals_single"}),
    ],
)
def test_each_fault_breaks_its_own_check(broken, check, also):
    with pytest.raises(PotentialError, match="mend the adapter") as caught:
        check_potential(broken(), *CRYSTAL)
    listed = str(caught.value).removeprefix("potential pairs breaks: ").partition(";")[0]
    assert {item.split()[0] for item in listed.split(", ")} == {check, *also}


def test_a_potential_that_drifts_is_not_repeatable():
    with pytest.raises(PotentialError, match="repeatable"):
        check_potential(Drifts(), *CRYSTAL)


def test_a_false_claim_of_parity():
    @dataclass(frozen=True)
    class Claims(Broken):
        @property
        def card(self):
            return replace(self.sound.card, parity=True)

    with pytest.raises(PotentialError, match="breaks: mirror"):
        check_potential(Claims(PairPotential(chirality=0.1)), *CRYSTAL)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda energies: energies.astype(np.float32), "returned float32, expected"),
        (lambda energies: energies.tolist(), "returned list, expected"),
        (lambda energies: energies[:, None], r"shape \(5, 1\), expected \(5,\)"),
        (lambda energies: energies[:1], r"shape \(1,\), expected \(5,\)"),
        (lambda energies: energies * np.nan, "not finite"),
        (lambda energies: energies * 0.0 - 7.5, "does not depend on the positions"),
        (lambda energies: energies * 1e-9, "does not depend on the positions"),
    ],
)
def test_energies_of_the_wrong_kind(spoil, message):
    class Spoiled(Broken):
        def energies(self, cell, numbers, positions):
            return spoil(super().energies(cell, numbers, positions))

    with pytest.raises(PotentialError, match=message):
        check_potential(Spoiled(), *CRYSTAL)


def test_one_atom_proves_nothing():
    with pytest.raises(PotentialError, match="at least two"):
        check_potential(PairPotential(), TRICLINIC, NUMBERS[:1], POSITIONS[:1])


@pytest.mark.parametrize("seed", range(20))
def test_two_atoms_are_always_permuted(seed):
    broken = SeesOnlyTheSpeciesOfTheFirstAtom(PairPotential(cutoff=6.0))
    with pytest.raises(PotentialError, match="permutation"):
        check_potential(broken, TRICLINIC, NUMBERS[:2], POSITIONS[:2], seed=seed)


def shifted(_site, _points, energies):
    return energies + 1e-3


def mixed_up_in_batches(_site, _points, energies):
    return energies[::-1]


def wrong_alone(_site, points, energies):
    return energies + 1e-3 * (len(points) == 1)


def one_too_few(_site, _points, energies):
    return energies[:-1]


def test_a_scan_evaluator_that_agrees_with_the_reference():
    assert isinstance(OwnEvaluator(), OffersScanEvaluator)
    differences = check_potential(OwnEvaluator(), *CRYSTAL)
    assert differences["scan_evaluator"] < 1e-9
    assert differences["reference"] < 1e-9


@pytest.mark.parametrize("error", [shifted, mixed_up_in_batches, wrong_alone, one_too_few])
def test_a_scan_evaluator_must_agree_with_the_reference(error):
    with pytest.raises(PotentialError, match="breaks: scan_evaluator"):
        check_potential(OwnEvaluator(error), *CRYSTAL)


def test_a_reference_must_agree_with_the_potential():
    class Other(OwnEvaluator):
        def reference(self):
            return PairPotential(chirality=0.1)

    with pytest.raises(PotentialError, match=r"breaks: reference .*, scan_evaluator"):
        check_potential(Other(), *CRYSTAL)
