"""ASE calculators as potentials."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.lj import LennardJones
from ase.calculators.morse import MorsePotential

from ionlake.errors import PotentialError
from ionlake.potentials.ase import from_calculator


class Nameless(Calculator):
    """As many machine-learned calculators are: the weights are not among the parameters."""

    implemented_properties = ("energy",)

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        if 92 in atoms.numbers:
            raise NotImplementedError("no uranium")
        self.results = {"energy": float(len(atoms))}


def frames(atoms, count=4):
    rng = np.random.default_rng(1)
    return atoms.positions + rng.uniform(-0.2, 0.2, (count, len(atoms), 3))


def test_energies_are_the_calculators_own():
    atoms = bulk("LiF", "rocksalt", 4.02) * (2, 1, 1)
    potential = from_calculator(LennardJones(sigma=1.8, rc=5.0))
    batch = frames(atoms)
    expected = []
    for positions in batch:
        alone = Atoms(numbers=atoms.numbers, positions=positions, cell=atoms.cell, pbc=True)
        alone.calc = LennardJones(sigma=1.8, rc=5.0)
        expected.append(alone.get_potential_energy())
    found = potential.energies(np.array(atoms.cell), atoms.numbers, batch)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float64
    assert potential.energies(np.array(atoms.cell), atoms.numbers, batch[:0]).shape == (0,)


def test_the_card_tells_calculators_apart():
    def identity(calculator, **options):
        return from_calculator(calculator, **options).card.potential_id

    plain = identity(LennardJones())
    assert identity(LennardJones()) == plain
    assert identity(LennardJones(sigma=1.1)) != plain
    assert identity(MorsePotential()) != plain
    assert identity(LennardJones(), name="argon") != plain
    assert identity(LennardJones(), parameters={"sigma": 1.0}) != plain
    assert identity(LennardJones(), dtype="float32") != plain
    assert identity(LennardJones(), parity=True, cutoff_ang=3.0) == plain


def test_the_card_says_what_was_told():
    card = from_calculator(
        Nameless(), "nn", atomic_numbers=frozenset({3}), cutoff_ang=4.0, parity=True
    ).card
    assert (card.name, card.cutoff_ang, card.parity) == ("nn", 4.0, True)
    assert card.atomic_numbers == {3}
    assert from_calculator(LennardJones()).card.name == "LennardJones"


def test_a_calculator_that_nothing_identifies_is_refused():
    with pytest.raises(PotentialError, match=r"Nameless has no parameters.*give a name"):
        from_calculator(Nameless())
    by_name = from_calculator(Nameless(), "weights-1").card.potential_id
    assert by_name != from_calculator(Nameless(), "weights-2").card.potential_id
    assert from_calculator(Nameless(), parameters={"sha256": "ab"}).card.name == "Nameless"


def test_failures_of_the_calculator_are_explained():
    potential = from_calculator(Nameless(), "nn")
    with pytest.raises(PotentialError, match=r"nn failed on U: NotImplementedError: no uranium"):
        potential.energies(4 * np.eye(3), np.array([92]), np.zeros((1, 1, 3)))


def test_positions_of_another_shape_are_refused():
    with pytest.raises(PotentialError, match="expected"):
        from_calculator(Nameless(), "nn").energies(np.eye(3), np.array([3]), np.zeros((1, 3)))
