import numpy as np
import pytest

from ionlake.descriptors.free_volume_at import free_volumes_at
from ionlake.descriptors.level_maps import level_maps
from ionlake.descriptors.table import describe
from ionlake.descriptors.thresholds import THRESHOLDS_EV
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.pes.seed import find_seed
from tests.reference.landscapes import TRICLINIC, cosines, rough, scan
from tests.reference.minimax import slow_level_map

SHAPE = (4, 3, 5)


@pytest.fixture
def made():
    return scan([rough(SHAPE, seed=seed) for seed in (3, 4)])


def test_a_point_has_the_lowest_level_of_its_images(made):
    maps = level_maps(made)
    assert maps.level.dims == made.energy.dims
    assert maps.level.attrs["units"] == "eV"
    sites = np.array(made.attrs["fractional_positions"])[1:]
    for ion, energy in enumerate(made.energy.values):
        seed = find_seed(energy, TRICLINIC, sites[ion])
        assert tuple(maps.seed.values[ion]) == seed
        filled = np.where(np.isnan(energy), np.nanmax(energy), energy)
        box = slow_level_map(filled, seed, neighbour_offsets(TRICLINIC, SHAPE))
        lowest = np.full(SHAPE, np.inf)
        for place in np.ndindex(box.shape):
            point = tuple((np.array(place) - SHAPE + seed) % SHAPE)
            lowest[point] = min(lowest[point], box[place])
        expected = np.where(np.isnan(energy), np.nan, lowest)
        np.testing.assert_allclose(maps.level.values[ion], expected, rtol=1e-6)


def test_the_seed_is_at_zero_and_the_saddle_of_cosines_at_its_height():
    shape = (6, 8, 4)
    made = scan([cosines(shape, (0.3, 0.5, 0.9))], cell=np.diag([3.0, 4.0, 5.0]), sites=[[0, 0, 0]])
    level = level_maps(made).level[0]
    assert float(level[0, 0, 0]) == 0
    assert float(level[3, 0, 0]) == pytest.approx(0.3)


def test_a_screened_scan_tells_levels_below_its_limit_only(made):
    limit = float(level_maps(made).level.max()) / 2
    levels = level_maps(made.assign_attrs(valid_below_ev=limit)).level
    assert float(levels.max()) < limit
    assert levels.notnull().any()


def test_free_volumes_at_the_thresholds_are_those_of_the_descriptors(made):
    row = describe(made)
    found = free_volumes_at(made, THRESHOLDS_EV)
    for index, threshold in enumerate(THRESHOLDS_EV):
        name = f"fv_{threshold:.1f}".replace(".", "p")
        for kind in ("disconnected", "connected"):
            assert float(found[kind][index]) == pytest.approx(row[f"{name}_{kind}_union"])


def test_free_volumes_of_a_screened_scan_end_at_its_limit(made):
    screened = made.assign_attrs(valid_below_ev=0.6)
    found = free_volumes_at(screened, [0.5, 0.57])
    assert np.isnan(found.disconnected.values).tolist() == [False, True]
    assert np.isnan(found.connected.values).tolist() == [False, True]
