"""The bundled crystals against expectations written down independently of their data file."""

import re

import numpy as np
import pytest
import spglib
from pymatgen.core import Composition

from ionlake.errors import SourceError
from ionlake.geometry import minimum_image_distances, shortest_lattice_vector
from ionlake.structures.sources import BundledSource, StructureSource, bundled_ids, load_bundled
from ionlake.structures.sources.bundled import bundled_crystals

# material id: formula, space group, atoms in the primitive cell, density in g/cm3, the shortest
# distance in Å and the two elements it joins (textbook bond lengths).
EXPECTED = {
    "LiF-225": ("LiF", 225, 2, 2.64, 2.01, "F Li"),
    "LiCl-225": ("LiCl", 225, 2, 2.09, 2.57, "Cl Li"),
    "LiBr-225": ("LiBr", 225, 2, 3.46, 2.75, "Br Li"),
    "LiI-225": ("LiI", 225, 2, 4.11, 3.00, "I Li"),
    "LiAlCl4-14": ("LiAlCl4", 14, 24, 1.98, 2.12, "Al Cl"),
    "Li2O-225": ("Li2O", 225, 3, 2.02, 2.00, "Li O"),
    "LiCoO2-166": ("LiCoO2", 166, 4, 5.05, 1.92, "Co O"),
    "LiAlO2-92": ("LiAlO2", 92, 16, 2.62, 1.76, "Al O"),
    "Li2S-225": ("Li2S", 225, 3, 1.63, 2.48, "Li S"),
    "Li2Se-225": ("Li2Se", 225, 3, 2.83, 2.61, "Li Se"),
    "Li2Te-225": ("Li2Te", 225, 3, 3.39, 2.82, "Li Te"),
    "Li3N-191": ("Li3N", 191, 4, 1.29, 1.94, "Li N"),
    "LiPN2-122": ("LiPN2", 122, 8, 2.94, 1.645, "N P"),
    "Li2CN2-139": ("Li2CN2", 139, 5, 1.52, 1.23, "C N"),
    "Li3P-194": ("Li3P", 194, 8, 1.43, 2.47, "Li P"),
    "Li3OCl-221": ("Li3OCl", 221, 5, 2.01, 1.95, "Li O"),
    "Li3PO4-31": ("Li3PO4", 31, 16, 2.47, 1.54, "O P"),
    "LiFePO4-62": ("LiFePO4", 62, 28, 3.60, 1.52, "O P"),
    "LiH-225": ("LiH", 225, 2, 0.775, 2.04, "H Li"),
    "LiAlH4-14": ("LiAlH4", 14, 24, 0.917, 1.60, "Al H"),
    "Na3N-221": ("Na3N", 221, 4, 1.30, 2.37, "N Na"),
    "MgO-225": ("MgO", 225, 2, 3.58, 2.11, "Mg O"),
}
MOBILE = {"Na3N-221": "Na", "MgO-225": "Mg"}
"""What moves in the crystals without lithium."""

LARGEST_FORCE_EV_PER_ANGSTROM = 0.8

each_crystal = pytest.mark.parametrize("material_id", EXPECTED)


def crystal_tuple(record):
    return record.cell, record.fractional_positions, record.atomic_numbers


def shortest_distance(record):
    """The shortest distance between two atoms and the two elements, alphabetically."""
    positions = record.fractional_positions
    distances = minimum_image_distances(positions, positions, record.cell)
    np.fill_diagonal(distances, shortest_lattice_vector(record.cell))
    first, second = np.unravel_index(distances.argmin(), distances.shape)
    pair = sorted((record.symbols[first], record.symbols[second]))
    return distances.min(), " ".join(pair)


def test_the_set_is_what_is_expected():
    assert set(bundled_ids()) == set(EXPECTED)
    assert len(bundled_ids()) == len(EXPECTED)


@each_crystal
def test_composition(material_id):
    formula, number, n_sites, *_ = EXPECTED[material_id]
    record = load_bundled(material_id)
    assert record.n_sites == n_sites
    assert Composition(record.formula) == Composition(formula).reduced_composition
    assert bundled_crystals()[material_id].formula == formula
    assert material_id == f"{formula}-{number}"
    assert len(record.mobile_sites(MOBILE.get(material_id, "Li"))) >= 1


@each_crystal
@pytest.mark.parametrize("tolerance", [1e-5, 1e-10])
def test_space_group(material_id, tolerance):
    record = load_bundled(material_id)
    found = spglib.get_symmetry_dataset(crystal_tuple(record), symprec=tolerance)
    crystal = bundled_crystals()[material_id]
    assert found.number == EXPECTED[material_id][1] == crystal.space_group_number
    assert found.international == crystal.space_group_symbol


