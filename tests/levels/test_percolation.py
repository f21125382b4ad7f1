import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.levels import neighbour_offsets, percolation_barriers
from tests.reference.landscapes import TRICLINIC, landscapes, rough
from tests.reference.percolation import slow_percolation_barriers

AXIS_STEPS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])


def height(barrier):
    return np.inf if barrier is None else barrier


@settings(max_examples=100, deadline=None)
@given(landscapes())
def test_equals_bisection(landscape):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    barriers = percolation_barriers(landscape.energy, landscape.seed, offsets)
    assert barriers == slow_percolation_barriers(landscape.energy, landscape.seed, offsets)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("offsets", [AXIS_STEPS, neighbour_offsets(TRICLINIC, (6, 5, 7))])
def test_equals_bisection_with_many_walls(number, offsets):
    energy = rough((6, 5, 7), seed=number, excluded=0.45)
    seed = tuple(int(s) for s in np.unravel_index(np.nanargmin(energy), energy.shape))
    barriers = percolation_barriers(energy, seed, offsets)
    assert barriers == slow_percolation_barriers(energy, seed, offsets)


def test_barriers_rise_with_the_dimension():
    energy = np.full((4, 4, 4), np.nan)
    energy[0, 0, 0] = 0.0
    energy[1:, 0, 0] = 0.3
    energy[0, 1:, 0] = 0.2
    energy[0, 0, 1:] = 0.1
    assert percolation_barriers(energy, (0, 0, 0), AXIS_STEPS) == (0.1, 0.2, 0.3)


def test_two_loops_along_one_direction_are_one_dimension():
    energy = np.full((4, 5, 1), np.nan)
    energy[:, 0, 0] = 0.0
    energy[1, 1, 0] = energy[2, 1, 0] = 0.5
    steps = AXIS_STEPS[:4]
    assert percolation_barriers(energy, (0, 0, 0), steps) == (0.0, None, None)


def test_a_diagonal_channel_is_one_dimension():
    energy = np.full((3, 3, 3), np.nan)
    energy[range(3), range(3), range(3)] = [0.0, 0.7, 0.4]
    offsets = neighbour_offsets(np.eye(3), energy.shape)
    assert percolation_barriers(energy, (0, 0, 0), offsets) == (0.7, None, None)


def test_loops_in_a_plane_are_two_dimensions_however_oblique():
    energy = np.full((3, 3, 3), np.nan)
    for i in range(3):
        for j in range(3):
            energy[i, j, (i + j) % 3] = 0.1 * (i + 3 * j)
    steps = np.array([[1, 0, 1], [0, 1, 1], [1, -1, 0]])
    steps = np.concatenate([steps, -steps])
    one, two, three = percolation_barriers(energy, (0, 0, 0), steps)
    assert (one, three) == (0.2, None)
    assert two == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 1, 1), (0.0, 0.0, 0.0)),
        ((2, 1, 1), (0.0, 0.0, None)),
        ((1, 3, 3), (0.0, None, None)),
        ((3, 3, 3), (None, None, None)),
    ],
)
def test_a_lone_point_meets_itself_across_short_axes(shape, expected):
    energy = np.full(shape, np.nan)
    energy[0, 0, 0] = 0.0
    offsets = neighbour_offsets(np.eye(3), shape)
    assert percolation_barriers(energy, (0, 0, 0), offsets) == expected


def test_two_points_along_an_axis_are_joined_on_both_sides():
    energy = np.array([0.0, 1.5]).reshape(1, 2, 1)
    assert percolation_barriers(energy, (0, 0, 0), AXIS_STEPS) == (0.0, 0.0, 1.5)


def test_only_the_component_of_the_seed_counts():
    energy = np.full((4, 4, 1), np.nan)
    energy[0, 0, 0] = 0.0
    energy[2, :, 0] = 0.1
    energy[1, 0, 0] = 2.0
    assert percolation_barriers(energy, (0, 0, 0), AXIS_STEPS[:4]) == (2.0, None, None)


def test_barriers_count_from_the_seed_and_are_never_negative():
    energy = np.array([1.0, 0.5, 3.0]).reshape(3, 1, 1)
    barriers = percolation_barriers(energy, (0, 0, 0), AXIS_STEPS[:2])
    assert barriers == (2.0, None, None)
    assert percolation_barriers(np.minimum(energy, 1.0), (0, 0, 0), AXIS_STEPS[:2])[0] == 0.0


