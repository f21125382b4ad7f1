import numpy as np
import pytest
import xarray as xr

from ionlake.geometry import minimum_image_distances
from ionlake.names import PointStatus
from ionlake.pes.far_points import (
    DISTANCES_ANG,
    POINT_TYPES,
    chunk_statistics,
    far_points,
    lowest_beyond_key,
)
from tests.reference.landscapes import TRICLINIC, rough, scan

SHAPE = (5, 4, 7)
SITES = [[0.05, 0.1, 0.9], [0.6, 0.5, 0.4]]


@pytest.fixture
def grid():
    made = scan([rough(SHAPE, seed=seed) for seed in (1, 2)], sites=SITES)
    status = np.where(np.isnan(made.energy), PointStatus.EXCLUDED, PointStatus.EVALUATED)
    return made.assign(status=(made.energy.dims, status.astype(np.uint8)))


def distances():
    points = np.stack(np.meshgrid(*(np.arange(n) / n for n in SHAPE), indexing="ij"), axis=-1)
    nearest = minimum_image_distances(points.reshape(-1, 3), np.array(SITES), TRICLINIC).min(axis=1)
    return nearest.reshape(SHAPE)


@pytest.mark.parametrize(("below", "beyond"), [(0.8, 1.5), (3.0, 0.7), (9.0, 0.0), (-1.0, 0.0)])
def test_points_are_those_that_a_plain_search_finds(grid, below, beyond):
    found = far_points(grid, below, beyond)
    expected = (grid.energy.values < below) & (distances() > beyond)
    ion, *indices = np.nonzero(expected)
    assert list(found) == list(POINT_TYPES)
    np.testing.assert_array_equal(found["mobile_ion"], ion)
    for axis, index, size in zip("abc", indices, SHAPE, strict=True):
        np.testing.assert_array_equal(found[f"i_{axis}"], index)
        np.testing.assert_allclose(found[axis], index / size)
    np.testing.assert_allclose(found["energy_ev"], grid.energy.values[expected])
    np.testing.assert_allclose(found["site_distance_ang"], distances()[tuple(indices)])


@pytest.mark.parametrize("planes", [5, 2])
def test_statistics_of_chunks_are_those_of_their_points(grid, planes):
    rows = chunk_statistics(grid, planes)
    assert len(rows) == 2 * -(-SHAPE[0] // planes)
    assert sum(row["n_points"] for row in rows) == grid.energy.size
    for row in rows:
        part = slice(row["first_a"], row["first_a"] + row["planes_a"])
        energy, far = grid.energy.values[row["mobile_ion"], part], distances()[part]
        assert row["chunk"] == row["first_a"] // planes
        assert row["n_excluded"] == np.isnan(energy).sum()
        assert row["n_evaluated"] == np.isfinite(energy).sum()
        assert row["lowest_energy_ev"] == np.nanmin(energy)
        assert row["highest_energy_ev"] == np.nanmax(energy)
        for limit in DISTANCES_ANG:
            beyond = energy[(far > limit) & np.isfinite(energy)]
            lowest = beyond.min() if beyond.size else None
            assert row[lowest_beyond_key(limit)] == lowest


def test_a_chunk_without_energies_has_no_lowest_one():
    energy = np.zeros((1, 2, 2, 2))
    energy[0, 1] = np.nan
    made = scan(energy).assign(status=xr.full_like(scan(energy).energy, 3).astype(np.uint8))
    empty = chunk_statistics(made, 1)[1]
    assert empty["lowest_energy_ev"] is None
    assert empty["lowest_beyond_1p5_ang_ev"] is None
    assert empty["n_excluded"] == 4
