import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.catalog.upkeep import prune
from ionlake.errors import LakeError, SettingsError
from ionlake.lake import schema
from ionlake.lake.digests import digest_file
from ionlake.lake.history import list_releases
from ionlake.lake.lock import LakeLockedError, writer_lock
from ionlake.lake.prune import kept_releases, replaced_summaries, unnamed
from ionlake.lake.writer import open_writer
from ionlake.structures.sources.kept_summaries import Header, summaries_path, write_summaries
from ionlake.structures.sources.selection import Selection
from tests.lake.fake_lake import put_material, put_scan


@pytest.fixture
def layout(tmp_path):
    """Four releases; each adds a scan, and the ledger holds the scans of 2, 3 and 4 only."""
    with open_writer(tmp_path / "lake", create=True) as writer:
        for number in range(1, 5):
            put_material(writer, f"mp-{number}", f"s-{number}")
            scan = put_scan(writer, f"s-{number}")
            publish(writer.layout, writer.ledger)
            if number == 1:
                writer.ledger.withdraw(scan["scan_id"])
        return writer.layout


def grids(layout):
    return {layout.relative(path) for path in layout.root.glob("grids/*/*")}


def grids_of(layout, number):
    with ionlake.open_lake(layout.root, release=number) as lake:
        return set(lake.query("SELECT grid_path FROM scans").grid_path)


def test_releases_are_listed_with_what_they_hold(layout):
    layout.release(3).write_bytes(b"damaged")
    listed = list_releases(layout)
    assert [each.number for each in listed] == [1, 2, 3, 4]
    assert [each.current for each in listed] == [False, False, False, True]
    assert [each.materials for each in listed] == [1, 2, None, 4]
    assert [each.ranked for each in listed] == [1, 1, None, 3]
    assert listed[0].size_bytes == layout.release(1).stat().st_size
    assert listed[0].created_at < listed[3].created_at
    assert "release-000003.duckdb cannot be opened" in listed[2].error


def test_pruning_drops_releases_and_the_grids_only_they_name(layout):
    (lost,) = grids_of(layout, 1)
    before = grids(layout)
    would = prune(layout.root, 2, dry_run=True)
    assert grids(layout) == before
    assert layout.release(1).exists()
    assert prune(layout.root, 2) == would
    assert (would.releases, would.grids, would.kept) == ((1, 2), (lost,), (3, 4))
    assert would.freed_bytes > 2 * 10**5
    assert grids(layout) == before - {lost}
    assert not digest_file(layout.release(1)).exists()
    for number in would.kept:
        assert grids_of(layout, number) <= grids(layout)
    assert prune(layout.root, 2).releases == ()


def test_what_a_kept_release_names_stays(layout):
    before = grids(layout)
    assert prune(layout.root, 4).grids == ()
    with open_writer(layout.root) as writer:
        for scan in list(writer.ledger.rows(schema.SCANS)):
            writer.ledger.withdraw(scan["scan_id"])
    assert len(prune(layout.root, 1).grids) == 1
    assert len(before - grids(layout)) == 1
    assert grids_of(layout, 4) == grids(layout)


def test_a_damaged_release_that_stays_stops_the_pruning(layout):
    layout.release(3).write_bytes(b"damaged")
    before = grids(layout)
    with pytest.raises(LakeError, match=r"release 3 cannot be read.*run ionlake repair first"):
        prune(layout.root, 2)
    assert grids(layout) == before
    assert prune(layout.root, 1).releases == (1, 2, 3)


def test_pruning_needs_the_lock(layout):
    with writer_lock(layout), pytest.raises(LakeLockedError):
        prune(layout.root, 1)


def test_the_current_release_stays_whatever_its_number():
    assert kept_releases([1, 2, 3], 1, 1) == (1, 3)
    assert kept_releases([1, 2, 3], None, 2) == (2, 3)
    assert kept_releases([], None, 2) == ()
    with pytest.raises(SettingsError, match="keep is 0"):
        kept_releases([1], 1, 0)


def test_grids_nobody_names():
    assert unnamed({"a", "b", "c", "d"}, {"a"}, [{"b"}, {"c", "e"}]) == ("d",)


def test_trajectories_nobody_names_go(layout):
    lost = layout.root / "trajectories" / "gone-1.zarr"
    lost.mkdir(parents=True)
    (lost / "zarr.json").write_text("{}")
    would = prune(layout.root, 4)
    assert (would.trajectories, would.freed_bytes) == (("trajectories/gone-1.zarr",), 2)
    assert not lost.exists()


def test_answers_that_a_newer_one_replaces_go(layout):
    folder = layout.summaries("materials_project")
    selection = Selection("Li")
    for version in ("2025.1", "2025.2"):
        header = Header(version, selection, 1, f"{version[:4]}-0{version[-1]}-01T00:00:00+00:00")
        write_summaries(summaries_path(folder, version, selection), header, [{"id": version}])
    damaged = folder / "2025.1" / "other.jsonl.gz"
    damaged.write_bytes(b"damaged")
    old = summaries_path(folder, "2025.1", selection)
    assert prune(layout.root, 4).summaries == (layout.relative(old),)
    assert not old.exists()
    assert damaged.exists()


def test_only_the_same_question_to_the_same_source_is_replaced():
    fetched = {"s/a/1/q": "2025", "s/a/2/q": "2026", "s/a/1/r": "2024", "s/b/1/q": "2024"}
    assert replaced_summaries(fetched) == ("s/a/1/q",)
