"""A record either is a sound crystal or does not exist."""

import copy
import json
import pickle

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Lattice, Structure

from ionlake.errors import SettingsError, StructureError
from ionlake.structures import StructureRecord, conversion
from ionlake.structures.record import StructureTypeError

CUBE = np.diag([4.0, 4.0, 4.0])
ORIGIN = np.zeros((1, 3))
LITHIUM = np.array([3])


def lithium_fluoride() -> StructureRecord:
    positions = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    return StructureRecord(CUBE, np.array([3, 9]), positions)


def assert_refused(match, cell=CUBE, numbers=LITHIUM, positions=ORIGIN):
    with pytest.raises(StructureError, match=match) as caught:
        StructureRecord(cell, numbers, positions)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


def test_facts_about_a_record():
    record = lithium_fluoride()
    assert record.n_sites == 2
    assert record.symbols == ("Li", "F")
    assert record.formula == "LiF"
    assert record.elements == ("F", "Li")
    assert record.chemical_system == "F-Li"


def test_formula_is_reduced():
    numbers = np.array([3, 3, 3, 3, 8, 8])
    positions = np.array([[i / 6, i / 6, i / 6] for i in range(6)])
    assert StructureRecord(2 * CUBE, numbers, positions).formula == "Li2O"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e9])
def test_numbers_that_are_not_finite_are_refused(bad):
    cell = CUBE.copy()
    cell[0, 1] = bad
    assert_refused("cell contains NaN, infinity", cell=cell)
    assert_refused("positions contains NaN, infinity", positions=np.array([[0.0, bad, 0.0]]))


def test_cells_of_another_shape_are_refused():
    assert_refused(r"shape \(3,\)", cell=np.ones(3))
    assert_refused(r"shape \(2, 3\)", cell=CUBE[:2])
    assert_refused("cannot be read as numbers", cell=[[1, 0, 0], [0, 1], [0, 0, 1]])


def test_flat_cells_are_refused():
    assert_refused("spans no space", cell=np.ones((3, 3)))
    assert_refused("spans no space", cell=np.diag([4.0, 4.0, 0.0]))
    assert_refused("nearly flat", cell=[[50.0, 0, 0], [50.0, 0.01, 0], [0, 0, 50.0]])


def test_left_handed_cells_are_kept_as_they_are():
    cell = np.array([[0.0, 4.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    assert np.linalg.det(cell) < 0
    np.testing.assert_array_equal(StructureRecord(cell, LITHIUM, ORIGIN).cell, cell)


def test_a_crystal_needs_an_atom():
    assert_refused("no atoms", numbers=np.array([], dtype=int), positions=np.zeros((0, 3)))


@pytest.mark.parametrize("number", [0, -3, 119])
def test_numbers_of_no_element_are_refused(number):
    assert_refused(f"atomic number {number} is no element", numbers=np.array([number]))


def test_atomic_numbers_must_be_a_flat_list_of_integers():
    assert_refused("one integer per atom", numbers=np.array([3.5]))
    assert_refused("one integer per atom", numbers=np.array([[3]]))
    assert_refused("cannot be read as numbers", numbers=np.array(["Li"]))


def test_every_atom_needs_three_coordinates():
    assert_refused(r"expected \(1, 3\)", positions=np.zeros((2, 3)))
    assert_refused(r"expected \(1, 3\)", positions=np.zeros(3))


def test_two_atoms_on_one_place_are_refused():
    numbers = np.array([3, 9])
    assert_refused("sites 0 and 1", numbers=numbers, positions=np.array([[0, 0, 0], [0, 0, 0.1]]))


def test_atoms_that_meet_across_a_cell_face_are_refused():
    numbers = np.array([3, 9, 8])
    close = np.array([[0.5, 0.5, 0.5], [0.02, 0.3, 0.98], [0.98, 0.3, 0.02]])
    assert_refused("sites 1 and 2", numbers=numbers, positions=close)


def test_atoms_that_meet_after_whole_lattice_vectors_are_refused():
    positions = np.array([[0.0, 0.0, 0.0], [3.0, -2.0, 7.05]])
    assert_refused("0.200 Å", numbers=np.array([3, 9]), positions=positions)


def test_an_atom_that_meets_its_own_image_is_refused():
    assert_refused("sites 0 and 0", cell=np.diag([0.45, 4.0, 4.0]))


def test_an_own_image_hidden_by_a_skewed_cell_is_refused():
    short = np.array([0.0, 0.0, 0.45])
    long = np.array([0.0, 3.0, 0.0])
    cell = np.array([[3.0, 0, 0], long + 4 * short, long + 5 * short])
    assert np.linalg.norm(cell, axis=1).min() >= 3.0
    assert_refused("sites 0 and 0", cell=cell)


def test_distances_just_above_the_limit_are_allowed():
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.126]])
    StructureRecord(CUBE, np.array([3, 9]), positions)
    StructureRecord(np.diag([0.51, 4.0, 4.0]), LITHIUM, ORIGIN)


