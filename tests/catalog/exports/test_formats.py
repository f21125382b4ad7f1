"""Exports read back by other programs' readers, point by point."""

import json

import numpy as np
import pytest
import xarray as xr
from ase.calculators.vasp import VaspChargeDensity
from ase.io.cube import read_cube
from ase.io.xsf import read_xsf
from pymatgen.core import Lattice
from pymatgen.io.vasp.outputs import Locpot

from ionlake.catalog.exports.formats import FORMATS, export_grid
from ionlake.catalog.exports.volume import make_volume
from ionlake.errors import GridError, SettingsError
from ionlake.levels import level_map, neighbour_offsets
from ionlake.levels.folding import fold_levels
from tests.reference.landscapes import TRICLINIC, rough, scan

SHAPE = (7, 5, 9)


@pytest.fixture(scope="module")
def grid():
    """Two ions on a triclinic grid of three sizes, some points excluded."""
    made = scan([rough(SHAPE, seed=1), rough(SHAPE, seed=2)])
    made["status"] = made.energy.isnull() * 2 + xr.ones_like(made.energy, dtype=np.uint8)
    made["status"] = made.status.astype(np.uint8)
    made.energy.attrs["units"] = "eV"
    symbols = {"symbols": ["O", "Li", "Li"], "atomic_numbers": [8, 3, 3], "accuracy": "full"}
    return made.assign_attrs(symbols, valid_below_ev=None)


def filled(grid, ion):
    energy = grid.energy.values[ion]
    return np.where(np.isnan(energy), np.nanmax(energy), energy)


@pytest.fixture(scope="module")
def lowest(grid):
    return np.minimum(filled(grid, 0), filled(grid, 1))


def assert_atoms(atoms, grid):
    assert np.asarray(atoms.cell) == pytest.approx(TRICLINIC, abs=1e-5)
    assert atoms.numbers.tolist() == [8, 3, 3]
    expected = np.array(grid.attrs["fractional_positions"]) @ TRICLINIC
    assert atoms.positions == pytest.approx(expected, abs=1e-5)


def test_cube(grid, lowest, tmp_path):
    export_grid(tmp_path / "x.cube", grid, "cube")
    with (tmp_path / "x.cube").open() as file:
        found = read_cube(file)
    assert_atoms(found["atoms"], grid)
    assert found["data"] == pytest.approx(lowest, rel=1e-5, abs=1e-6)
    assert found["spacing"] == pytest.approx(TRICLINIC / np.array(SHAPE)[:, None], abs=1e-6)
    assert found["origin"].tolist() == [0, 0, 0]


def test_xsf_repeats_the_first_planes(grid, lowest, tmp_path):
    export_grid(tmp_path / "x.xsf", grid, "xsf")
    with (tmp_path / "x.xsf").open() as file:
        data, origin, span, atoms = read_xsf(file, read_data=True)
    assert_atoms(atoms, grid)
    assert data[:-1, :-1, :-1] == pytest.approx(lowest, abs=1e-6)
    assert (data[-1] == data[0]).all()
    assert (data[:, -1] == data[:, 0]).all()
    assert (data[..., -1] == data[..., 0]).all()
    assert np.array(span) == pytest.approx(TRICLINIC, abs=1e-5)
    assert origin.tolist() == [0, 0, 0]


def test_grd(grid, lowest, tmp_path):
    export_grid(tmp_path / "x.grd", grid, "grd")
    title, parameters, sizes, *rest = (tmp_path / "x.grd").read_text().splitlines()
    assert title == "energy in eV of any mobile ion in Li2O"
    expected = Lattice(TRICLINIC).parameters
    assert [float(word) for word in parameters.split()] == pytest.approx(expected)
    assert [int(word) for word in sizes.split()] == list(SHAPE)
    values = np.array([float(word) for line in rest for word in line.split()])
    assert values.reshape(SHAPE) == pytest.approx(lowest, rel=1e-7)


def test_locpot(grid, lowest, tmp_path):
    export_grid(tmp_path / "LOCPOT", grid, "locpot")
    found = Locpot.from_file(tmp_path / "LOCPOT")
    assert found.data["total"] == pytest.approx(lowest, rel=1e-9)
    assert found.structure.lattice.matrix == pytest.approx(TRICLINIC)
    by_element = {site.specie.symbol for site in found.structure}
    assert by_element == {"Li", "O"}
    oxygen = next(site for site in found.structure if site.specie.symbol == "O")
    assert oxygen.frac_coords == pytest.approx([0.5, 0.5, 0.5])


