"""Periodic distances against plain enumeration, on cells of every shape."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ionlake.geometry import (
    lattice_shifts,
    minimum_image_distances,
    nearest_points,
    plane_spacings,
    shortest_lattice_vector,
    volume,
)
from tests.reference.landscapes import TRICLINIC, cells

HEXAGONAL = np.array([[3.0, 0.0, 0.0], [-1.5, 1.5 * np.sqrt(3.0), 0.0], [0.0, 0.0, 5.0]])
NEEDLE = np.array([[0.9, 0.0, 0.0], [3.3, 0.9, 0.0], [-2.4, 3.1, 1.3]])
SHAPES = [np.eye(3), HEXAGONAL, TRICLINIC, NEEDLE, -NEEDLE]

points = hnp.arrays(np.float64, (2, 3), elements=st.floats(-3.0, 3.0, width=32))


def images(reach):
    return np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))


def nearest_image(first, second, cell, reach=20):
    """Shortest distance over all images within so many cells, the fractions wrapped first."""
    return np.linalg.norm((np.mod(first - second, 1.0) + images(reach)) @ cell, axis=1).min()


@pytest.mark.parametrize("cell", SHAPES)
def test_distances_are_those_to_the_nearest_image(cell):
    rng = np.random.default_rng(3)
    first, second = rng.uniform(-2.0, 2.0, (7, 3)), rng.uniform(-2.0, 2.0, (4, 3))
    expected = [[nearest_image(p, q, cell) for q in second] for p in first]
    found = minimum_image_distances(first, second, cell)
    assert found.shape == (7, 4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(pair=points, cell=cells)
def test_distances_in_random_cells(pair, cell):
    found = minimum_image_distances(pair[:1], pair[1:], cell)[0, 0]
    assert found == pytest.approx(nearest_image(pair[0], pair[1], cell, reach=4), abs=1e-9)


def test_rounding_alone_misses_the_nearest_image_of_a_skewed_cell():
    cell = np.array([[1.0, 0.0, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    far, origin = np.array([[0.45, 0.45, 0.0]]), np.zeros((1, 3))
    assert np.linalg.norm(far @ cell) > 0.9
    assert minimum_image_distances(far, origin, cell)[0, 0] == pytest.approx(np.hypot(0.145, 0.45))


def test_no_points_have_no_distances():
    assert minimum_image_distances(np.zeros((0, 3)), np.zeros((2, 3)), np.eye(3)).shape == (0, 2)


@pytest.mark.parametrize("cell", SHAPES)
def test_arguments_are_left_alone(cell):
    first, second = np.full((1, 3), 0.7), np.full((1, 3), -0.6)
    minimum_image_distances(first, second, cell)
    assert (first == 0.7).all()
    assert (second == -0.6).all()


@given(cell=cells, radius=st.floats(0.1, 9.0), difference=st.sampled_from([0.0, 0.5, 1.0]))
def test_shifts_are_complete(cell, radius, difference):
    shifts = {tuple(shift) for shift in lattice_shifts(cell, radius, difference).tolist()}
    rng = np.random.default_rng(0)
    corners = difference * np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    inner = rng.uniform(-difference, difference, (20, 3))
    candidates = images(7)
    for start in np.concatenate([corners, inner]):
        near = np.linalg.norm((start + candidates) @ cell, axis=1) <= radius
        assert {tuple(shift) for shift in candidates[near].tolist()} <= shifts


def test_no_more_shifts_than_needed():
    assert len(lattice_shifts(np.eye(3), 0.99)) == 1
    assert len(lattice_shifts(np.eye(3), 1.0)) == 27
    assert len(lattice_shifts(4.0 * np.eye(3), 1.2, difference=0.5)) == 1


@pytest.mark.parametrize(
    ("cell", "length"),
    [
        (np.diag([3.0, 4.0, 5.0]), 3.0),
        (HEXAGONAL, 3.0),
        (np.array([[3.0, 0, 0], [2.9, 1.0, 0], [0, 0, 9.0]]), np.hypot(0.1, 1.0)),
        (np.array([[0, 2.0, 2.0], [2.0, 0, 2.0], [2.0, 2.0, 0]]), np.sqrt(8.0)),
    ],
)
def test_shortest_lattice_vector(cell, length):
    assert shortest_lattice_vector(cell) == pytest.approx(length)


@given(cell=cells)
def test_shortest_lattice_vector_of_random_cells(cell):
    shifts = images(4)
    lengths = np.linalg.norm(shifts[np.any(shifts != 0, axis=1)] @ cell, axis=1)
    assert shortest_lattice_vector(cell) == pytest.approx(lengths.min())
    mirrored = cell * [1.0, 1.0, -1.0]
    assert shortest_lattice_vector(mirrored) == pytest.approx(lengths.min())


def test_volume_and_plane_spacings():
    np.testing.assert_allclose(plane_spacings(np.diag([3.0, -4.0, 5.0])), [3.0, 4.0, 5.0])
    np.testing.assert_allclose(plane_spacings(HEXAGONAL), [1.5 * np.sqrt(3.0)] * 2 + [5.0])
    assert volume(HEXAGONAL) == pytest.approx(22.5 * np.sqrt(3.0))
    assert volume(HEXAGONAL[::-1]) == pytest.approx(22.5 * np.sqrt(3.0))


@settings(max_examples=50, deadline=None)
@given(cells, st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 9))
def test_nearest_points_count_every_image(cell, number, n_points, count):
    rng = np.random.default_rng(number)
    point, others = rng.random(3) * 3, rng.random((n_points, 3)) * 3
    which, distances = nearest_points(point, others, cell, count)
    found = np.linalg.norm(((others - point)[:, None, :] + images(9)) @ cell, axis=-1)
    assert distances == pytest.approx(np.sort(found, axis=None)[:count])
    assert (np.abs(found[which] - distances[:, None]).min(axis=1) < 1e-9).all()
