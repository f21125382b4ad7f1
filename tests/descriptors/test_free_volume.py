import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.descriptors.free_volume import KINDS, MASKINGS, FreeVolumeTally, fold_faces
from ionlake.descriptors.thresholds import THRESHOLDS_EV
from ionlake.levels import level_map, neighbour_offsets
from tests.reference.free_volume import slow_free_volumes
from tests.reference.landscapes import TRICLINIC, cosines, rough
from tests.reference.minimax import slow_fold

HALF = THRESHOLDS_EV.index(0.5)
DISCONNECTED, CONNECTED = range(2)


def free_volumes(energies, seeds, cell):
    shape = energies[0].shape
    tally = FreeVolumeTally(cell, shape)
    levels = [
        level_map(e, s, neighbour_offsets(cell, shape))
        for e, s in zip(energies, seeds, strict=True)
    ]
    for energy, level, seed in zip(energies, levels, seeds, strict=True):
        tally.add(energy, level, seed)
    return tally.result(), levels


def lowest(energy):
    return tuple(int(s) for s in np.unravel_index(energy.argmin(), energy.shape))


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(1, 4)] * 3), st.integers(0, 10**6))
def test_folding_takes_the_lowest_of_all_equal_points(shape, number):
    levels = np.random.default_rng(number).integers(0, 9, [2 * n + 1 for n in shape]) / 2.0
    np.testing.assert_array_equal(fold_faces(levels), slow_fold(levels))


@pytest.mark.parametrize(("shape", "n_ions"), [((5, 4, 3), 1), ((3, 5, 4), 3), ((1, 2, 6), 2)])
def test_equal_maps_of_true_and_false(shape, n_ions):
    energies = [rough(shape, seed, excluded=0.0) for seed in range(n_ions)]
    seeds = [lowest(energy) for energy in energies]
    cell = TRICLINIC * [-1.0, 1.0, 1.0]
    found, levels = free_volumes(energies, seeds, cell)
    summed, union = slow_free_volumes(energies, levels, seeds, cell)
    for m, masking in enumerate(MASKINGS):
        for k, kind in enumerate(KINDS):
            for t, threshold in enumerate(THRESHOLDS_EV):
                key = masking, kind, threshold
                assert found.summed[m, k, t] == pytest.approx(summed[key], abs=1e-12), key
                assert found.union[m, k, t] == pytest.approx(union[key], abs=1e-12), key


def test_a_basin_that_does_not_percolate_counts_once_in_eight_cells():
    energy = cosines((12, 12, 12), (2.0, 2.0, 2.0))
    volumes, _ = free_volumes([energy], [(0, 0, 0)], 5.0 * np.eye(3))
    assert volumes.summed[0, DISCONNECTED, HALF] > 0.01
    assert volumes.summed[0, CONNECTED, HALF] == volumes.summed[0, DISCONNECTED, HALF] / 8


def test_a_basin_that_percolates_along_one_axis_counts_once_in_four_cells():
    energy = cosines((12, 12, 12), (2.0, 0.3, 2.0))
    volumes, _ = free_volumes([energy], [(0, 0, 0)], 5.0 * np.eye(3))
    assert volumes.summed[0, CONNECTED, HALF] == volumes.summed[0, DISCONNECTED, HALF] / 4


def test_union_counts_shared_points_once_and_sum_counts_them_twice():
    energy = cosines((12, 12, 12), (2.0, 2.0, 2.0))
    cell = 5.0 * np.eye(3)
    one, _ = free_volumes([energy], [(0, 0, 0)], cell)
    twice, _ = free_volumes([energy, energy], [(0, 0, 0)] * 2, cell)
    np.testing.assert_allclose(twice.summed, 2.0 * one.summed)
    np.testing.assert_array_equal(twice.union, one.union)
    apart = np.roll(energy, (6, 6, 6), axis=(0, 1, 2))
    both, _ = free_volumes([energy, apart], [(0, 0, 0), (6, 6, 6)], cell)
    np.testing.assert_allclose(both.union[0, :, HALF], 2.0 * one.union[0, :, HALF])


def test_sum_divides_by_the_points_the_mask_leaves_and_union_by_all():
    energy = np.zeros((8, 8, 8))
    volumes, _ = free_volumes([energy], [(0, 0, 0)], 4.0 * np.eye(3))
    np.testing.assert_array_equal(volumes.summed, 1.0)
    ball = (np.square(np.indices((7, 7, 7)) - 3).sum(axis=0) <= 9).sum()
    np.testing.assert_allclose(volumes.union[1], 1.0 - ball / 16**3)
    np.testing.assert_allclose(volumes.union[2], 1.0 - ball / 8**3)


def test_nothing_is_free_where_the_mask_leaves_nothing():
    volumes, _ = free_volumes([np.zeros((2, 2, 2))], [(0, 0, 0)], np.eye(3))
    np.testing.assert_array_equal(volumes.summed[2], 0.0)
    np.testing.assert_array_equal(volumes.union[2], 0.0)


def basin(size, first, last, lowest_at):
    """One low stretch of points along the first axis; no ion gets beyond its ends."""
    energy = np.full((size, 1, 1), 5.0)
    energy[np.arange(first, last + 1) % size] = 0.2
    energy[lowest_at % size] = 0.0
    return energy


def test_the_connected_union_depends_on_the_origin():
    """Two basins overlap in one cell; with the origin between their seeds they are a cell apart."""
    cell = np.diag([10.0, 4.0, 4.0])

    def unions(moved_by):
        energies = [basin(10, 1 + moved_by, 6 + moved_by, 2 + moved_by)]
        energies.append(basin(10, 4 + moved_by, 8 + moved_by, 7 + moved_by))
        seeds = [lowest(energy) for energy in energies]
        volumes, _ = free_volumes(energies, seeds, cell)
        return volumes.union[0, DISCONNECTED, HALF], volumes.union[0, CONNECTED, HALF]

    assert unions(0) == (0.8, 8 / 20)
    assert unions(5) == (0.8, 11 / 20)
