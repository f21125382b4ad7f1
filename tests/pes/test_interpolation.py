import numpy as np
import pytest

from ionlake.errors import GridError
from ionlake.pes.interpolation import interpolate

VALUES = np.random.default_rng(1).random((3, 4, 5))


def test_on_a_point_it_is_the_value_whatever_stands_around():
    points = np.array([(i / 3, j / 4, k / 5) for i in range(3) for j in range(4) for k in range(5)])
    np.testing.assert_array_equal(interpolate(VALUES, points - 2), VALUES.ravel())
    values = np.full((3, 4, 5), np.nan)
    values[1, 2, 3] = 0.5
    assert interpolate(values, np.array([[1 / 3, 2 / 4, 3 / 5]])) == [0.5]


def test_between_points_it_is_linear_also_across_the_faces():
    half = interpolate(VALUES, np.array([[0, 0, 0.5 / 5], [2.5 / 3, 0, 0], [-0.5 / 3, 1, 7]]))
    np.testing.assert_allclose(half[0], (VALUES[0, 0, 0] + VALUES[0, 0, 1]) / 2)
    np.testing.assert_allclose(half[1:], (VALUES[2, 0, 0] + VALUES[0, 0, 0]) / 2)


def test_the_middle_of_a_voxel_is_the_mean_of_its_corners():
    (middle,) = interpolate(VALUES, np.array([[0.5 / 3, 0.5 / 4, 0.5 / 5]]))
    np.testing.assert_allclose(middle, VALUES[:2, :2, :2].mean())


def test_next_to_what_is_unknown_nothing_is_known():
    values = VALUES.copy()
    values[0, 0, 0] = np.nan
    points = np.array([[0.1, 0.1, 0.1], [0.5, 0.5, 0.5], [np.nan, 0, 0]])
    assert np.isnan(interpolate(values, points)).tolist() == [True, False, True]


def test_other_shapes_are_refused():
    for values, points in ((VALUES[0], np.zeros((1, 3))), (VALUES, np.zeros(3))):
        with pytest.raises(GridError, match="expected three dimensions and triples"):
            interpolate(values, points)
