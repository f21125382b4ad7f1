import numpy as np
import pytest
import xarray as xr
import zarr

from ionlake.errors import GridError, LakeError
from ionlake.lake import grids
from ionlake.lake.grids import chunk_shape, open_grid, validate_grid, write_grid
from ionlake.pes.dataset import with_coordinates
from tests.lake.fake_lake import grid


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ab" / "abc-1.zarr"


def test_a_grid_comes_back_bit_for_bit(path):
    original = grid()
    write_grid(path, original)
    stored = open_grid(path)
    xr.testing.assert_identical(stored.load(), with_coordinates(original))
    for name in original.data_vars:
        assert stored[name].dtype == original[name].dtype
        assert stored[name].values.tobytes() == original[name].values.tobytes()
        assert stored[name].attrs == original[name].attrs
    assert stored.attrs == original.attrs
    assert isinstance(stored.attrs["periodic"], bool)
    assert stored.attrs["checks"] == {"minimum_below_base": [True, False], "note": None}


def test_coordinates_are_fractions_and_are_not_stored(path):
    write_grid(path, with_coordinates(grid()))
    stored = open_grid(path)
    assert stored.b.values.tolist() == [0.0, 1 / 5, 2 / 5, 3 / 5, 4 / 5]
    assert stored.sel(a=0.5, c=0.49, method="nearest").c == 0.5
    assert stored.energy.sel(mobile_ion=1).shape == (4, 5, 6)
    names = {entry.name for entry in path.iterdir()}
    assert names == {"zarr.json", "energy", "status", "minimum_energy_ev", "base_energy_ev"}


def test_one_chunk_per_ion_in_one_file_with_checksums(path):
    write_grid(path, grid())
    group = zarr.open_group(path, mode="r")
    for name in ("energy", "status"):
        assert group[name].chunks == (1, 4, 5, 6)
        assert group[name].shards == (2, 4, 5, 6)
        assert sum(entry.is_file() for entry in (path / name / "c").rglob("*")) == 1
    assert np.isnan(group["energy"].fill_value)


def test_one_file_says_all_that_opening_needs(path):
    write_grid(path, grid())
    assert sorted(zarr.open_group(path, mode="r").metadata.consolidated_metadata.metadata) == [
        "base_energy_ev",
        "energy",
        "minimum_energy_ev",
        "status",
    ]


def test_a_grid_without_consolidated_metadata_opens_as_well(path):
    grid().drop_vars(["mobile_ion", "a", "b", "c"], errors="ignore").to_zarr(
        path, zarr_format=3, consolidated=False
    )
    xr.testing.assert_equal(open_grid(path).load(), with_coordinates(grid()))


def test_grids_of_one_shape_do_not_share_attributes(path):
    write_grid(path, grid())
    open_grid(path).coords["a"].attrs["units"] = "changed"
    assert open_grid(path).coords["a"].attrs["units"] == "1"


def test_a_flipped_bit_is_an_error_and_not_a_number(path):
    write_grid(path, grid())
    (chunk,) = (entry for entry in (path / "energy" / "c").rglob("*") if entry.is_file())
    whole = chunk.read_bytes()
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        chunk.write_bytes(damaged)
        with pytest.raises((ValueError, RuntimeError)):
            open_grid(path).energy.load()


def test_a_lost_chunk_reads_as_nan_and_never_as_zero(path):
    write_grid(path, grid())
    (chunk,) = (entry for entry in (path / "energy" / "c").rglob("*") if entry.is_file())
    chunk.unlink()
    assert open_grid(path).energy.isnull().all()


def test_large_grids_are_cut_into_equal_slabs(path, monkeypatch):
    assert chunk_shape((3, 40, 50, 60)) == (1, 40, 50, 60)
    assert chunk_shape((3, 200, 100, 100)) == (1, 100, 100, 100)
    assert chunk_shape((1, 5, 2000, 2000)) == (1, 1, 2000, 2000)
    monkeypatch.setattr(grids, "LARGEST_CHUNK", 70)
    original = grid(shape=(2, 7, 5, 6))
    write_grid(path, original)
    assert zarr.open_group(path, mode="r")["energy"].chunks == (1, 2, 5, 6)
    xr.testing.assert_identical(open_grid(path).load(), with_coordinates(original))


def test_reading_a_point_reads_no_other_ion(path):
    write_grid(path, grid())
    (chunk,) = (entry for entry in (path / "energy" / "c").rglob("*") if entry.is_file())
    data = bytearray(chunk.read_bytes())
    data[10] ^= 1
    chunk.write_bytes(data)
    expected = grid().energy[1, 3, 3, 3]
    assert open_grid(path).energy[1, 3, 3, 3] == expected


def test_an_attempt_is_written_once(path):
    write_grid(path, grid())
    with pytest.raises(LakeError, match="fresh attempt"):
        write_grid(path, grid(seed=1))
    xr.testing.assert_identical(open_grid(path).load(), with_coordinates(grid()))


def test_a_lost_grid_is_named_with_the_remedy(path):
    with pytest.raises(LakeError, match="restore the folder from a copy"):
        open_grid(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.drop_vars("status"), "expected .*status"),
        (lambda g: g.assign(level=g.energy), "has the variables .*level"),
        (lambda g: g.assign(energy=g.energy.astype("f8")), "type float64, expected .*float32"),
        (lambda g: g.transpose("a", "b", "c", "mobile_ion"), "dimensions .*transpose"),
        (lambda g: g.assign_attrs(cell=np.eye(3)), "attribute 'cell' .*tolist"),
        (lambda g: g.assign_attrs(gap=float("nan")), "attribute 'gap'"),
        (lambda g: g.assign_attrs(sizes=(1, 2)), "attribute 'sizes'"),
    ],
)
def test_what_is_not_a_grid_is_refused_before_anything_is_written(path, change, message):
    broken = change(grid())
    with pytest.raises(GridError, match=message):
        validate_grid(broken)
    with pytest.raises(GridError):
        write_grid(path, broken)
    assert not path.exists()
