"""Checking, repairing and pruning a lake in a store."""

from dataclasses import asdict

import numpy as np
import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.catalog.upkeep import prune, repair
from ionlake.lake import schema
from ionlake.lake.history import list_releases
from ionlake.lake.integrity.findings import Kind
from ionlake.lake.integrity.repair import Verb
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.marker import find_lake, write_format
from ionlake.lake.migrations import migrate_lake
from ionlake.lake.progress import unfollowed
from ionlake.lake.staging import write_block
from ionlake.lake.writer import open_writer
from tests.lake.objects.conftest import moved, names_in, store
from tests.lake.real_lake import CRYSTALS, make_lake, put_crystal

DEEP = Depth(deep=True)


@pytest.fixture(scope="module")
def original(new_url):
    url = new_url()
    make_lake(url)
    return url


@pytest.fixture
def real(original, url):
    """URL of a lake with two real crystals and one release."""
    return moved(original, url)


def grid_paths(url):
    with open_writer(url) as writer:
        return [row["grid_path"] for row in writer.ledger.rows(schema.SCANS)]


def flip_a_byte(path):
    content = bytearray(store().cat_file(path))
    content[len(content) // 2] ^= 1
    store().pipe_file(path, bytes(content))


def kinds(report):
    return [found.kind for found in report.findings]


def test_a_flipped_byte_of_a_grid_is_found_and_the_grid_computed_again(real):
    path = grid_paths(real)[0]
    flip_a_byte(f"{real}/{path}/energy/zarr.json")
    layout = find_lake(real)
    (found,) = verify_lake(layout, DEEP).findings
    assert (found.kind, found.where) == (Kind.GRID_DAMAGED, path)
    done = repair(real, DEEP)
    assert [deed.verb for deed in done.deeds] == [Verb.WITHDRAW_SCAN]
    with open_writer(real) as writer:
        assert writer.ledger.count(schema.SCANS) == 1
        for crystal in CRYSTALS:
            put_crystal(writer, crystal)
        publish(writer.layout, writer.ledger)
    assert path not in grid_paths(real)
    prune(real, 1)
    assert not [name for name in names_in(real) if name.startswith(path)]
    assert verify_lake(layout, DEEP).findings == ()


def test_a_lost_grid_and_lost_numbers_show_in_the_listing(real, requests):
    one, other = grid_paths(real)
    store().rm(f"{real}/{one}", recursive=True)
    store().rm(f"{real}/{other}/status/c", recursive=True)
    requests.clear()
    assert kinds(verify_lake(find_lake(real))) == [Kind.GRID_LOST, Kind.GRID_DAMAGED]
    assert not [line for line in requests if other in line]


def test_what_killed_workers_left_goes_to_the_trash(real):
    layout = find_lake(real)
    write_block(layout.staged_block("0123", 0, 0, "dead"), np.arange(9.0))
    store().pipe_file(f"{real}/grids/ab/ab-dead.zarr/zarr.json", b"{")
    assert kinds(verify_lake(layout)) == [Kind.ORPHAN, Kind.ORPHAN]
    before = len(names_in(real))
    trash = repair(real).trash
    left = names_in(real)
    assert f"{trash}/grids/ab/ab-dead.zarr/zarr.json" in left
    assert not [name for name in left if name.startswith("staging")]
    assert len(left) == before
    assert verify_lake(layout).findings == ()


def test_a_damaged_release_is_found_in_the_store_and_set_aside(real):
    flip_a_byte(f"{real}/releases/release-000001.duckdb")
    layout = find_lake(real)
    assert verify_lake(layout).findings == ()  # the copy on this machine is good
    assert Kind.RELEASE_DAMAGED in kinds(verify_lake(layout, DEEP))
    trash = repair(real, DEEP).trash
    assert f"{trash}/releases/release-000001.duckdb" in names_in(real)
    with ionlake.open_lake(real) as lake:
        assert (lake.release, len(lake.query("FROM candidates"))) == (2, 2)
    assert verify_lake(layout, DEEP).findings == ()


def test_a_broken_pointer_and_a_lost_catalog_are_mended(real):
    store().pipe_file(f"{real}/CURRENT", b"nonsense")
    store().rm_file(f"{real}/catalog.yaml")
    layout = find_lake(real)
    assert kinds(verify_lake(layout)) == [Kind.CURRENT_BROKEN]
    repair(real)
    assert verify_lake(layout).findings == ()
    with ionlake.open_lake(real) as lake:
        assert list(lake.catalog())


def test_old_releases_and_what_only_they_name_are_dropped(real):
    (dropped, _) = paths = grid_paths(real)
    with open_writer(real) as writer:
        rows = {row["grid_path"]: row["scan_id"] for row in writer.ledger.rows(schema.SCANS)}
        writer.ledger.withdraw(rows[dropped])
        publish(writer.layout, writer.ledger)
    layout = find_lake(real)
    assert [each.number for each in list_releases(layout)] == [1, 2]
    foreseen = prune(real, 1, dry_run=True)
    assert foreseen.freed_bytes > list_releases(layout)[0].size_bytes
    assert asdict(prune(real, 1)) == asdict(foreseen)
    assert (foreseen.releases, foreseen.grids) == ((1,), (dropped,))
    grids = {"/".join(name.split("/")[:3]) for name in names_in(real) if name.startswith("grids/")}
    assert grids == set(paths) - {dropped}
    assert verify_lake(layout, DEEP).findings == ()


def test_a_lake_of_the_format_before_is_migrated(real):
    layout = find_lake(real)
    store().rm_file(f"{real}/releases/release-000001.duckdb.sha256")
    with open_writer(real) as writer:
        before = {row["scan_id"]: row["grid_sha256"] for row in writer.ledger.rows(schema.SCANS)}
        for row in list(writer.ledger.rows(schema.SCANS)):
            writer.ledger.commit_scan(row | {"grid_sha256": None})
    write_format(layout, 1)
    assert [step.start for step in migrate_lake(layout, unfollowed)] == [1, 2]
    with open_writer(real) as writer:
        after = {row["scan_id"]: row["grid_sha256"] for row in writer.ledger.rows(schema.SCANS)}
    assert after == before
    assert verify_lake(layout, DEEP).findings == ()
