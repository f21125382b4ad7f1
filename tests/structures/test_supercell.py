"""Supercells: large enough, never larger than needed, the same crystal."""

import itertools

import numpy as np
import pytest

from ionlake.errors import SettingsError
from ionlake.geometry import minimum_image_distances, shortest_lattice_vector
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.supercell import make_supercell, repeated, supercell_repeats

SKEWED = np.array([[4.0, 0.0, 0.0], [3.5, 3.0, 0.0], [1.0, 2.0, 5.0]])


@pytest.mark.parametrize("cell", [SKEWED, 4.1 * np.eye(3), np.diag([3.0, 7.0, 12.0])])
def test_no_smaller_repetition_keeps_images_apart(cell):
    repeats = supercell_repeats(cell, 10.0)
    assert shortest_lattice_vector(cell * np.array(repeats)[:, None]) >= 10.0 - 1e-9
    for other in itertools.product(range(1, 9), repeat=3):
        if np.prod(other) < np.prod(repeats):
            assert shortest_lattice_vector(cell * np.array(other)[:, None]) < 10.0


def test_an_edge_of_a_skewed_cell_is_not_what_counts():
    cell = np.array([[10.0, 0.0, 0.0], [9.0, 10.0, 0.0], [0.0, 0.0, 10.0]])
    assert np.linalg.norm(cell, axis=1).min() == 10.0
    assert supercell_repeats(cell, 10.0) == (1, 1, 1)
    shear = np.array([[10.0, 0.0, 0.0], [9.0, 6.0, 0.0], [0.0, 0.0, 10.0]])
    assert np.linalg.norm(shear, axis=1).min() == 10.0
    assert supercell_repeats(shear, 10.0) != (1, 1, 1)


def test_a_supercell_is_the_same_crystal():
    crystal = load_bundled("LiF-225")
    supercell = make_supercell(crystal, 7.0)
    assert len(supercell.numbers) == np.prod(supercell.repeats) * crystal.n_sites
    assert supercell.image_distance_ang >= 7.0
    record = StructureRecord(
        supercell.cell, supercell.numbers, supercell.positions @ np.linalg.inv(supercell.cell)
    )
    assert record.formula == crystal.formula
    for structure in (crystal, record):
        distances = minimum_image_distances(
            structure.fractional_positions[:1], structure.fractional_positions[1:], structure.cell
        )
        assert distances.min() == pytest.approx(2.0, abs=0.1)


def test_atoms_are_repeated_cell_by_cell():
    crystal = load_bundled("Li3N-191")
    assert repeated(crystal, (1, 1, 1)) is crystal
    supercell = repeated(crystal, (1, 2, 3))
    np.testing.assert_array_equal(supercell.atomic_numbers, np.tile(crystal.atomic_numbers, 6))
    own = supercell.fractional_positions * [1, 2, 3]
    cells = np.floor(own + 1e-9).astype(int).reshape(6, crystal.n_sites, 3)
    inside = own.reshape(6, crystal.n_sites, 3) - crystal.fractional_positions
    np.testing.assert_allclose(inside, np.round(inside), atol=1e-12)
    np.testing.assert_array_equal(np.round(inside)[1, 0], [0, 0, 1])
    np.testing.assert_array_equal(cells[4, 0], [0, 1, 1])


def test_a_distance_of_nothing_is_refused():
    with pytest.raises(SettingsError, match="min_image_distance_ang"):
        supercell_repeats(SKEWED, 0.0)
