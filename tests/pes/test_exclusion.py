"""Excluded points against the distance to every periodic image."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ionlake.pes.exclusion import allowed_points
from tests.reference.landscapes import TRICLINIC, cells, shapes

IMAGES = np.array(list(itertools.product(range(-4, 5), repeat=3)))

atoms = hnp.arrays(
    np.float64, st.tuples(st.integers(0, 3), st.just(3)), elements=st.floats(-2.0, 2.0, width=16)
)


def nearest(point, framework, cell):
    """Distance of a fractional point to the nearest image of any atom."""
    gaps = np.mod(point - framework, 1.0)[:, None, :] + IMAGES[None, :, :]
    return np.linalg.norm(gaps @ cell, axis=-1).min(initial=np.inf)


@settings(max_examples=60, deadline=None)
@given(cell=cells, framework=atoms, shape=shapes, radius=st.floats(0.2, 9.0))
def test_points_near_any_image_are_excluded(cell, framework, shape, radius):
    allowed = allowed_points(cell, framework, shape, radius)
    assert allowed.shape == shape
    for point in np.ndindex(*shape):
        distance = nearest(np.array(point) / np.array(shape), framework, cell)
        if abs(distance - radius) > 2e-9:
            assert allowed[point] == (distance > radius)


def test_a_fine_triclinic_grid():
    shape = (17, 15, 22)
    framework = np.array([[0.02, 0.97, 0.5], [1.4, -0.3, 2.25]])
    allowed = allowed_points(TRICLINIC, framework, shape, 1.2)
    expected = np.array(
        [nearest(np.array(p) / np.array(shape), framework, TRICLINIC) for p in np.ndindex(*shape)]
    )
    np.testing.assert_array_equal(allowed.ravel(), expected >= 1.2)
    assert 0.2 < allowed.mean() < 0.95


@pytest.mark.parametrize(("radius", "left"), [(0.99, 26), (1.0, 26), (1.001, 20), (9.0, 0)])
def test_a_point_on_the_sphere_is_allowed(radius, left):
    allowed = allowed_points(3.0 * np.eye(3), np.zeros((1, 3)), (3, 3, 3), radius)
    assert allowed.sum() == left


def test_without_other_atoms_everything_is_allowed():
    assert allowed_points(TRICLINIC, np.zeros((0, 3)), (2, 3, 4), 1.2).all()


def test_an_axis_of_one_point():
    allowed = allowed_points(np.diag([1.5, 6.0, 6.0]), np.zeros((1, 3)), (1, 6, 6), 1.2)
    assert not allowed[0, 0, 0]
    assert not allowed[0, 1, 0]
    assert allowed[0, 1, 1]


def test_rounding_does_not_part_points_at_the_very_radius():
    """0.72² + 0.96² = 1.2²: four points around an atom, wherever it sits on the grid."""
    for i, j in itertools.product(range(5), repeat=2):
        atom = np.array([[i / 5, j / 5, 0.0]])
        allowed = allowed_points(np.diag([3.6, 4.8, 6.0]), atom, (5, 5, 1), 1.2)[..., 0]
        diagonal = [allowed[(i + a) % 5, (j + b) % 5] for a in (-1, 1) for b in (-1, 1)]
        assert all(diagonal)
        assert not allowed[i, j]
