"""Reading a lake in a store: from fresh processes, and by as few requests as it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError
from ionlake.lake.digests import file_sha256
from ionlake.lake.location import cache_folder
from ionlake.lake.marker import find_lake
from ionlake.lake.writer import open_writer
from tests.catalog.test_intake import LOOK, SEEN
from tests.lake.fake_lake import grid, put_material
from tests.lake.objects.conftest import store

ROOT = Path(__file__).parents[3]

READ = """
import sys
import ionlake
with ionlake.open_lake() as lake:
    print(lake.path, lake.release, sorted(lake.query("FROM candidates").material_id))
    grid = lake.grid("mp-1")
    print(dict(grid.sizes), float(grid.energy.sel(mobile_ion=1, a=0.5, b=0.8, c=0.5)))
"""


def fresh(code, *arguments):
    command = [sys.executable, "-W", "error::UserWarning", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_fresh_process_reads_rows_and_a_grid(published, environment):
    environment.setenv("PYTHONPATH", str(ROOT))
    environment.setenv("IONLAKE_LAKE", published)
    value = float(grid(seed=1).energy[1, 2, 4, 3])
    sizes = {"mobile_ion": 2, "a": 4, "b": 5, "c": 6}
    assert fresh(READ) == f"{published} 1 ['mp-1', 'mp-2']\n{sizes} {value}\n"


def test_intake_alone_opens_the_catalog_in_a_fresh_process(published, environment):
    environment.setenv("PYTHONPATH", str(ROOT))
    assert fresh(LOOK, f"{published}/catalog.yaml") == SEEN


def test_the_catalog_of_an_open_lake_names_its_release(published):
    with ionlake.open_lake(published) as opened:
        catalog = opened.catalog()
        assert catalog.metadata["release"] == 1
        assert catalog["rankings"].read().equals(opened.query("FROM rankings"))
        assert catalog["candidates"].metadata["columns"]


def test_a_release_is_fetched_once_and_stays_good(published, requests, another_machine):
    another_machine()
    fetched = f"GET {published.removeprefix('s3:/')}/releases/release-000001.duckdb"
    for expected in (1, 1):
        ionlake.open_lake(published).close()
        assert requests.count(fetched) == expected
    (copy,) = (cache_folder() / "releases").iterdir()
    assert copy.stem == file_sha256(copy)


def test_a_fetched_release_that_is_not_the_published_one_is_refused(lake, another_machine):
    another_machine()
    path = f"{lake}/releases/release-000001.duckdb"
    content = bytearray(store().cat_file(path))
    content[len(content) // 2] ^= 1
    store().pipe_file(path, bytes(content))
    with pytest.raises(LakeError, match=r"is not the file that was published \(SHA-256\).*restore"):
        ionlake.open_lake(lake)
    assert list((cache_folder() / "releases").iterdir()) == []


def test_a_release_without_its_digest_or_itself_is_refused(lake, another_machine):
    another_machine()
    store().rm_file(f"{lake}/releases/release-000001.duckdb")
    with pytest.raises(LakeError, match=r"release-000001\.duckdb is not there: publish again"):
        ionlake.open_lake(lake)
    store().rm_file(f"{lake}/releases/release-000001.duckdb.sha256")
    with pytest.raises(LakeError, match="has no SHA-256 beside it"):
        ionlake.open_lake(lake)


def test_values_of_a_grid_are_fetched_when_they_are_used(published, requests):
    with ionlake.open_lake(published) as opened:
        found = opened.grid("mp-1")
        assert not [line for line in requests if "zarr/energy/c/" in line]
        found.energy.load()
        assert [line for line in requests if "zarr/energy/c/" in line]
        assert not [line for line in requests if "zarr/status/c/" in line]


def test_a_newer_release_is_seen_when_a_lake_is_opened_again(lake, requests):
    with ionlake.open_lake(lake) as before:
        requests.clear()
        with open_writer(lake) as writer:
            put_material(writer, "mp-3", "s-3")
            assert publish(writer.layout, writer.ledger).number == 2
        with ionlake.open_lake(lake) as after, ionlake.open_lake(lake, release=1) as earlier:
            counts = [len(each.query("FROM materials")) for each in (before, after, earlier)]
    assert counts == [2, 3, 2]
    # The writer keeps what it has built, so that nothing is fetched on its machine.
    gets = [line for line in requests if line.startswith("GET")]
    assert len(gets) > 3
    assert not [line for line in gets if "release-000002.duckdb" in line and "sha256" not in line]


def test_a_release_that_was_never_made_is_named_with_those_there_are(published):
    with pytest.raises(LakeError, match="has no release 7: its releases are 1"):
        ionlake.open_lake(published, release=7)


def test_a_store_copied_into_a_folder_is_a_lake_for_readers(published, tmp_path):
    store().get(published, str(tmp_path / "copy"), recursive=True)
    with ionlake.open_lake(tmp_path / "copy") as copy, ionlake.open_lake(published) as opened:
        assert copy.query("FROM candidates").equals(opened.query("FROM candidates"))
        assert copy.grid("mp-2").identical(opened.grid("mp-2"))
        assert len(copy.catalog()["candidates"].read()) == 2
    assert find_lake(tmp_path / "copy").home == tmp_path / "copy"
