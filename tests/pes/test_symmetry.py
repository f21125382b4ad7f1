"""Symmetry operations against plain enumeration of atoms and grid points."""

from types import SimpleNamespace

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.geometry import minimum_image_distances
from ionlake.pes import symmetry
from ionlake.pes.grid import paper_shape
from ionlake.pes.symmetry import (
    Operations,
    crystal_operations,
    fit_grids,
    fit_to_grid,
    image_indices,
    ion_images,
    orbit_minima,
    usable,
)
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.crystals import crystals
from tests.reference.landscapes import TRICLINIC

IDENTITY = Operations(np.eye(3, dtype=int)[None], np.zeros((1, 3)))
FOURFOLD = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])


def arrays(record):
    return record.cell, record.atomic_numbers, record.fractional_positions


def pairs(operations):
    return list(zip(operations.rotations, operations.translations, strict=True))


def as_key(rotation, translation):
    return rotation.tolist(), (np.round(np.multiply(translation, 1e4)) % 10_000).tolist()


def assert_maps_atoms(operations, cell, numbers, fractional):
    for rotation, translation in pairs(operations):
        moved = fractional @ rotation.T + translation
        distances = minimum_image_distances(moved, fractional, cell)
        image = distances.argmin(axis=1)
        assert distances.min(axis=1).max() <= 1.0001e-5
        np.testing.assert_array_equal(numbers[image], numbers)
        assert len(set(image.tolist())) == len(numbers)
        turned = np.linalg.inv(cell) @ rotation.T @ cell
        np.testing.assert_allclose(turned @ turned.T, np.eye(3), atol=1e-5)


def assert_group(operations):
    keys = [as_key(*pair) for pair in pairs(operations)]
    assert keys[0] == as_key(np.eye(3, dtype=int), np.zeros(3))
    assert all(keys.count(key) == 1 for key in keys)
    for first, shift in pairs(operations):
        for second, other in pairs(operations):
            assert as_key(first @ second, first @ other + shift) in keys


@pytest.mark.parametrize(
    ("material", "order", "proper"),
    [
        ("LiF-225", 48, 24),
        ("Li3N-191", 24, 12),
        ("LiCoO2-166", 12, 6),
        ("LiAlO2-92", 8, 8),
        ("LiFePO4-62", 8, 4),
        ("Li3PO4-31", 4, 2),
    ],
)
def test_operations_of_known_crystals(material, order, proper):
    record = load_bundled(material)
    operations = crystal_operations(*arrays(record))
    assert_maps_atoms(operations, *arrays(record))
    assert_group(operations)
    assert len(operations) == order
    rotations_only = usable(operations, "proper")
    assert len(rotations_only) == proper
    assert (np.linalg.det(rotations_only.rotations) > 0).all()
    assert_group(rotations_only)
    assert len(usable(operations, "all")) == order
    assert as_key(*pairs(usable(operations, "none"))[0]) == as_key(np.eye(3, dtype=int), [0, 0, 0])
    assert len(usable(operations, "none")) == 1


@settings(max_examples=40, deadline=None)
@given(record=crystals())
def test_operations_of_random_crystals(record):
    operations = crystal_operations(*arrays(record))
    assert_maps_atoms(operations, *arrays(record))
    assert_group(operations)
    assert_group(usable(operations, "proper"))


@pytest.mark.parametrize("axes", [(1, 0, 2), (2, 1, 0)])
def test_left_handed_cells_keep_their_symmetry(axes):
    record = load_bundled("Li3N-191")
    swapped = record.cell[list(axes)], record.fractional_positions[:, axes]
    operations = crystal_operations(swapped[0], record.atomic_numbers, swapped[1])
    assert np.linalg.det(swapped[0]) < 0
    assert len(operations) == 24
    assert len(usable(operations, "proper")) == 12


