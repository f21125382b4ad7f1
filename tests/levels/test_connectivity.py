import numpy as np
import pytest
from hypothesis import given

from ionlake.levels import neighbour_offsets
from tests.reference.landscapes import cells, shapes


def as_set(offsets):
    return {tuple(int(d) for d in offset) for offset in offsets}


@pytest.mark.parametrize("cell", [np.eye(3), np.diag([2.0, -3.0, 7.0])])
def test_right_angles_keep_all_26(cell):
    offsets = as_set(neighbour_offsets(cell, (4, 5, 6)))
    assert len(offsets) == 26
    assert (0, 0, 0) not in offsets


def test_hexagonal_cell_drops_its_long_diagonals():
    cell = np.array([[2.0, 0.0, 0.0], [-1.0, np.sqrt(3.0), 0.0], [0.0, 0.0, 2.0]])
    offsets = as_set(neighbour_offsets(cell, (8, 8, 8)))
    dropped = {(s, -s, c) for s in (1, -1) for c in (1, -1)}
    assert len(offsets) == 22
    assert not offsets & dropped
    assert (1, 1, 1) in offsets
    assert (1, -1, 0) in offsets, "its length is exactly the diagonal of a right-angled voxel"


def test_length_is_that_of_the_voxel_not_of_the_cell():
    cell = np.array([[4.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
    assert (1, 1, 0) not in as_set(neighbour_offsets(cell, (4, 4, 4)))
    assert (1, 1, 0) not in as_set(neighbour_offsets(cell, (4, 4, 40)))
    assert (1, 1, 0) in as_set(neighbour_offsets(cell, (40, 4, 4)))
    assert (1, 1, 0) in as_set(neighbour_offsets(cell, (4, 4, 1)))


def test_slack_of_a_tenth_of_a_milliangstrom():
    def skewed(by):
        return np.array([[1.0, 0.0, 0.0], [by, 1.0, 0.0], [0.0, 0.0, 1e-9]])

    longest_edge = np.sqrt(2.0)
    assert (1, 1, 0) in as_set(neighbour_offsets(skewed(0.5e-4 * longest_edge), (1, 1, 1)))
    assert (1, 1, 0) not in as_set(neighbour_offsets(skewed(2e-4 * longest_edge), (1, 1, 1)))


@given(cell=cells, shape=shapes)
def test_symmetric_and_connected_along_the_axes(cell, shape):
    offsets = as_set(neighbour_offsets(cell, shape))
    assert offsets == {tuple(-d for d in offset) for offset in offsets}
    assert offsets >= as_set(np.eye(3)) | as_set(-np.eye(3))


@given(cell=cells, shape=shapes)
def test_mirrored_cell_has_the_same_steps(cell, shape):
    mirrored = cell * [-1.0, 1.0, 1.0]
    assert as_set(neighbour_offsets(cell, shape)) == as_set(neighbour_offsets(mirrored, shape))
