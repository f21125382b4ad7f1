import numpy as np
import pytest

from ionlake.errors import GridError
from ionlake.pes.seed import find_seed
from tests.reference.landscapes import TRICLINIC

SITE = np.array([0.9, 0.9, 0.9])


def flat(shape=(4, 5, 6)):
    return np.ones(shape)


def test_lowest_point_wins_wherever_the_ion_sits():
    energy = flat()
    energy[3, 4, 5] = 1e-4
    energy[1, 2, 3] = 0.0
    assert find_seed(energy, TRICLINIC, SITE) == (1, 2, 3)


@pytest.mark.parametrize(("excess", "expected"), [(0.9e-5, (3, 4, 5)), (1.1e-5, (1, 2, 3))])
def test_only_points_within_the_tolerance_are_tied(excess, expected):
    energy = flat()
    energy[1, 2, 3] = 0.0
    energy[3, 4, 5] = excess
    assert find_seed(energy, TRICLINIC, SITE) == expected


def test_nearest_image_counts():
    energy = flat()
    energy[0, 0, 0] = energy[2, 2, 3] = 0.0
    assert find_seed(energy, TRICLINIC, SITE) == (0, 0, 0)
    assert find_seed(energy, TRICLINIC, np.array([0.6, 0.5, 0.5])) == (2, 2, 3)


def test_nearness_is_measured_in_the_cell_not_in_fractions():
    cell = np.diag([2.0, 2.0, 20.0])
    energy = flat((10, 10, 10))
    energy[3, 0, 0] = energy[0, 0, 1] = 0.0
    assert find_seed(energy, cell, np.zeros(3)) == (3, 0, 0)


@pytest.mark.parametrize(("lead", "expected"), [(4e-4, (0, 0, 1)), (2e-3, (0, 0, 3))])
def test_equal_distances_go_to_the_first_point(lead, expected):
    energy = flat((1, 1, 4))
    energy[0, 0, 1] = energy[0, 0, 3] = 0.0
    site = np.array([0.0, 0.0, -lead / 2 / 4.0])
    assert find_seed(energy, 4.0 * np.eye(3), site) == expected


def test_the_nearest_of_many_is_not_beaten_by_an_earlier_one():
    energy = np.zeros((6, 6, 6))
    assert find_seed(energy, 6.0 * np.eye(3), np.array([0.5, 0.5, 0.34])) == (3, 3, 2)


def test_excluded_points_are_no_seeds():
    energy = flat()
    energy[0, 0, 0] = np.nan
    energy[2, 0, 0] = 0.5
    assert find_seed(energy, TRICLINIC, np.zeros(3)) == (2, 0, 0)


def test_a_grid_without_energies_is_an_error():
    with pytest.raises(GridError, match="all 8 points are NaN"):
        find_seed(np.full((2, 2, 2), np.nan), TRICLINIC, SITE)
