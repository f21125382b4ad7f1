import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.levels import migration_paths, neighbour_offsets, percolation_barriers
from tests.reference.landscapes import TRICLINIC, cosines, landscapes, rough
from tests.reference.pathway import slow_shortest_loop

SHAPE = (16, 12, 20)


def traced(energy, cell, seed):
    offsets = neighbour_offsets(cell, energy.shape)
    barriers = percolation_barriers(energy, seed, offsets)
    return barriers, migration_paths(energy, cell, seed, barriers), offsets


def assert_sound(energy, cell, seed, barriers, paths, offsets):
    """What holds of every path, whatever the landscape."""
    steps = {tuple(offset) for offset in offsets}
    shape = np.array(energy.shape)
    directions = []
    for barrier, path in zip(barriers, paths, strict=True):
        assert (path is None) == (barrier is None)
        if path is None:
            continue
        assert path.energies.max() == barrier == path.barrier_ev
        assert path.energies[path.bottleneck] == barrier
        assert (path.points[0] == seed).all()
        assert (path.points[-1] - path.points[0] == path.direction * shape).all()
        assert {tuple(step) for step in np.diff(path.points, axis=0)} <= steps
        wrapped = tuple((path.points % shape).T)
        assert (path.energies == energy[wrapped] - energy[seed]).all()
        taken = np.diff(path.fractional @ cell, axis=0)
        assert path.length_ang == pytest.approx(np.linalg.norm(taken, axis=1).sum())
        directions.append(path.direction)
        assert np.linalg.matrix_rank(directions) == len(directions)
        assert path.direction > (0, 0, 0)


@settings(max_examples=100, deadline=None)
@given(landscapes())
def test_paths_are_sound_and_shortest(landscape):
    energy, cell, seed = landscape.energy, landscape.cell, landscape.seed
    barriers, paths, offsets = traced(energy, cell, seed)
    assert_sound(energy, cell, seed, barriers, paths, offsets)
    directions = []
    for path in (path for path in paths if path is not None):
        shortest = slow_shortest_loop(energy, cell, seed, offsets, path.barrier_ev, directions)
        assert path.length_ang == pytest.approx(shortest, abs=1e-8)
        directions.append(path.direction)


@pytest.mark.parametrize("number", range(6))
def test_paths_are_shortest_among_many_walls(number):
    energy = rough((7, 5, 9), seed=number, excluded=0.45)
    seed = tuple(int(s) for s in np.unravel_index(np.nanargmin(energy), energy.shape))
    barriers, paths, offsets = traced(energy, TRICLINIC, seed)
    assert_sound(energy, TRICLINIC, seed, barriers, paths, offsets)
    directions = []
    for path in (path for path in paths if path is not None):
        shortest = slow_shortest_loop(energy, TRICLINIC, seed, offsets, path.barrier_ev, directions)
        assert path.length_ang == pytest.approx(shortest)
        directions.append(path.direction)


@pytest.mark.parametrize("heights", list(itertools.permutations([0.4, 0.9, 1.7])))
def test_the_saddles_of_a_sum_of_cosines_are_half_a_lattice_vector_away(heights):
    """Each path goes straight along the axis of its cosine, over the point in the middle."""
    energy = cosines(SHAPE, heights)
    _, paths, _ = traced(energy, TRICLINIC, (0, 0, 0))
    for path, axis in zip(paths, np.argsort(heights), strict=True):
        assert path.barrier_ev == pytest.approx(heights[axis])
        assert path.fractional[path.bottleneck][axis] == 0.5
    lowest = int(np.argmin(heights))
    straight = [int(axis == lowest) for axis in range(3)]
    assert list(paths[0].direction) == straight
    assert paths[0].fractional[paths[0].bottleneck] == pytest.approx(0.5 * np.array(straight))
    assert paths[0].length_ang == pytest.approx(np.linalg.norm(TRICLINIC[lowest]))
    x = paths[0].fractional[:, lowest]
    assert paths[0].energies == pytest.approx(heights[lowest] * (1 - np.cos(2 * np.pi * x)) / 2)


def test_a_path_follows_the_only_channel_however_it_winds():
    energy = np.full((8, 6, 4), np.nan)
    channel = [(0, 0, 0), (1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 2, 1), (5, 1, 0), (6, 0, 0)]
    channel.append((7, -1, 0))
    for place, (i, j, k) in enumerate(channel):
        energy[i, j % 6, k] = 0.1 * place * (8 - place)
    _, paths, _ = traced(energy, np.diag([8.0, 6.0, 4.0]), (0, 0, 0))
    assert paths[1:] == (None, None)
    assert paths[0].direction == (1, 0, 0)
    assert paths[0].points.tolist() == [list(p) for p in [*channel, (8, 0, 0)]]
    assert paths[0].bottleneck == 4


def test_the_shorter_of_two_channels_with_one_barrier_is_taken():
    energy = np.full((6, 5, 3), np.nan)
    energy[:, 0, 0] = [0.0, 0.5, np.nan, np.nan, np.nan, 0.5]
    energy[2, 1, 0] = energy[3, 2, 0] = energy[4, 1, 0] = 0.2
    energy[2:5, -1, 0] = 0.4
    _, paths, _ = traced(energy, np.eye(3) * 5, (0, 0, 0))
    assert set((paths[0].points[:, 1] % 5).tolist()) == {0, 4}


def test_nothing_percolates_nothing_is_traced():
    energy = np.full((3, 3, 3), np.nan)
    energy[0, 0, 0] = 0.0
    assert migration_paths(energy, np.eye(3), (0, 0, 0), (None, None, None)) == (None, None, None)


def test_a_lone_point_steps_to_its_own_image():
    energy = np.zeros((1, 4, 4))
    energy[0, 1:, 1:] = np.nan
    _, paths, _ = traced(energy, np.eye(3), (0, 0, 0))
    assert paths[0].points.tolist() == [[0, 0, 0], [1, 0, 0]]


@settings(max_examples=60, deadline=None)
@given(landscapes(), st.tuples(*[st.integers(-4, 4)] * 3))
def test_moving_the_origin_moves_the_paths_along(landscape, shift):
    _, paths, _ = traced(landscape.energy, landscape.cell, landscape.seed)
    moved = np.roll(landscape.energy, shift, axis=(0, 1, 2))
    seed = tuple((s + d) % n for s, d, n in zip(landscape.seed, shift, moved.shape, strict=True))
    _, moved_paths, _ = traced(moved, landscape.cell, seed)
    for path, moved_path in zip(paths, moved_paths, strict=True):
        if path is None:
            assert moved_path is None
            continue
        assert path.direction == moved_path.direction
        assert (path.points - landscape.seed == moved_path.points - np.array(seed)).all()
        assert (path.energies == moved_path.energies).all()