def test_translations_of_a_supercell():
    atoms = load_bundled("Li2O-225").to_ase() * (2, 1, 3)
    record = StructureRecord.from_ase(atoms)
    operations = crystal_operations(*arrays(record))
    shifts = operations.translations[(operations.rotations == np.eye(3)).all(axis=(1, 2))]
    assert len(shifts) == 6
    assert_group(operations)


@pytest.mark.parametrize(("by", "order"), [(0.0, 48), (3e-6, 48), (5e-5, 6)])
def test_atoms_off_their_sites_by_more_than_the_tolerance_break_the_symmetry(by, order):
    cell = 4.0 * np.eye(3)
    positions = np.array([[0.0, 0.0, 0.0], np.full(3, 0.5 + by / np.sqrt(48))])
    assert len(crystal_operations(cell, np.array([3, 9]), positions)) == order


def test_operations_at_the_edge_of_the_tolerance_form_no_group():
    """Quarter turns move the atom by less than 1e-5 Å, half turns by more."""
    positions = np.array([[0.0, 0.0, 0.0], np.full(3, 0.5 + 7e-6 / np.sqrt(48))])
    crystal = 4.0 * np.eye(3), np.array([3, 9]), positions
    operations = crystal_operations(*crystal)
    assert_maps_atoms(operations, *crystal)
    assert 1 < len(operations) < 48
    shape = (8, 8, 8)
    lowest = orbit_minima(fit_to_grid(operations, *crystal, shape), shape)
    np.testing.assert_array_equal(lowest[lowest], lowest)


def test_no_atoms_have_the_identity():
    assert len(crystal_operations(TRICLINIC, np.array([], dtype=int), np.zeros((0, 3)))) == 1


@pytest.fixture
def forgotten():
    """No answers of spglib from other tests here, none from here in other tests."""
    symmetry._spglib_operations.cache_clear()
    yield
    symmetry._spglib_operations.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("outcome", ["none", "error"])
def test_crystals_that_spglib_cannot_treat_have_the_identity(monkeypatch, outcome):
    def search(_crystal, symprec):
        if outcome == "error":
            raise spglib.SpglibError("spacegroup search failed")

    monkeypatch.setattr(spglib, "get_symmetry_dataset", search)
    operations = crystal_operations(*arrays(load_bundled("LiF-225")))
    np.testing.assert_array_equal(operations.rotations, IDENTITY.rotations)
    np.testing.assert_array_equal(operations.translations, IDENTITY.translations)


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("rotation", "translation"),
    [
        (np.eye(3), [0.5, 0.5, 0.5]),  # atoms onto atoms of another species
        (np.eye(3), [0.5, 0.0, 0.0]),  # atoms onto empty places
        (FOURFOLD, [0.0, 0.0, 0.0]),  # atoms onto atoms, but one axis onto a longer one
    ],
)
def test_operations_that_do_not_hold_are_dropped(monkeypatch, rotation, translation):
    found = SimpleNamespace(
        rotations=np.array([np.eye(3), rotation], dtype=np.int32),
        translations=np.array([[0.0, 0.0, 0.0], translation]),
    )
    monkeypatch.setattr(spglib, "get_symmetry_dataset", lambda _crystal, symprec: found)
    cell = np.diag([4.0, 4.001, 5.0])
    positions = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    operations = crystal_operations(cell, np.array([3, 9]), positions)
    np.testing.assert_array_equal(operations.rotations, IDENTITY.rotations)


@pytest.mark.parametrize(
    ("shape", "proper"),
    [((42, 26, 20), 4), ((42, 25, 20), 2), ((41, 25, 20), 1), ((41, 25, 19), 1)],
)
def test_screw_axes_that_do_not_fit_are_left_out_and_never_rounded(shape, proper):
    record = load_bundled("LiFePO4-62")
    operations = usable(crystal_operations(*arrays(record)), "proper")
    kept = fit_to_grid(operations, *arrays(record), shape)
    assert len(kept) == proper
    assert_maps_atoms(kept, *arrays(record))
    original = [as_key(*pair) for pair in pairs(operations)]
    assert all(as_key(*pair) in original for pair in pairs(kept))


