"""Which evaluator a scan uses, and how many are kept."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from ionlake.errors import GridError, PotentialError
from ionlake.pes.evaluator import (
    BATCHED,
    BatchedEvaluator,
    checked_energies,
    evaluator_name,
    own_evaluator,
    reference_potential,
    release_evaluator,
    scan_evaluator,
)
from ionlake.pes.grid import grid_fractional
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.potentials import OwnEvaluator, PairPotential

COARSE = ScanSettings(spacing_ang=0.8)
LI3N = load_bundled("Li3N-191")


@pytest.fixture(autouse=True)
def nothing_kept():
    release_evaluator()
    yield
    release_evaluator()


def test_a_potentials_own_evaluator_is_used_and_named():
    own = OwnEvaluator()
    dataset = scan_structure(LI3N, COARSE, own)
    assert dataset.attrs["evaluator"] == evaluator_name(own) == "own-7"
    plain = scan_structure(LI3N, COARSE, own.inner)
    assert own.built == [orbit for orbit in (0, 1) if orbit in own.built]
    assert plain.attrs["evaluator"] == evaluator_name(own.inner) == BATCHED
    assert dataset.attrs["scan_id"] != plain.attrs["scan_id"]
    np.testing.assert_array_equal(dataset.energy, plain.energy)
    assert isinstance(scan_evaluator(own.inner, LI3N, 0), BatchedEvaluator)


def test_batches_can_be_forced():
    own = OwnEvaluator()
    forced = scan_structure(LI3N, replace(COARSE, evaluator="batched"), own)
    plain = scan_structure(LI3N, COARSE, own.inner)
    assert own.built == []
    assert forced.attrs["evaluator"] == evaluator_name(own, "batched") == BATCHED
    assert forced.attrs["scan_id"] == plain.attrs["scan_id"]
    assert forced.attrs["verification"] == plain.attrs["verification"]
    np.testing.assert_array_equal(forced.energy, plain.energy)
    assert own_evaluator(own, "batched") is None
    assert reference_potential(own, "batched") is own


def test_a_potential_without_an_evaluator_is_its_own_reference():
    own, plain = OwnEvaluator(), PairPotential()
    assert reference_potential(plain) is plain
    assert reference_potential(own) is own.inner
    assert own_evaluator(own) is own


def test_blocks_of_one_scan_share_an_evaluator():
    own = OwnEvaluator()
    first = scan_evaluator(own, LI3N, 0)
    again = StructureRecord(LI3N.cell, LI3N.atomic_numbers, LI3N.fractional_positions)
    assert scan_evaluator(own, again, 0) is first
    assert own.built == [0]
    moved = StructureRecord(LI3N.cell, LI3N.atomic_numbers, LI3N.fractional_positions + 0.25)
    for others in [(own, LI3N, 1), (own, moved, 1), (OwnEvaluator(), moved, 1)]:
        second = scan_evaluator(*others)
        assert second is not first
        assert scan_evaluator(*others) is second
        first = second


def test_two_evaluators_never_exist_at_once():
    alive = []

    def count(_site):
        gc.collect()
        alive.append(sum(reference() is not None for reference in made))

    made = []
    own = OwnEvaluator(on_build=count)
    made.append(weakref.ref(scan_evaluator(own, LI3N, 0)))
    made.append(weakref.ref(scan_evaluator(own, LI3N, 1)))
    made.append(weakref.ref(scan_evaluator(own, LI3N, 2)))
    assert alive == [0, 0, 0]
    assert made[-1]() is not None
    release_evaluator()
    gc.collect()
    assert made[-1]() is None


def test_a_finished_scan_keeps_no_evaluator():
    own = OwnEvaluator()
    scan_structure(LI3N, COARSE, own)
    kept = weakref.ref(own)
    del own
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("shape", [(), (2,), (4,), (3, 1)])
def test_energies_of_another_shape(shape):
    with pytest.raises(PotentialError, match=r"returned shape .* expected \(3,\)"):
        checked_energies(np.zeros(shape), np.zeros((3, 3)), "Li3N")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_energies_that_are_not_finite(value):
    points = np.arange(9).reshape(3, 3) / 9
    with pytest.raises(GridError, match=r"1 energies .* in Li3N, first with the ion at \[0.33"):
        checked_energies(np.array([0.0, value, 1.0]), points, "Li3N")


def test_batches_of_structures_move_one_ion():
    class Recorder(PairPotential):
        def energies(self, cell, numbers, positions):
            self.frames.append(positions)
            return super().energies(cell, numbers, positions)

        frames = []  # noqa: RUF012

    record = LI3N
    points = grid_fractional((2, 3, 1), np.arange(6))
    BatchedEvaluator(Recorder(), record, 1).energies(points)
    expected = np.tile(record.fractional_positions, (6, 1, 1))
    expected[:, 1] = points
    np.testing.assert_allclose(Recorder.frames[0], expected @ record.cell)