@each_crystal
def test_the_cell_is_primitive_and_standard(material_id):
    record = load_bundled(material_id)
    cell, positions, numbers = spglib.standardize_cell(
        crystal_tuple(record), to_primitive=True, no_idealize=False, symprec=1e-5
    )
    np.testing.assert_allclose(record.cell, cell, atol=1e-10)
    assert sorted(numbers) == sorted(record.atomic_numbers)
    distances = minimum_image_distances(record.fractional_positions, positions, cell)
    partners = distances.argmin(axis=1)
    assert distances.min(axis=1).max() < 1e-8
    np.testing.assert_array_equal(numbers[partners], record.atomic_numbers)


@each_crystal
def test_density(material_id):
    atoms = load_bundled(material_id).to_ase()
    density = atoms.get_masses().sum() / atoms.get_volume() * 1.66054
    assert density == pytest.approx(EXPECTED[material_id][3], rel=0.01)


@each_crystal
def test_shortest_distance(material_id):
    distance, pair = shortest_distance(load_bundled(material_id))
    assert distance == pytest.approx(EXPECTED[material_id][4], abs=0.01)
    assert pair == EXPECTED[material_id][5]


@each_crystal
def test_every_crystal_is_cited_and_explained(material_id):
    crystal = bundled_crystals()[material_id]
    assert re.search(r"\((19|20)\d\d\)", crystal.reference)
    assert re.match(r"[A-Z]\. ", crystal.reference)
    assert len(crystal.note) > 20
    assert crystal.doi is None or re.fullmatch(r"10\.\d{4}/\S+", crystal.doi)
    assert crystal.name


def test_kinds_of_lithium():
    def kinds(material_id):
        record = load_bundled(material_id)
        orbits = spglib.get_symmetry_dataset(crystal_tuple(record), symprec=1e-5).equivalent_atoms
        return len(set(orbits[record.mobile_sites(MOBILE.get(material_id, "Li"))]))

    two_kinds = {material_id for material_id in EXPECTED if kinds(material_id) == 2}
    assert two_kinds == {"Li3N-191", "Li3P-194", "Li3PO4-31"}
    assert all(kinds(material_id) <= 2 for material_id in EXPECTED)


def test_source_delivers_every_crystal_with_its_citation():
    source = BundledSource()
    assert isinstance(source, StructureSource)
    assert source.name == "bundled"
    entries = list(source.entries())
    assert tuple(entry.material_id for entry in entries) == bundled_ids()
    assert all(entry.error is None and entry.licence for entry in entries)
    references = {entry.material_id: entry.reference for entry in entries}
    assert "doi:10.1107/S0108768192004701" in references["LiFePO4-62"]
    assert references["LiF-225"].startswith("H. E. Swanson")


def test_source_delivers_the_same_structures_every_time():
    first, second = ([e.structure.structure_id for e in BundledSource().entries()] for _ in "ab")
    assert first == second
    assert len(set(first)) == len(EXPECTED)


@pytest.mark.parametrize("max_sites", [2, 5, 12, 28])
def test_source_with_a_size_limit(max_sites):
    small = {name for name, facts in EXPECTED.items() if facts[2] <= max_sites}
    entries = BundledSource(max_sites=max_sites).entries()
    assert {entry.material_id for entry in entries} == small


def test_source_with_an_ion_that_moves():
    def offered(species):
        return {entry.material_id for entry in BundledSource(None, species).entries()}

    assert offered("Li") == set(EXPECTED) - set(MOBILE)
    assert (offered("Na"), offered("Mg")) == ({"Na3N-221"}, {"MgO-225"})
    with pytest.raises(SourceError, match="no bundled crystal has K, they have Li, Na or Mg"):
        BundledSource(None, "K").entries()


def test_enough_small_crystals():
    assert sum(1 for _ in BundledSource(12, "Li").entries()) >= 12


def test_source_without_any_crystal_small_enough():
    with pytest.raises(SourceError, match="smallest has 2"):
        BundledSource(max_sites=1).entries()


def test_unknown_crystal():
    with pytest.raises(SourceError, match=r"is called 'Na3N-191'.*Li3N-191"):
        load_bundled("Na3N-191")


@pytest.mark.model
def test_sevennet_finds_the_published_positions_close_to_rest():
    import torch
    from sevenn.calculator import SevenNetCalculator

    torch.set_num_threads(1)
    calculator = SevenNetCalculator("7net-0", device="cpu")
    forces = {}
    for entry in BundledSource().entries():
        atoms = entry.structure.to_ase()
        atoms.calc = calculator
        forces[entry.material_id] = float(np.linalg.norm(atoms.get_forces(), axis=1).max())
    too_large = {k: v for k, v in forces.items() if v > LARGEST_FORCE_EV_PER_ANGSTROM}
    assert not too_large
