import io

import numpy as np
import pytest
import xarray as xr
from ase.io import read
from ase.io.cube import read_cube_data

from ionlake.catalog.explorer.downloads import FORMATS, file_name, material_file, table_file
from ionlake.catalog.explorer.material import percolates, read_labels, read_material
from ionlake.catalog.explorer.slices import cut, energies_of, plane_of_minimum
from ionlake.catalog.explorer.telling import (
    account_html,
    dynamics_html,
    headline_html,
    labels_html,
)
from ionlake.errors import LakeError
from tests.catalog.figures.lakes import CONDUCTOR, INSULATOR


@pytest.fixture(scope="module")
def material(lake):
    return read_material(lake, CONDUCTOR)


def test_a_material_is_read_with_its_scan(lake, material):
    assert read_material(lake, CONDUCTOR, material.scan_id).scan_id == material.scan_id
    assert (
        material.xi
        == lake.query("SELECT Xi FROM candidates WHERE material_id = ?", [CONDUCTOR]).Xi[0]
    )
    assert material.levels.shape == material.grid.energy.shape[1:]
    assert 1.0 <= material.highest_level_ev <= 6.0
    assert material.level(None) == 0.5
    assert material.level(99.0) == material.highest_level_ev
    path = percolates(material, 1)
    assert path.attrs["barrier_ev"] == material.descriptors["percolation_barrier_1d_ev"]


@pytest.mark.parametrize("name", ["x' OR 1=1 --", "../../etc/passwd", "", '"', "<script>"])
def test_ids_of_no_material_are_only_unknown(lake, name):
    with pytest.raises(LakeError, match="no material"):
        read_material(lake, name)
    for form in FORMATS:
        made = file_name(name, form)
        assert not set(made) & set("/\\'\"<> ")
        assert not made.startswith(".")


def test_the_region_grows_with_the_level(material):
    shares = [material.scene(level).share for level in (0.1, 0.3, 0.6)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
    assert material.scene(0.3).share == pytest.approx(float((material.levels < 0.3).mean()))


@pytest.mark.parametrize("axis", ["a", "b", "c"])
def test_a_slice_shows_the_energies_of_its_grid_points(material, axis):
    grid = material.grid
    cell = np.array(grid.attrs["cell"])
    energies = energies_of(grid, 0)
    plane = plane_of_minimum(grid, 0, axis)
    found = cut(grid, energies, axis, plane)
    out = "abc".index(axis)
    first, second = (k for k in range(3) if k != out)
    values = np.take(energies, plane, axis=out)
    along = cell[first] / np.linalg.norm(cell[first])
    for i, j in ((1, 1), (1, 2), (values.shape[0] - 1, 1)):
        place = i / values.shape[0] * cell[first] + j / values.shape[1] * cell[second]
        x = place @ along
        y = np.sqrt(max(place @ place - x * x, 0.0))
        column = np.abs(found.x - x).argmin()
        row = np.abs(found.y - y).argmin()
        np.testing.assert_equal(found.energy[row, column], values[i, j])
    area = np.linalg.norm(np.cross(cell[first], cell[second]))
    inside = np.isfinite(found.energy).mean() / np.isfinite(values).mean()
    box = np.ptp(found.x) * np.ptp(found.y)
    assert inside * box == pytest.approx(area, rel=0.1)


def test_the_lowest_of_all_ions_is_not_above_any(material):
    lowest, own = (energies_of(material.grid, ion) for ion in (None, 0))
    known = ~np.isnan(own)
    assert known.any()
    assert (lowest[known] <= own[known]).all()


def test_downloads_are_read_back_by_others(material, tmp_path):
    files = {form: material_file(material, form).getvalue() for form in FORMATS}
    (tmp_path / "grid.nc").write_bytes(files["netcdf"])
    with xr.open_dataset(tmp_path / "grid.nc", engine="scipy") as grid:
        np.testing.assert_array_equal(grid.energy, material.grid.energy)
    (tmp_path / "pes.cube").write_bytes(files["cube"])
    values, atoms = read_cube_data(tmp_path / "pes.cube")
    assert values.shape == material.grid.energy.shape[1:]
    crystal = read(io.StringIO(files["crystal"].decode()), format="cif")
    assert len(crystal) == len(atoms) == len(material.grid.attrs["symbols"])
    assert b"path0" in files["cif"]


def test_a_table_is_a_csv_file(lake):
    rows = lake.query("SELECT material_id, Xi FROM candidates")
    assert table_file(rows).getvalue().decode().splitlines()[0] == "material_id,Xi"


def test_what_is_known_is_told(lake, material):
    assert "LiI" in headline_html(material)
    told = account_html(lake, material, "percolation_barrier_1d_ev")
    assert "Bottleneck" in told
    assert material.scan_id in told
    _, rows = read_labels(lake, CONDUCTOR)
    assert [row[0] for row in rows] == [1e-4]
    assert "yes" in labels_html(lake, INSULATOR)
    assert "data:image/svg" in dynamics_html(lake, CONDUCTOR)


def test_names_from_the_lake_are_no_html(lake, material):
    from dataclasses import replace

    evil = replace(material, formula="<script>alert(1)</script>", material_id='"><img src=x>')
    assert "<script" not in headline_html(evil)
    assert "<img" not in headline_html(evil)
    assert "<img" not in dynamics_html(lake, '"><img src=x>')
    assert "<img" not in account_html(lake, evil, "Xi")