def test_arrays_are_copied_and_read_only():
    cell, positions = CUBE.copy(), ORIGIN.copy()
    record = StructureRecord(cell, LITHIUM, positions)
    cell[0, 0] = 9.0
    positions[0, 0] = 0.3
    assert record.cell[0, 0] == 4.0
    assert record.fractional_positions[0, 0] == 0.0
    for array in (record.cell, record.atomic_numbers, record.fractional_positions):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("restore", [copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))])
def test_copies_and_pickles_keep_the_guarantees(restore):
    record = lithium_fluoride()
    restored = restore(record)
    assert restored.structure_id == record.structure_id
    assert not restored.cell.flags.writeable
    assert not restored.fractional_positions.flags.writeable


def test_positions_are_neither_wrapped_nor_sorted():
    positions = np.array([[1.5, -0.25, 0.0], [0.1, 0.2, 0.3]])
    record = StructureRecord(CUBE, np.array([9, 3]), positions)
    np.testing.assert_array_equal(record.fractional_positions, positions)
    assert record.symbols == ("F", "Li")
    np.testing.assert_allclose(record.to_pymatgen().frac_coords, positions)
    np.testing.assert_allclose(record.to_ase().get_scaled_positions(wrap=False), positions)


def test_mobile_sites():
    numbers = np.array([3, 8, 3])
    positions = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0]])
    record = StructureRecord(CUBE, numbers, positions)
    np.testing.assert_array_equal(record.mobile_sites("Li"), [0, 2])
    assert record.mobile_sites("O").dtype == np.int64


def test_mobile_species_must_be_present_and_real():
    with pytest.raises(StructureError, match="LiF has no Na"):
        lithium_fluoride().mobile_sites("Na")
    for symbol in ("Q", "li", "X", ""):
        with pytest.raises(SettingsError, match="not an element symbol"):
            lithium_fluoride().mobile_sites(symbol)


def test_from_any_knows_each_kind():
    record = lithium_fluoride()
    assert StructureRecord.from_any(record) is record
    assert StructureRecord.from_any(record.to_ase()).symbols == ("Li", "F")
    assert StructureRecord.from_any(record.to_pymatgen()).symbols == ("Li", "F")


def test_from_any_says_what_it_wants():
    with pytest.raises(
        StructureTypeError, match=r"got builtins\.str, expected a pymatgen"
    ) as caught:
        StructureRecord.from_any("LiF.cif")
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("pbc", [False, (True, True, False)])
def test_surfaces_and_molecules_are_refused(pbc):
    with pytest.raises(StructureError, match="only bulk crystals"):
        StructureRecord.from_ase(Atoms("Li", cell=CUBE, pbc=pbc))
    lattice = Lattice(CUBE, pbc=(True, True, False))
    with pytest.raises(StructureError, match="only bulk crystals"):
        StructureRecord.from_pymatgen(Structure(lattice, ["Li"], ORIGIN))