def test_chgcar_gives_the_energies_to_those_who_divide_by_the_volume(grid, lowest, tmp_path):
    export_grid(tmp_path / "CHGCAR", grid, "chgcar")
    found = VaspChargeDensity(str(tmp_path / "CHGCAR"))
    assert found.chg[0] == pytest.approx(lowest, rel=1e-9)


def test_netcdf_has_all_ions_with_their_gaps(grid, tmp_path):
    export_grid(tmp_path / "x.nc", grid, "netcdf")
    with xr.open_dataset(tmp_path / "x.nc", engine="scipy") as found:
        np.testing.assert_array_equal(found.energy.values, grid.energy.values)
        np.testing.assert_array_equal(found.status.values, grid.status.values)
        assert found.energy.attrs["units"] == "eV"
        assert json.loads(found.attrs["cell"]) == grid.attrs["cell"]
        assert json.loads(found.attrs["valid_below_ev"]) is None
        assert found.attrs["accuracy"] == "full"
    assert grid.status.dtype == np.uint8
    assert isinstance(grid.attrs["cell"], list)


def test_one_ion_and_the_energy_of_excluded_points_may_be_chosen(grid):
    energy = grid.energy.values[1]
    assert (make_volume(grid, ion=1).values == filled(grid, 1)).all()
    volume = make_volume(grid, ion=1, excluded=20.0)
    assert (volume.values == np.where(np.isnan(energy), 20.0, energy)).all()
    assert volume.title == "energy in eV of mobile ion 1 in Li2O"


def test_levels_are_the_lowest_of_the_images_in_the_box(grid):
    volume = make_volume(grid, "level", ion=0)
    energy = filled(grid, 0)
    seed = tuple(int(i) for i in np.unravel_index(np.argmin(energy), SHAPE))
    levels = level_map(energy, seed, neighbour_offsets(TRICLINIC, SHAPE))
    expected = np.full(SHAPE, np.inf)
    for place in np.ndindex(levels.shape):
        point = tuple((np.array(place) + seed) % SHAPE)
        expected[point] = min(expected[point], levels[place])
    assert (volume.values == expected).all()
    assert volume.values[seed] == 0
    assert (fold_levels(levels, seed) == expected).all()


def test_status_is_that_of_an_ion(grid):
    assert (make_volume(grid, "status", ion=1).values == grid.status.values[1]).all()
    with pytest.raises(SettingsError, match="status is that of one ion"):
        make_volume(grid, "status")


def test_grids_that_begin_elsewhere_say_so(grid, tmp_path):
    shifted = grid.assign_attrs(origin_shift=[0.1, 0.0, 0.2])
    for form in ("grd", "locpot", "chgcar"):
        with pytest.raises(GridError, match="write cube, xsf or netcdf"):
            export_grid(tmp_path / "x", shifted, form)
    expected = np.array([0.1, 0.0, 0.2]) @ TRICLINIC
    export_grid(tmp_path / "x.cube", shifted, "cube")
    with (tmp_path / "x.cube").open() as file:
        assert read_cube(file)["origin"] == pytest.approx(expected, abs=1e-5)
    export_grid(tmp_path / "x.xsf", shifted, "xsf")
    with (tmp_path / "x.xsf").open() as file:
        assert read_xsf(file, read_data=True)[1] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_writes_a_file(grid, tmp_path, form):
    made = grid.assign(energy=grid.energy.fillna(5.0))
    export_grid(tmp_path / "file", made, form)
    assert (tmp_path / "file").stat().st_size > 300


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"form": "vti"}, SettingsError, "format is 'vti'; expected cube, xsf"),
        ({"form": "cube", "what": "charge"}, SettingsError, "expected energy, level, status"),
        ({"form": "cube", "ion": 2}, GridError, "mobile ion is 2; expected 0 to 1"),
    ],
)
def test_what_cannot_be_exported(grid, tmp_path, options, error, words):
    with pytest.raises(error, match=words):
        export_grid(tmp_path / "x", grid, **options)