def test_fitted_translations_are_exact_grid_steps():
    record = load_bundled("LiAlO2-92")
    shape = (22, 22, 28)
    kept = fit_to_grid(crystal_operations(*arrays(record)), *arrays(record), shape)
    np.testing.assert_array_equal(np.round(kept.translations * shape) / shape, kept.translations)
    assert len(kept) == 8


@settings(max_examples=20, deadline=None)
@given(record=crystals(), spacing=st.sampled_from([0.25, 0.5, 0.9]))
def test_many_grids_at_once_fit_as_one_by_one(record, spacing):
    operations = crystal_operations(*arrays(record))
    shape = np.array(paper_shape(record.cell, spacing))
    shapes = shape + np.random.default_rng(len(operations)).integers(0, 6, (12, 3))
    together = fit_grids(operations, record.cell, shapes)
    assert together.shape == (12, len(operations))
    for row, sizes in zip(together, shapes, strict=True):
        np.testing.assert_array_equal(row, fits_plainly(operations, record.cell, sizes))


def fits_plainly(operations, cell, sizes):
    fits = []
    for rotation, translation in pairs(operations):
        scaled = np.diag(sizes) @ rotation @ np.diag(1 / sizes)
        steps = translation * sizes
        off = np.linalg.norm((steps - np.round(steps)) / sizes @ cell)
        fits.append(np.allclose(scaled, np.round(scaled), atol=1e-6) and off <= 1e-5)
    return fits


@settings(max_examples=40, deadline=None)
@given(record=crystals(), shape=st.tuples(*[st.sampled_from([1, 4, 6, 9, 12])] * 3))
def test_images_of_grid_points_agree_with_fractional_arithmetic(record, shape):
    operations = fit_to_grid(crystal_operations(*arrays(record)), *arrays(record), shape)
    points = np.array(list(np.ndindex(*shape)))
    for rotation, translation in pairs(operations):
        images = image_indices(rotation, translation, shape)
        assert sorted(images.tolist()) == list(range(len(points)))
        moved = (points / shape) @ rotation.T + translation
        gap = moved - points[images] / np.array(shape)
        np.testing.assert_allclose(gap, np.round(gap), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(record=crystals(), shape=st.tuples(*[st.sampled_from([1, 4, 6, 9, 12])] * 3))
def test_orbits_are_those_of_the_images(record, shape):
    operations = fit_to_grid(crystal_operations(*arrays(record)), *arrays(record), shape)
    lowest = orbit_minima(operations, shape)
    np.testing.assert_array_equal(lowest[lowest], lowest)
    images = np.array([image_indices(*pair, shape) for pair in pairs(operations)])
    np.testing.assert_array_equal(images.min(axis=0), lowest)
    for image in images:
        np.testing.assert_array_equal(lowest[image], lowest)


def test_representatives_represent_themselves_without_a_group():
    lonely = Operations(np.array([np.eye(3, dtype=int), FOURFOLD]), np.zeros((2, 3)))
    shape = (8, 8, 3)
    lowest = orbit_minima(lonely, shape)
    np.testing.assert_array_equal(lowest[lowest], lowest)
    group = [np.linalg.matrix_power(FOURFOLD, power) for power in range(4)]
    orbits = orbit_minima(Operations(np.array(group), np.zeros((4, 3))), shape)
    np.testing.assert_array_equal(orbits[lowest], orbits)


@pytest.mark.parametrize("material", ["Li2O-225", "Li3N-191", "LiAlO2-92", "LiFePO4-62"])
def test_images_of_ions(material):
    record = load_bundled(material)
    ions = record.fractional_positions[record.mobile_sites("Li")] + 3.0
    operations = crystal_operations(*arrays(record))
    images = ion_images(operations, record.cell, ions)
    assert images.shape == (len(operations), len(ions))
    for (rotation, translation), image in zip(pairs(operations), images, strict=True):
        gap = ions @ rotation.T + translation - ions[image]
        np.testing.assert_allclose(gap, np.round(gap), atol=1e-5)
