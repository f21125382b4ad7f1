"""What looks promising before it is scanned, and that only the order of work follows from it."""

import numpy as np
import pytest

from ionlake.errors import StructureError
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.plan import Method, plan_run
from ionlake.pipeline.promise import promise
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled

METHOD = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")


def test_more_lithium_and_softer_anions_are_more_promising():
    halides = [promise(load_bundled(f"Li{anion}-225"), "Li") for anion in ("F", "Cl", "Br", "I")]
    assert halides == sorted(halides)
    assert promise(load_bundled("Li3N-191"), "Li") > promise(load_bundled("LiFePO4-62"), "Li")
    assert all(0 < each < 1 for each in halides)


def test_the_mobile_species_is_what_counts():
    same = load_bundled("LiCoO2-166")
    assert promise(same, "Li") == promise(same, "Co") < promise(same, "O")


def test_elements_without_electronegativity_hold_nothing():
    cell, places = 4.0 * np.eye(3), np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    with_helium = StructureRecord(cell, np.array([3, 2]), places)
    assert promise(with_helium, "Li") > promise(load_bundled("LiI-225"), "Li")


def test_the_better_chance_for_the_cost_comes_first():
    names = ("LiF-225", "LiI-225", "LiFePO4-62", "Li3N-191", "LiCoO2-166")
    structures = {name: load_bundled(name) for name in names}
    tasks = plan_run([(METHOD, structures)], set(), set())
    rates = [task.seconds / promise(task.structure, "Li") for task in tasks]
    assert rates == sorted(rates)
    assert [task.seconds for task in tasks] != sorted(task.seconds for task in tasks)
    assert tasks[-1].material_ids == ("LiFePO4-62",)


def test_a_crystal_without_the_mobile_species_is_refused():
    with pytest.raises(StructureError, match="Na"):
        promise(load_bundled("LiF-225"), "Na")
