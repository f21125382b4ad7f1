"""Grid sizes by the paper's rule and by the crystal's symmetry."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.pes.grid import commensurate_shape, grid_fractional, paper_shape
from ionlake.pes.symmetry import crystal_operations, fit_to_grid
from ionlake.structures.sources.bundled import bundled_crystals, load_bundled
from tests.reference.crystals import cell_of, crystal, crystals
from tests.reference.landscapes import TRICLINIC, cells


def operations_of(record):
    return crystal_operations(record.cell, record.atomic_numbers, record.fractional_positions)


def maps_grid(rotation, translation, shape):
    """Whether the operation takes every point of the grid to a point of the grid."""
    points = np.array(list(np.ndindex(*shape))) / np.array(shape)
    images = (points @ rotation.T + translation) * np.array(shape)
    return bool(np.abs(images - np.round(images)).max() < 1e-7)


@pytest.mark.parametrize(
    ("lengths", "shape"),
    [
        ((4.0, 4.1, 4.25), (16, 17, 17)),
        ((0.1, 0.25, 0.251), (1, 1, 2)),
        ((4.0 + 1e-12, 4.0 + 9e-10, 4.0 + 2e-9), (16, 16, 17)),
        ((4.0 - 1e-12, 3.75 + 1e-6, 12.0), (16, 16, 48)),
    ],
)
def test_paper_grid(lengths, shape):
    assert paper_shape(np.diag(lengths), 0.25) == shape


def test_paper_grid_of_a_turned_cell():
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    for length in np.arange(3.0, 9.0, 0.25):
        assert paper_shape(length * turn, 0.25) == (round(length / 0.25),) * 3


@given(cell=cells, spacing=st.floats(0.1, 2.0))
def test_paper_grid_is_the_coarsest_within_the_spacing(cell, spacing):
    lengths = np.linalg.norm(cell, axis=1)
    sizes = np.array(paper_shape(cell, spacing))
    assert (lengths / sizes <= spacing * (1 + 1e-8)).all()
    assert (lengths[sizes > 1] / (sizes[sizes > 1] - 1) > spacing).all()


@pytest.mark.parametrize("material", bundled_crystals())
def test_all_operations_of_a_crystal_fit_its_commensurate_grid(material):
    record = load_bundled(material)
    operations = operations_of(record)
    paper = paper_shape(record.cell, 0.25)
    shape = commensurate_shape(record.cell, operations, 0.25)
    fitting = fit_to_grid(
        operations, record.cell, record.atomic_numbers, record.fractional_positions, shape
    )
    assert len(fitting) == len(operations)
    assert all(n >= m for n, m in zip(shape, paper, strict=True))
    if shape == paper:
        return
    smaller = [
        other
        for other in itertools.product(*(range(m, m + 6) for m in paper))
        if np.prod(other) < np.prod(shape)
    ]
    for other in smaller:
        assert not all(
            maps_grid(rotation, translation, other)
            for rotation, translation in zip(
                operations.rotations, operations.translations, strict=True
            )
        )


@pytest.mark.parametrize(
    ("material", "shape"),
    [
        ("LiFePO4-62", (42, 26, 20)),  # glides and screws of halves
        ("LiAlO2-92", (22, 22, 28)),  # a fourfold screw
        ("Li3P-194", (18, 18, 32)),  # a sixfold screw in a hexagonal cell
        ("Li2O-225", (14, 14, 14)),  # a primitive cell of a centred lattice
    ],
)
def test_known_commensurate_grids(material, shape):
    record = load_bundled(material)
    assert commensurate_shape(record.cell, operations_of(record), 0.25) == shape


@settings(max_examples=40, deadline=None)
@given(record=crystals(), spacing=st.sampled_from([0.25, 0.4, 0.7]))
def test_operations_kept_are_those_that_map_the_grid(record, spacing):
    crystal = (record.cell, record.atomic_numbers, record.fractional_positions)
    operations = crystal_operations(*crystal)
    paper = paper_shape(record.cell, spacing)
    shape = commensurate_shape(record.cell, operations, spacing)
    assert all(m <= n < m + 6 for n, m in zip(shape, paper, strict=True))
    counts = []
    for grid in (paper, shape):
        expected = [
            maps_grid(rotation, translation, grid)
            for rotation, translation in zip(
                operations.rotations, operations.translations, strict=True
            )
        ]
        kept = fit_to_grid(operations, *crystal, grid)
        np.testing.assert_array_equal(kept.rotations, operations.rotations[expected])
        counts.append(len(kept))
    assert counts[1] >= counts[0]


@pytest.mark.parametrize(("height", "layers"), [(6.0, 24), (6.1, 30), (7.4, 30), (7.6, 36)])
def test_a_screw_of_sixths_takes_a_multiple_of_six(height, layers):
    cell = cell_of(169, 5.0, 5.0, height, 0.0)
    record = crystal(169, cell, [(3, (0.1, 0.3, 0.0)), (8, (0.5, 0.6, 0.1))])
    operations = operations_of(record)
    assert len(operations) == 6
    assert commensurate_shape(cell, operations, 0.25) == (20, 20, layers)


def test_a_triclinic_crystal_takes_the_papers_grid():
    numbers = np.array([3, 8, 17])
    positions = np.array([[0.1, 0.2, 0.3], [0.55, 0.61, 0.82], [0.9, 0.45, 0.13]])
    operations = crystal_operations(TRICLINIC, numbers, positions)
    assert len(operations) == 1
    assert commensurate_shape(TRICLINIC, operations, 0.25) == paper_shape(TRICLINIC, 0.25)


def test_an_inversion_centre_at_the_origin_needs_no_larger_grid():
    operations = crystal_operations(TRICLINIC, np.array([3]), np.zeros((1, 3)))
    assert len(operations) == 2
    assert commensurate_shape(TRICLINIC, operations, 0.25) == paper_shape(TRICLINIC, 0.25)


def test_points_are_at_whole_steps_in_c_order():
    shape = (2, 3, 4)
    found = grid_fractional(shape, np.arange(24))
    np.testing.assert_allclose(found * shape, list(np.ndindex(*shape)))
    np.testing.assert_allclose(grid_fractional(shape, np.array([23])), [[1 / 2, 2 / 3, 3 / 4]])
    assert grid_fractional(shape, np.array([], dtype=int)).shape == (0, 3)
