import shutil
import subprocess
import sys

import pytest
import xarray as xr

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError, QueryError
from ionlake.lake.writer import open_writer
from ionlake.pes.dataset import with_coordinates
from tests.lake.fake_lake import grid, put_material, put_scan


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A lake with one plain material, one with three scans, and one that is not scanned yet."""
    root = tmp_path_factory.mktemp("lakes") / "it's a lake"
    with open_writer(root, create=True) as writer:
        for name in ("Li3N-191", "mp-1960", "mp-7"):
            put_material(writer, name, f"s-{name}")
        put_scan(writer, "s-Li3N-191", xi=0.9, seed=1)
        put_scan(writer, "s-mp-1960", xi=0.5, seed=2)
        put_scan(writer, "s-mp-1960", xi=0.4, seed=3, grid_protocol="paper")
        put_scan(writer, "s-mp-1960", xi=0.3, seed=4, potential="other")
        publish(writer.layout, writer.ledger)
    return root


@pytest.fixture(scope="module")
def lake(path):
    with ionlake.open_lake(path) as opened:
        yield opened


def assert_is_grid(opened, seed):
    xr.testing.assert_identical(opened.load(), with_coordinates(grid(seed)))


def test_sql_gives_frames_and_tables(lake):
    frame = lake.query("SELECT material_id, Xi FROM candidates ORDER BY Xi DESC LIMIT 2")
    assert frame.material_id.tolist() == ["Li3N-191", "mp-1960"]
    assert frame.Xi.tolist() == [0.9, 0.5]
    table = lake.arrow("SELECT elements FROM materials WHERE material_id = ?", ["mp-7"])
    assert table.to_pylist() == [{"elements": ["Li", "O"]}]
    assert lake.query("SELECT * FROM candidates WHERE Xi > 2").empty
    assert lake.release == 1
    assert "release=1" in repr(lake)


def test_the_grid_of_a_material_is_found_by_its_identifier(lake):
    assert_is_grid(lake.grid("Li3N-191"), seed=1)


@pytest.mark.parametrize(
    ("choice", "seed"),
    [
        ({"grid_protocol": "paper"}, 3),
        ({"potential": "other"}, 4),
        ({"potential": "p-other"}, 4),
        ({"scan_protocol": "frozen_framework", "grid_protocol": "paper"}, 3),
        ({"potential": "toy", "grid_protocol": "commensurate"}, 2),
    ],
)
def test_one_of_several_grids_is_chosen_by_what_tells_them_apart(lake, choice, seed):
    assert_is_grid(lake.grid("mp-1960", **choice), seed)


def test_a_grid_is_found_by_its_scan_too(lake):
    sql = "SELECT scan_id FROM grids WHERE material_id = 'mp-1960' AND grid_protocol = 'paper'"
    scan_id = lake.query(sql).scan_id[0]
    assert_is_grid(lake.grid("mp-1960", scan_id=scan_id), seed=3)
    with pytest.raises(LakeError, match=f"Li3N-191 has no scan {scan_id}"):
        lake.grid("Li3N-191", scan_id=scan_id)


def test_several_grids_are_an_error_that_names_the_choices(lake):
    with pytest.raises(LakeError, match="has 3 grids that fit") as raised:
        lake.grid("mp-1960")
    for part in (", paper, toy, scan_id=", ", commensurate, other, scan_id=", "choose by"):
        assert part in str(raised.value)
    for other in ({"mobile_species": "Na"}, {"scan_protocol": "frozen_framework_supercell-5"}):
        with pytest.raises(LakeError, match=r"no grid like that, only \(Li, frozen_framework, "):
            lake.grid("mp-1960", **other)


@pytest.mark.parametrize(
    ("material_id", "hint"),
    [
        ("mp-1961", "did you mean mp-1960?"),
        ("Li3N191", "did you mean Li3N-191?"),
        ("quartz'; DROP TABLE", "table materials lists what is there"),
    ],
)
def test_an_unknown_material_gets_a_hint(lake, material_id, hint):
    with pytest.raises(LakeError, match="no material ") as raised:
        lake.grid(material_id)
    assert str(raised.value).endswith(hint)


def test_a_formula_is_not_an_identifier_but_leads_to_one(lake):
    with pytest.raises(LakeError, match=r"no material 'Li2O'.*did you mean .*mp-7"):
        lake.grid("Li2O")


def test_a_material_that_waits_for_its_scan_is_told_apart_from_an_unknown_one(lake):
    with pytest.raises(LakeError, match=r"mp-7 \(Li2O\) has no finished scan"):
        lake.grid("mp-7")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT Xii FROM candidates", 'Candidate bindings: "Xi"'),
        ("SELECT * FROM candidate", 'Did you mean "candidates"'),
        ("SELEC 1", "syntax error at or near"),
        ("", "statement is empty"),
        ("SELECT * FROM pg", "candidates is the one to start from"),
        ("SELECT 1; SELECT 2", "got 2 SQL statements, expected one"),
        ("-- nothing", "statement is empty"),
        ("SELECT 1/0::INTEGER + 'a'::INTEGER", "Could not convert"),
        ("CREATE TABLE mine (a INTEGER)", "releases are read-only"),
        ("DELETE FROM materials", "releases are read-only"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("COPY materials TO 'stolen.csv'", "releases are read-only"),
        ("ATTACH 'other.duckdb'", "releases are read-only"),
        ("SELECT * FROM sql", "does not exist"),
        ("SELECT ?", "parameter"),
    ],
)
def test_sql_errors_are_one_line(lake, sql, message):
    for method in (lake.query, lake.arrow):
        with pytest.raises(QueryError, match="(?i)" + message) as raised:
            method(sql)
        assert "\n" not in str(raised.value)
        assert "LINE 1" not in str(raised.value)


def test_a_long_error_is_cut(lake):
    with pytest.raises(QueryError) as raised:
        lake.query(f"SELECT {'x' * 5000}")
    assert len(str(raised.value)) < 500


def test_a_lake_works_where_it_is_moved_to(path, tmp_path):
    moved = tmp_path / "somewhere else" / "lake"
    shutil.copytree(path, moved)
    with ionlake.open_lake(moved) as lake:
        assert_is_grid(lake.grid("Li3N-191"), seed=1)
        assert lake.catalog()["candidates"].read().shape[0] == 4
    shutil.rmtree(moved / "grids")
    with ionlake.open_lake(moved) as lake, pytest.raises(LakeError, match="lost it or was copied"):
        lake.grid("Li3N-191")


def test_the_lake_of_the_environment_is_the_default(path, monkeypatch):
    monkeypatch.setenv("IONLAKE_LAKE", str(path))
    with ionlake.open_lake() as lake:
        assert lake.path == path


def test_older_releases_can_be_opened_and_newer_ones_not(path):
    with ionlake.open_lake(path, release=1) as lake:
        assert lake.release == 1
    with pytest.raises(LakeError, match=r"has no release 7: its releases are 1$"):
        ionlake.open_lake(path, release=7)


def test_what_is_not_a_lake_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(LakeError, match=r"is not a lake .*notes\.txt"):
        ionlake.open_lake(tmp_path)


def test_opening_a_lake_loads_no_model_and_no_cluster(path):
    look = (
        "import sys, ionlake; ionlake.open_lake(sys.argv[1]).grid('Li3N-191').load()\n"
        "print({'torch', 'sevenn', 'distributed', 'pymatgen', 'intake'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", look, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_many_grids_are_opened_as_they_are_looked_at(lake):
    grids = lake.grids(
        "SELECT material_id, scan_id FROM candidates WHERE potential = 'toy'"
        " AND grid_protocol = 'commensurate'"
    )
    assert sorted(grids) == ["Li3N-191", "mp-1960"]
    assert len(grids) == 2
    assert_is_grid(grids["Li3N-191"], seed=1)
    assert grids["mp-1960"].energy.chunks[0] == (1, 1)
    means = {name: float(grid.energy.mean().compute()) for name, grid in grids.items()}
    assert means["mp-1960"] == pytest.approx(float(grid(2).energy.mean()))
    assert "Li3N-191" in repr(grids)
    assert list(lake.grids(["Li3N-191", "Li3N-191"])) == ["Li3N-191"]


@pytest.mark.parametrize(
    ("which", "error", "message"),
    [
        (["nope"], LakeError, "no material 'nope'"),
        (["mp-1960"], LakeError, "has 3 grids that fit"),
        ("FROM candidates", QueryError, "2 rows name a material that is there already"),
        ("SELECT 1 AS one", QueryError, "the statement gives one; expected a column material_id"),
    ],
)
def test_a_choice_of_grids_that_is_none_is_an_error(lake, which, error, message):
    with pytest.raises(error, match=message):
        lake.grids(which)
