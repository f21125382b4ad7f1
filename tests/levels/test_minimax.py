import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.levels import cap_levels, level_map, neighbour_offsets
from tests.reference.landscapes import TRICLINIC, landscapes, rough
from tests.reference.minimax import slow_level_map

small = st.tuples(*[st.integers(1, 3)] * 3)


@settings(max_examples=60, deadline=None)
@given(landscapes(small))
def test_equals_dijkstra(landscape):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    levels = level_map(landscape.filled, landscape.seed, offsets)
    assert levels.dtype == np.float64
    np.testing.assert_array_equal(levels, slow_level_map(landscape.filled, landscape.seed, offsets))


@pytest.mark.parametrize("seed", [(0, 0, 0), (5, 2, 7), (3, 6, 1)])
def test_equals_dijkstra_on_a_larger_triclinic_grid_from_any_seed(seed):
    energy = rough((6, 7, 8), seed=3, excluded=0.0)
    offsets = neighbour_offsets(TRICLINIC, energy.shape)
    np.testing.assert_array_equal(
        level_map(energy, seed, offsets), slow_level_map(energy, seed, offsets)
    )


def test_box_repeats_the_landscape_around_the_seed():
    energy = rough((2, 3, 4), seed=1, excluded=0.0)
    seed = tuple(int(s) for s in np.unravel_index(energy.argmin(), energy.shape))
    levels = level_map(energy, seed, neighbour_offsets(np.eye(3), energy.shape))
    assert levels.shape == (5, 7, 9)
    assert levels[2, 3, 4] == 0.0
    for point in np.ndindex(*levels.shape):
        i, j, k = (p + s for p, s in zip(point, seed, strict=True))
        assert levels[point] >= energy[i % 2, j % 3, k % 4]


def test_lower_points_met_later_keep_the_level_of_the_pass():
    energy = np.array([0.0, 2.0, 0.5, 1.0]).reshape(1, 1, 4)
    levels = level_map(energy, (0, 0, 0), np.array([[0, 0, 1], [0, 0, -1]]))
    np.testing.assert_array_equal(levels[1, 1], [2.0, 2.0, 1.0, 1.0, 0.0, 2.0, 2.0, 2.0, 2.0])


def test_points_without_a_path_get_the_highest_energy():
    energy = np.array([0.0, 1.0, 3.0]).reshape(1, 3, 1)
    levels = level_map(energy, (0, 0, 0), np.array([[0, 1, 0], [0, -1, 0]]))
    assert np.all(levels[[0, 2]] == 3.0)
    np.testing.assert_array_equal(levels[1, :, 1], [3.0, 3.0, 3.0, 0.0, 1.0, 3.0, 3.0])


def test_levels_count_from_the_seed_even_if_it_is_not_the_lowest_point():
    energy = np.array([1.0, 0.0, 4.0]).reshape(1, 1, 3)
    levels = level_map(energy, (0, 0, 0), np.array([[0, 0, 1], [0, 0, -1]]))
    np.testing.assert_array_equal(levels[1, 1], [3.0, 3.0, 3.0, 0.0, 0.0, 3.0, 3.0])


def test_steps_longer_than_a_voxel_stay_inside_the_box():
    energy = rough((3, 4, 2), seed=5, excluded=0.0)
    offsets = np.array([[1, -2, 0], [-1, 2, 0], [0, 3, 1], [0, -3, -1], [0, 1, 0], [0, -1, 0]])
    np.testing.assert_array_equal(
        level_map(energy, (1, 2, 0), offsets), slow_level_map(energy, (1, 2, 0), offsets)
    )


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.data())
def test_raising_a_point_never_lowers_a_level(landscape, data):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    raised = landscape.filled.copy()
    point = tuple(data.draw(st.integers(0, n - 1)) for n in raised.shape)
    if point != landscape.seed:
        raised[point] += data.draw(st.floats(0.01, 5.0))
    before = level_map(landscape.filled, landscape.seed, offsets)
    after = level_map(raised, landscape.seed, offsets)
    assert np.all(after >= before)


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.tuples(*[st.integers(-4, 4)] * 3))
def test_moving_the_origin_changes_no_map(landscape, shift):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    moved = np.roll(landscape.filled, shift, axis=(0, 1, 2))
    seed = tuple((s + d) % n for s, d, n in zip(landscape.seed, shift, moved.shape, strict=True))
    np.testing.assert_array_equal(
        level_map(moved, seed, offsets), level_map(landscape.filled, landscape.seed, offsets)
    )


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.permutations(range(3)))
def test_permuting_the_axes_permutes_the_map(landscape, axes):
    energy = landscape.filled
    levels = level_map(energy, landscape.seed, neighbour_offsets(landscape.cell, energy.shape))
    turned = energy.transpose(axes)
    seed = tuple(landscape.seed[axis] for axis in axes)
    offsets = neighbour_offsets(landscape.cell[list(axes)], turned.shape)
    np.testing.assert_array_equal(level_map(turned, seed, offsets), levels.transpose(axes))


def test_cap_keeps_six_and_replaces_what_is_above():
    levels = np.array([0.0, 5.9, 6.0, np.nextafter(6.0, 7.0), 8.0])
    np.testing.assert_array_equal(cap_levels(levels, 9.0), [0.0, 5.9, 6.0, 9.0, 9.0])
