"""``ionlake export`` on crystals in a known landscape."""

import numpy as np
import pytest
from ase.io.cube import read_cube_data

import ionlake
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("export") / "lake").root


@pytest.mark.parametrize(
    ("form", "name"),
    [("cube", "LiF-225.cube"), ("chgcar", "LiF-225.CHGCAR"), ("netcdf", "LiF-225.nc")],
)
def test_files_are_named_after_the_material(command, lake, tmp_path, monkeypatch, form, name):
    monkeypatch.chdir(tmp_path)
    assert command("export", "LiF-225", "--format", form, "--lake", lake)[:2] == (0, f"{name}\n")
    assert (tmp_path / name).exists()


def test_a_cube_holds_the_energies_of_the_lake(command, lake, tmp_path):
    command("export", "LiF-225", "--ion", "0", "--lake", lake, "-o", tmp_path / "x.cube")
    data, atoms = read_cube_data(str(tmp_path / "x.cube"))
    with ionlake.open_lake(lake) as opened:
        energy = opened.grid("LiF-225").energy.values[0]
    filled = np.where(np.isnan(energy), np.nanmax(energy), energy)
    assert data == pytest.approx(filled, rel=1e-5, abs=1e-6)
    assert atoms.get_chemical_formula() in {"FLi", "LiF"}


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--ion", "first"), "ion is 'first'"), (("--format", "vti"), "format is 'vti'")],
)
def test_wrong_options_are_one_line(command, lake, options, words):
    status, out, err = command("export", "LiF-225", "--lake", lake, *options)
    assert status == 2
    assert not out
    assert words in err
