"""What grids can be asked for, wherever they come from."""

import numpy as np
import pytest
import xarray as xr

import ionlake
from ionlake.errors import GridError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled


@pytest.fixture(scope="module")
def grid():
    return ionlake.scan(load_bundled("LiI-225"), potential=CosineLandscape())


def test_levels_lie_on_the_points_of_the_grid(grid):
    levels = grid.ionlake.levels()
    xr.testing.assert_equal(levels.a, grid.a)
    assert (levels.level >= grid.energy - 1e-6).where(grid.energy.notnull(), True).all()


def test_free_volume_takes_one_threshold_or_several(grid):
    one = grid.ionlake.free_volume(0.5)
    assert one.disconnected.dims == ()
    assert float(one.disconnected) == pytest.approx(
        ionlake.describe(grid)["fv_0p5_disconnected_union"]
    )
    several = grid.ionlake.free_volume([0.2, 0.5])
    assert float(several.connected.sel(threshold_ev=0.5)) == float(one.connected)


def test_interpolation_repeats_with_the_cell(grid):
    points = np.array([[0.01, 0.02, 0.03], [1.01, -0.98, 0.03], [0, 0, 0]])
    energy = grid.ionlake.interpolate(points)
    assert energy.dims == ("mobile_ion", "point")
    assert energy.attrs["units"] == "eV"
    assert float(energy[0, 0]) == pytest.approx(float(energy[0, 1]))
    assert float(energy[0, 2]) == float(grid.energy[0, 0, 0, 0])
    with pytest.raises(GridError, match="triples"):
        grid.ionlake.interpolate([0.0, 0.0, 0.0])


def test_the_crystal_comes_back_with_its_mobile_ions(grid):
    crystal = grid.ionlake.to_structure()
    original = load_bundled("LiI-225").to_pymatgen()
    np.testing.assert_allclose(crystal.lattice.matrix, original.lattice.matrix)
    np.testing.assert_allclose(crystal.frac_coords, original.frac_coords)
    assert [site.specie.symbol for site in crystal] == [s.specie.symbol for s in original]
    marked = {
        site.specie.symbol: number
        for site, number in zip(crystal, crystal.site_properties["mobile_ion"], strict=True)
    }
    assert marked == {"Li": 0, "I": None}
    with pytest.raises(GridError, match="no attributes cell"):
        xr.Dataset().ionlake.to_structure()


def test_paths_and_surfaces_are_those_of_the_grid(grid):
    path = grid.ionlake.pathway(3)
    assert path.identical(ionlake.pathway(grid, 3))
    assert path.attrs["barrier_ev"] == ionlake.describe(grid)["percolation_barrier_3d_ev"]
    pytest.importorskip("skimage")
    surface = grid.ionlake.isosurface(0.2)
    cell = np.array(grid.attrs["cell"])
    assert 0 < surface.volume_ang3 < abs(np.linalg.det(cell))


def test_every_variable_and_coordinate_says_what_it_is(grid):
    for name, variable in {**grid.variables, **grid.ionlake.levels().variables}.items():
        assert variable.attrs["long_name"], name
        assert "units" in variable.attrs or "flag_values" in variable.attrs or name == "axis", name
    assert grid.attrs["Conventions"].startswith("CF-")
