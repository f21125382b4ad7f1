"""The commands that look after a lake, as a user types them."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.lake.layout import LakeLayout
from ionlake.lake.lock import writer_lock
from ionlake.lake.marker import FORMAT_VERSION
from ionlake.lake.writer import open_writer
from tests.lake.real_lake import make_lake, put_crystal

FORMAT_1 = Path(__file__).parents[1] / "lake" / "formats" / "format-1.tar.xz"


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory):
    """Release 1 ranks LiF and LiI, release 2 Li3OCl too."""
    layout = make_lake(tmp_path_factory.mktemp("upkeep") / "lake")
    with open_writer(layout.root) as writer:
        put_crystal(writer, "Li3OCl-221")
        publish(layout, writer.ledger)
    return layout.root


@pytest.fixture
def lake(two_releases, tmp_path):
    shutil.copytree(two_releases, tmp_path / "lake")
    return tmp_path / "lake"


def lost_grid(lake):
    with ionlake.open_lake(lake) as opened:
        (path,) = opened.query("FROM grids WHERE material_id = 'LiF-225'").grid_path
    shutil.rmtree(lake / path)
    return path


def test_verify_says_that_a_lake_is_sound(command, two_releases):
    status, out, err = command("verify", "--deep", "--sample", "1", "--lake", two_releases)
    assert (status, err) == (0, "")
    assert out == (
        "sound; looked at 2 releases, 3 grids, 0 staged blocks, 0 trajectories,"
        " 1 scans recomputed\n"
    )
    status, out, _ = command("verify", "--lake", two_releases, "--json")
    assert (status, json.loads(out)["clean"], json.loads(out)["findings"]) == (0, True, [])


def test_verify_names_what_is_wrong_and_repair_mends_it(command, lake):
    path = lost_grid(lake)
    status, out, _ = command("verify", "--lake", lake)
    assert status == 1
    assert f"grid lost  {path} (release 1, 2)  the grid is gone" in out
    assert "1 problems; looked at" in out
    status, out, _ = command("verify", "--lake", lake, "--json")
    (found,) = json.loads(out)["findings"]
    assert status == 1
    assert (found["kind"], found["where"], found["harmless"]) == ("grid_lost", path, False)
    assert "ionlake repair" in found["remedy"]

    status, out, _ = command("repair", "--dry-run", "--lake", lake)
    assert status == 0
    assert "withdraw scan" in out
    assert "nothing was changed" in out
    status, out, _ = command("repair", "--lake", lake, "--json")
    assert [deed["verb"] for deed in json.loads(out)["deeds"]] == ["withdraw_scan"]
    with open_writer(lake) as writer:
        assert len(writer.ledger.finished_scans()) == 2


def test_repair_says_where_it_put_things(command, lake):
    layout = LakeLayout(lake)
    layout.grid("abc", "1").mkdir(parents=True)
    assert command("repair", "--lake", lake)[1].splitlines()[-1].startswith("1 deeds done; what")
    assert list((lake / "trash").glob("*/grids/ab/abc-1.zarr"))
    assert command("repair", "--lake", lake)[1] == "nothing to repair\n"


def test_harmless_remains_are_listed_with_status_0(command, lake):
    LakeLayout(lake).grid("abc", "1").mkdir(parents=True)
    status, out, _ = command("verify", "--lake", lake)
    assert status == 0
    assert "sound, 1 harmless remains; looked at" in out


@pytest.mark.parametrize("name", ["repair", "migrate", "prune"])
def test_what_changes_a_lake_needs_the_lock(command, lake, name):
    arguments = ["--keep", "1"] if name == "prune" else []
    with writer_lock(LakeLayout(lake)):
        status, out, err = command(name, *arguments, "--lake", lake)
    assert (status, out) == (4, "")
    assert "being written by process" in err


def test_releases_lists_them(command, two_releases):
    status, out, _ = command("releases", "--lake", two_releases)
    header, first, second = out.splitlines()
    assert status == 0
    assert header.split()[:2] == ["release", "current"]
    assert "current" not in first
    assert second.split()[:2] == ["2", "current"]
    found = json.loads(command("releases", "--lake", two_releases, "--json")[1])
    assert [(each["number"], each["current"]) for each in found] == [(1, False), (2, True)]
    assert [(each["materials"], each["ranked"]) for each in found] == [(2, 2), (3, 3)]


def test_an_older_release_can_be_asked(command, two_releases):
    def asked(*arguments):
        status, out, _ = command(*arguments, "--lake", two_releases, "--json")
        assert status == 0
        return json.loads(out)

    count = "SELECT count(*) AS n FROM materials"
    assert asked("query", count) == [{"n": 3}]
    assert asked("query", count, "--release", "1") == [{"n": 2}]
    assert len(asked("rank")) == 3
    assert {row["material_id"] for row in asked("rank", "--release", "1")} == {"LiF-225", "LiI-225"}
    old = asked("status", "--release", "1")
    assert (old["release"], old["materials"], old["scans"]) == (1, 2, 2)
    assert asked("status")["materials"] == 3
    with ionlake.open_lake(two_releases, release=1) as lake:
        assert lake.release == 1
    for name in (["query", count], ["rank"], ["status"], ["diff", "1"]):
        where = ["7"] if name[0] == "diff" else ["--release", "7"]
        status, out, err = command(*name, *where, "--lake", two_releases)
        assert (status, out) == (1, "")
        assert "has no release 7: its releases are 1, 2" in err


def test_diff_tells_what_came_and_moved(command, two_releases):
    status, out, _ = command("diff", "1", "2", "--lake", two_releases)
    assert status == 0
    assert "release 1 -> 2\n1 came: Li3OCl-221\n" in out
    assert "places changed" in out
    found = json.loads(command("diff", "2", "1", "--lake", two_releases, "--json")[1])
    assert found["went"] == ["Li3OCl-221"]
    gone = next(move for move in found["moved"] if move["material_id"] == "Li3OCl-221")
    assert (gone["reasons"], gone["xi_after"]) == (["withdrawn"], None)
    same = command("diff", "2", "2", "--lake", two_releases)[1]
    assert same == "release 2 -> 2\nnothing changed\n"


def test_prune_drops_after_saying_so(command, lake):
    status, out, _ = command("prune", "--keep", "1", "--dry-run", "--lake", lake)
    assert status == 0
    assert out.startswith("would drop 1 releases, 0 grids, 0 trajectories and 0 kept answers")
    assert "kept releases 2" in out
    found = json.loads(command("prune", "--keep", "1", "--lake", lake, "--json")[1])
    assert (found["releases"], found["kept"]) == ([1], [2])
    assert [path.name for path in (lake / "releases").glob("*.duckdb")] == ["release-000002.duckdb"]
    assert command("verify", "--deep", "--sample", "0", "--lake", lake)[0] == 0


def test_migrate_brings_an_old_lake_up_to_date(command, tmp_path):
    with tarfile.open(FORMAT_1) as packed:
        packed.extractall(tmp_path, filter="data")
    lake = tmp_path / "format-1"
    status, _, err = command("verify", "--lake", lake)
    assert status == 1
    assert "run ionlake migrate" in err
    assert command("query", "FROM candidates", "--lake", lake)[0] == 0
    status, out, _ = command("migrate", "--lake", lake)
    assert status == 0
    assert out.startswith("format 1 -> 2: digests of grids")
    out = command("migrate", "--lake", lake)[1]
    assert out == f"the lake has format {FORMAT_VERSION} already, nothing to migrate\n"
    found = json.loads(command("migrate", "--lake", lake, "--json")[1])
    assert found == {"format_version": FORMAT_VERSION, "steps": []}
    assert command("verify", "--deep", "--lake", lake)[:2] == (
        0,
        (
            "sound; looked at 1 releases, 2 grids, 0 staged blocks, 0 trajectories,"
            " 2 scans recomputed\n"
        ),
    )


def test_a_bar_follows_on_a_terminal_only(command, two_releases, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status, out, _ = command("verify", "--lake", two_releases)
    assert (status, out.splitlines()[-1][:5]) == (0, "sound")


@pytest.mark.parametrize("name", ["releases", "diff", "verify", "repair", "prune", "migrate"])
def test_every_command_has_help_with_examples(command, name):
    status, out, _ = command(name, "--help")
    assert status == 0
    assert f"ionlake {name}" in out.split("Examples:")[1]
