"""Finding the material of a row, by every way."""

import numpy as np
import pytest

from ionlake.labels.matching import Candidate, Match, MatchedBy, Matcher, Wanted
from ionlake.labels.obelix import NOISY
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled

LIF, LII = load_bundled("LiF-225"), load_bundled("LiI-225")
STRUCTURES = {each.structure_id: each for each in (LIF, LII)}


def candidate(material_id, structure, hull=None, icsd=()):
    return Candidate(material_id, structure.formula, structure.structure_id, hull, frozenset(icsd))


def matcher(*candidates):
    chosen = candidates or (candidate("lif", LIF, icsd=["52690"]), candidate("lii", LII))
    return Matcher(chosen, STRUCTURES.__getitem__)


def wanted(material_id=None, icsd_id=None, formula=None, structure=None, note=None):
    return Wanted(material_id, icsd_id, formula, structure, note)


def noisy(structure, size_ang=0.05):
    """Another cell of the same crystal with noise on its positions."""
    crystal = structure.to_pymatgen()
    crystal.make_supercell([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    crystal.perturb(size_ang)
    return StructureRecord.from_pymatgen(crystal)


def test_by_the_id_that_the_row_names():
    assert matcher().match(wanted("lii")) == Match("lii", MatchedBy.MATERIAL_ID)
    assert matcher().match(wanted("lii", formula="Li2I2")).material_id == "lii"


def test_by_the_icsd_number():
    assert matcher().match(wanted(icsd_id="52690")) == Match("lif", MatchedBy.ICSD)
    assert matcher().match(wanted("absent", "52690", "LiF")).matched_by is MatchedBy.ICSD


def test_by_composition_and_structure_in_spite_of_cell_and_noise():
    found = matcher().match(wanted(structure=noisy(LIF), note=NOISY))
    assert (found.material_id, found.matched_by) == ("lif", MatchedBy.STRUCTURE)
    assert 0 < found.rms < 0.1


@pytest.mark.parametrize(
    "row", [wanted("lif", formula="LiI"), wanted(icsd_id="52690", formula="LiI")]
)
def test_an_id_with_another_composition_is_no_match(row):
    found = matcher().match(row)
    assert found == Match(reason="composition: lif is LiF, the row says LiI")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (wanted("x"), "the lake has no material x; without formula and structure"),
        (wanted("x", "7"), "no material x and no material with ICSD number 7; without"),
        (wanted(formula="Li2O"), "no material has the composition Li2O"),
        (wanted(formula="LiF"), "1 with the composition LiF, but the row has no structure"),
        (wanted(formula="LiF", note="it is disordered"), "composition LiF, but it is disordered"),
        (wanted(formula="LiF", structure=LII), "the row's structure is LiI, its formula LiF"),
    ],
)
def test_why_there_is_no_match(row, reason):
    found = matcher().match(row)
    assert found.material_id is found.matched_by is None
    assert reason in found.reason


def test_the_same_composition_in_another_structure_is_no_match():
    caesium_chloride = StructureRecord(
        np.eye(3) * 2.5, np.array([3, 9]), np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    )
    found = matcher().match(wanted(structure=caesium_chloride))
    assert found == Match(reason="its structure fits none with its composition: lif")


def test_of_equals_the_most_stable_is_taken_and_the_others_are_named():
    pair = candidate("a", LIF, 0.04, ["1"]), candidate("b", LIF, 0.0, ["1"])
    by_number = matcher(*pair).match(wanted(icsd_id="1"))
    by_structure = matcher(*pair).match(wanted(structure=LIF))
    assert (by_number.material_id, by_number.reason) == ("b", "a would fit too")
    assert (by_structure.material_id, by_structure.reason) == ("b", "the closest; a would fit too")
