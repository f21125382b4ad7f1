import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.descriptors.masks import near_seed, near_seed_images
from tests.reference.free_volume import slow_mask
from tests.reference.landscapes import TRICLINIC, cells


@settings(max_examples=15, deadline=None)
@given(cells, st.tuples(*[st.integers(1, 3)] * 3))
def test_equal_distances_point_by_point(cell, shape):
    np.testing.assert_array_equal(near_seed(cell, shape), slow_mask("masked1p5_", cell, shape))
    np.testing.assert_array_equal(
        near_seed_images(cell, shape), slow_mask("Wmasked1p5_", cell, shape)
    )


LEFT_HANDED = TRICLINIC * np.array([[-1.0], [1.0], [1.0]])
SPHERE_LEAVES_THE_BOX = np.array([[3.0, 0.0, 0.0], [8.0, 3.0, 0.0], [0.0, 0.0, 3.0]])


@pytest.mark.parametrize("cell", [TRICLINIC, LEFT_HANDED, SPHERE_LEAVES_THE_BOX])
def test_equal_distances_on_a_fine_grid(cell):
    shape = (6, 5, 7)
    np.testing.assert_array_equal(near_seed(cell, shape), slow_mask("masked1p5_", cell, shape))
    np.testing.assert_array_equal(
        near_seed_images(cell, shape), slow_mask("Wmasked1p5_", cell, shape)
    )


def test_seed_is_in_the_centre_and_the_radius_is_included():
    hidden = near_seed(4.0 * np.eye(3), (8, 8, 8))
    assert hidden.shape == (16, 16, 16)
    assert hidden[8, 8, 5:12].all()
    assert not hidden[8, 8, 4]
    assert not hidden[8, 8, 12]
    assert hidden.sum() == (np.square(np.indices((7, 7, 7)) - 3).sum(axis=0) <= 9).sum()


def test_images_repeat_with_the_cell():
    hidden = near_seed_images(4.0 * np.eye(3), (8, 8, 8))
    assert hidden[0, 0, 0]
    assert hidden[8, 8, 8]
    for axis in range(3):
        np.testing.assert_array_equal(hidden, np.roll(hidden, 8, axis=axis))


def test_a_small_cell_is_hidden_altogether():
    assert near_seed_images(np.eye(3), (2, 3, 4)).all()


def test_points_at_the_radius_are_hidden_whatever_their_rounding():
    hidden = near_seed(2.1 * np.eye(3), (7, 7, 7))
    assert hidden[[2, 12], 7, 7].all()
    assert hidden[7, [2, 12], 7].all()
    assert hidden[[5, 9], [10, 4], 7 + np.array([4, -4])].sum() == 0
