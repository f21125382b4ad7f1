"""Landscapes whose barriers are known without computing them."""

import itertools

import numpy as np
import pytest

from ionlake.descriptors.percolation_energy import mpe
from ionlake.levels import level_map, neighbour_offsets, percolation_barriers
from tests.reference.landscapes import TRICLINIC, cosines

ORTHORHOMBIC = np.diag([4.0, 3.0, 5.0])


@pytest.mark.parametrize("heights", list(itertools.permutations([0.4, 0.9, 1.7])))
@pytest.mark.parametrize("cell", [ORTHORHOMBIC, TRICLINIC])
def test_each_dimension_costs_the_next_higher_cosine(cell, heights):
    energy = cosines((16, 12, 20), heights)
    offsets = neighbour_offsets(cell, energy.shape)
    assert percolation_barriers(energy, (0, 0, 0), offsets) == pytest.approx(sorted(heights))
    assert mpe(level_map(energy, (0, 0, 0), offsets)) == pytest.approx(min(heights))


def test_a_barrier_above_the_cap_is_absent():
    energy = cosines((6, 8, 10), (0.5, 7.0, 2.0))
    barriers = percolation_barriers(energy, (0, 0, 0), neighbour_offsets(np.eye(3), energy.shape))
    assert barriers[:2] == pytest.approx((0.5, 2.0))
    assert barriers[2] is None


def test_a_dead_end_satisfies_the_mpe_but_does_not_percolate():
    """A channel that drifts sideways leaves the doubled box and stops beside no image of itself."""
    energy = np.full((6, 6, 3), 2.0)
    drift = [0, 0, 1, 2, 3, 3, 3]
    for i, j in enumerate(drift):
        energy[i % 6, j, 0] = 0.5
    energy[0, 0, 0] = 0.0
    offsets = neighbour_offsets(np.eye(3), energy.shape)
    assert mpe(level_map(energy, (0, 0, 0), offsets)) == 0.5
    assert percolation_barriers(energy, (0, 0, 0), offsets) == (2.0, 2.0, 2.0)


def test_excluded_points_fill_the_mpe_but_are_walls_to_percolation():
    energy = np.array([0.0, 1.0, np.nan, 0.8]).reshape(1, 1, 4)
    steps = np.array([[0, 0, 1], [0, 0, -1]])
    filled = np.where(np.isnan(energy), 1.0, energy)
    levels = level_map(filled, (0, 0, 0), steps)
    assert levels[1, 1].max() == 1.0
    assert percolation_barriers(energy, (0, 0, 0), steps) == (None, None, None)
