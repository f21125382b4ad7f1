"""``ionlake merge``: what it says and how it ends."""

import json

import pytest

from ionlake.lake.layout import LakeLayout
from ionlake.lake.lock import writer_lock
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan


@pytest.fixture
def shards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        with open_writer(tmp_path / name, create=True) as writer:
            put_material(writer, name, f"s-{name}")
            scan = put_scan(writer, f"s-{name}")
    return tmp_path, scan


def test_it_says_what_was_taken_over(command, shards):
    status, out, _ = command("merge", "a", "b", "--lake", "all")
    assert status == 0
    assert len(out.splitlines()) == 4
    assert out.splitlines()[-1] == "release 1 of all"
    _, out, _ = command("merge", "a", "b", "--lake", "all", "--json")
    told = json.loads(out)
    assert (told["complete"], told["release"]) == (True, 1)
    assert [each["scans"] for each in told["taken"]] == [0, 0]


def test_a_lake_that_is_being_written_is_status_4(command, shards):
    folder, _ = shards
    with writer_lock(LakeLayout(folder / "a")):
        status, out, err = command("merge", "a", "b", "--lake", "all")
    assert status == 4
    assert "release 1 of all" in out
    assert "passed over " in err
    assert "is being written by process" in err


def test_a_damaged_grid_is_status_1(command, shards):
    folder, scan = shards
    (folder / "b" / scan["grid_path"] / "zarr.json").write_text("{}")
    status, _, err = command("merge", "a", "b", "--lake", "all")
    assert status == 1
    assert "left out: " in err
    assert "ionlake repair --deep" in err


def test_a_folder_that_is_no_lake_is_one_line(command, shards):
    status, _, err = command("merge", "a", "nowhere", "--lake", "all")
    assert status == 1
    assert err.startswith("ionlake: no lake at ")
    assert len(err.splitlines()) == 1