@pytest.mark.parametrize(("top", "expected"), [(6.0, 6.0), (np.nextafter(6.0, 7.0), None)])
def test_cap_is_inclusive(top, expected):
    energy = np.array([0.0, top]).reshape(2, 1, 1)
    assert percolation_barriers(energy, (0, 0, 0), AXIS_STEPS[:2])[0] == expected


def test_cap_counts_from_the_seed():
    energy = np.array([0.5, 6.4]).reshape(2, 1, 1)
    assert percolation_barriers(energy, (0, 0, 0), AXIS_STEPS[:2])[0] == pytest.approx(5.9)


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.tuples(*[st.integers(-4, 4)] * 3))
def test_moving_the_origin_changes_nothing(landscape, shift):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    moved = np.roll(landscape.energy, shift, axis=(0, 1, 2))
    seed = tuple((s + d) % n for s, d, n in zip(landscape.seed, shift, moved.shape, strict=True))
    assert percolation_barriers(moved, seed, offsets) == percolation_barriers(
        landscape.energy, landscape.seed, offsets
    )


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.permutations(range(3)))
def test_permuting_the_axes_changes_nothing(landscape, axes):
    turned = landscape.energy.transpose(axes)
    seed = tuple(landscape.seed[axis] for axis in axes)
    assert percolation_barriers(
        turned, seed, neighbour_offsets(landscape.cell[list(axes)], turned.shape)
    ) == percolation_barriers(
        landscape.energy,
        landscape.seed,
        neighbour_offsets(landscape.cell, landscape.energy.shape),
    )


@settings(max_examples=60, deadline=None)
@given(landscapes())
def test_reversing_an_axis_changes_nothing(landscape):
    """The cell (-a, b, c) of the same lattice, of the other handedness."""
    n = landscape.energy.shape[0]
    reversed_axis = np.roll(landscape.energy[::-1], 1, axis=0)
    seed = (-landscape.seed[0] % n, *landscape.seed[1:])
    cell = landscape.cell * np.array([[-1.0], [1.0], [1.0]])
    assert percolation_barriers(
        reversed_axis, seed, neighbour_offsets(cell, reversed_axis.shape)
    ) == percolation_barriers(
        landscape.energy,
        landscape.seed,
        neighbour_offsets(landscape.cell, landscape.energy.shape),
    )


@settings(max_examples=60, deadline=None)
@given(landscapes(st.tuples(st.integers(1, 5), st.integers(1, 4)).map(lambda n: (n[0], *n))))
def test_shearing_the_cell_with_the_same_steps_changes_nothing(landscape):
    """The cell (a + b, b, c) of the same lattice holds the same points under other indices."""
    size = landscape.energy.shape[0]
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    i, j = np.indices((size, size))
    sheared = np.empty_like(landscape.energy)
    sheared[i, (j - i) % size] = landscape.energy[i, j]
    seed = landscape.seed[0], (landscape.seed[1] - landscape.seed[0]) % size, landscape.seed[2]
    steps = offsets - np.outer(offsets[:, 0], [0, 1, 0])
    assert percolation_barriers(sheared, seed, steps) == percolation_barriers(
        landscape.energy, landscape.seed, offsets
    )


@settings(max_examples=40, deadline=None)
@given(landscapes(), st.tuples(*[st.integers(1, 3)] * 3))
def test_a_supercell_with_the_same_steps_changes_nothing(landscape, repeats):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    repeated = np.tile(landscape.energy, repeats)
    assert percolation_barriers(repeated, landscape.seed, offsets) == percolation_barriers(
        landscape.energy, landscape.seed, offsets
    )


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.data())
def test_raising_or_excluding_a_point_never_lowers_a_barrier(landscape, data):
    offsets = neighbour_offsets(landscape.cell, landscape.energy.shape)
    raised = landscape.energy.copy()
    point = tuple(data.draw(st.integers(0, n - 1)) for n in raised.shape)
    if point != landscape.seed:
        raised[point] += data.draw(st.sampled_from([0.3, 2.0, np.nan]))
    before = percolation_barriers(landscape.energy, landscape.seed, offsets)
    after = percolation_barriers(raised, landscape.seed, offsets)
    assert all(height(b) >= height(a) for a, b in zip(before, after, strict=True))