def test_ase_atoms_without_a_cell_are_refused():
    with pytest.raises(StructureError, match="spans no space"):
        StructureRecord.from_ase(Atoms("Li", pbc=True))


@pytest.mark.parametrize("species", [{"Li": 0.5}, {"Li": 0.5, "Na": 0.5}, {"Li+": 0.5, "Li": 0.5}])
def test_disorder_is_refused(species):
    with pytest.raises(StructureError, match=r"disordered.*order the crystal first"):
        StructureRecord.from_pymatgen(Structure(CUBE, [species], ORIGIN))


def test_disorder_noted_by_ase_is_refused():
    atoms = bulk("LiF", "rocksalt", 4.02)
    atoms.info["occupancy"] = {"0": {"Li": 0.9}, "1": {"F": 1.0}}
    with pytest.raises(StructureError, match="disordered"):
        StructureRecord.from_ase(atoms)
    atoms.info["occupancy"] = {"0": {"Li": 1.0}, "1": {"F": 1.0}}
    assert StructureRecord.from_ase(atoms).n_sites == 2


def test_dummies_and_vacancies_are_refused():
    with pytest.raises(StructureError, match="not an element"):
        StructureRecord.from_pymatgen(Structure(CUBE, ["X"], ORIGIN))
    with pytest.raises(StructureError, match="is no element"):
        StructureRecord.from_ase(Atoms("X", cell=CUBE, pbc=True))


def test_hydrogens_without_positions_are_refused():
    structure = Structure(CUBE, ["O"], ORIGIN, site_properties={"implicit_hydrogens": [2]})
    with pytest.raises(StructureError, match="hydrogens"):
        StructureRecord.from_pymatgen(structure)


def test_oxidation_states_and_isotopes_are_dropped():
    positions = [[0, 0, 0], [0.5, 0.5, 0.5]]
    decorated = StructureRecord.from_pymatgen(Structure(CUBE, ["Li+", "D-"], positions))
    plain = StructureRecord.from_pymatgen(Structure(CUBE, ["Li", "H"], positions))
    assert decorated.symbols == ("Li", "H")
    assert decorated.structure_id == plain.structure_id


PLAIN = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.03), ["Li", "F"], [[0, 0, 0], [0.5] * 3])


@pytest.mark.parametrize(
    "structure",
    [
        PLAIN,
        PLAIN.copy().add_oxidation_state_by_element({"Li": 1, "F": -1}),
        PLAIN.copy().replace_species({"Li": "D"}),
        Structure(
            Lattice([[3, 0.1, 0], [0, 4, 0.3], [1, 0, 5]]), ["Li", "O"], [[-0.1, 1.2, 0], [0.5] * 3]
        ),
    ],
    ids=["plain", "oxidation", "isotope", "unwrapped"],
)
def test_a_pymatgen_dict_gives_the_same_arrays_as_its_structure(structure):
    stored = json.loads(json.dumps(structure.as_dict()))
    expected = conversion.arrays_from_pymatgen(Structure.from_dict(stored))
    for found, wanted in zip(conversion.arrays_from_pymatgen_dict(stored), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype


@pytest.mark.parametrize(
    "structure",
    [
        Structure(Lattice.cubic(4), [{"Li": 0.5, "Na": 0.5}], [[0, 0, 0]]),
        Structure(Lattice.cubic(4), [{"Li": 0.5}], [[0, 0, 0]]),
        Structure(
            Lattice([[4, 0, 0], [0, 4, 0], [0, 0, 4]], pbc=(True, True, False)), ["Li"], [[0] * 3]
        ),
    ],
    ids=["mixed", "vacancies", "slab"],
)
def test_a_pymatgen_dict_is_refused_as_its_structure_is(structure):
    with pytest.raises(StructureError):
        conversion.arrays_from_pymatgen_dict(json.loads(json.dumps(structure.as_dict())))
