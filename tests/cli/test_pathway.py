"""``ionlake pathway`` on crystals in a known landscape."""

import csv
import io
import json

import pytest
from ase.io import read

import ionlake
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("pathway") / "lake").root


def test_the_table_names_barrier_bottleneck_and_profile(command, lake):
    status, out, _ = command("pathway", "LiF-225", "--lake", lake)
    assert status == 0
    with ionlake.open_lake(lake) as opened:
        (barrier,) = opened.query(
            "SELECT percolation_barrier_1d_ev FROM candidates WHERE material_id = 'LiF-225'"
        ).iloc[0]
        path = opened.pathway("LiF-225")
    assert path.attrs["barrier_ev"] == barrier
    assert path.attrs["material_id"] == "LiF-225"
    assert f"barrier {barrier:.3f} eV (1D)" in out
    assert "nearest atoms, Å: F " in out or "nearest atoms, Å: Li " in out
    assert "█" * 40 in out
    assert len(out.splitlines()) < 25


def test_points_are_written_as_csv_and_json(command, lake, tmp_path):
    _, text, _ = command("pathway", "LiF-225", "--lake", lake, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["distance_ang", "energy_ev", "a", "b", "c", "x_ang", "y_ang", "z_ang"]
    _, text, _ = command("pathway", "LiF-225", "--lake", lake, "--json", "--dimension", "3")
    facts = json.loads(text)
    assert max(facts["energy_ev"]) == facts["barrier_ev"]
    assert facts["dimension"] == 3
    command("pathway", "LiF-225", "--lake", lake, "-o", tmp_path / "path.csv")
    assert (tmp_path / "path.csv").read_text().startswith("distance_ang,")


def test_structures_are_written_for_other_programs(command, lake, tmp_path):
    arguments = ("pathway", "LiF-225", "--lake", lake, "--images", "2")
    status, out, _ = command(*arguments, "--format", "poscar", "-o", tmp_path / "neb")
    assert status == 0
    assert out.endswith("03\n")
    assert len(read(tmp_path / "neb" / "03" / "POSCAR")) == 2
    options = ("--format", "extxyz", "--supercell", "8", "-o", tmp_path / "neb.xyz")
    assert command(*arguments, *options)[0] == 0
    assert len(read(tmp_path / "neb.xyz", ":")) == 4
    _, text, _ = command(*arguments, "--format", "cif")
    assert "path0" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("LiF-225", "--ion", "7"), "mobile ion is 7; expected 0 to 0"),
        (("nothing",), "no material 'nothing'"),
        (("LiF-225", "--format", "poscar"), "--output"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(command, lake, arguments, words):
    status, out, err = command("pathway", *arguments, "--lake", lake)
    assert status != 0
    assert not out
    assert len(err.splitlines()) == 1
    assert words in err
