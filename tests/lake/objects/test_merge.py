"""Lakes in a store that take over from others, and from which others take over."""

import pytest

import ionlake
from ionlake.catalog.merge import merge
from ionlake.catalog.publish import publish
from ionlake.lake import files
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.marker import find_lake
from ionlake.lake.writer import open_writer
from ionlake.structures.sources.kept_summaries import (
    Header,
    newest_summaries,
    read_summaries,
    summaries_path,
    write_summaries,
)
from ionlake.structures.sources.selection import Selection
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.objects.conftest import sound, store

LI = Selection("Li")


def make_shard(place, name, seed):
    """A lake of one material, with an answer of its database, as a run leaves it."""
    with open_writer(place, create=True) as writer:
        put_material(writer, name, f"s-{name}")
        put_scan(writer, f"s-{name}", seed=seed)
        folder = writer.layout.summaries("materials_project")
        header = Header("2026.1", LI, 1, f"2026-01-0{seed}T00:00:00+00:00")
        write_summaries(summaries_path(folder, "2026.1", LI), header, [{"material_id": name}])
        publish(writer.layout, writer.ledger)
    return place


def holds_all_of(lake, *shards):
    """Whether a lake holds the materials of some others with their grids, and the last answer."""
    folder = find_lake(lake).summaries("materials_project")
    answer = list(read_summaries(newest_summaries(folder, LI)))
    with ionlake.open_lake(lake) as ours:
        names = set(ours.query("SELECT material_id FROM candidates").material_id)
        same = []
        for shard in shards:
            with ionlake.open_lake(shard) as theirs:
                (name,) = theirs.query("SELECT material_id FROM candidates").material_id
                same.append(ours.grid(name).load().equals(theirs.grid(name).load()))
    return len(names) == len(shards) and all(same) and answer == [{"material_id": name}]


def test_a_lake_in_a_store_takes_over_from_folders(url, tmp_path):
    shards = [make_shard(tmp_path / name, name, seed) for seed, name in ((1, "a"), (2, "b"))]
    done = merge(shards, url)
    assert done.complete
    assert (done.release, [each.linked for each in done.taken]) == (1, [0, 0])
    assert holds_all_of(url, *shards)
    assert sound(verify_lake(find_lake(url), Depth(deep=True)))
    again = merge(shards, url)
    assert (again.release, [each.scans for each in again.taken]) == (1, [0, 0])


@pytest.mark.parametrize("into_store", [True, False])
def test_lakes_in_a_store_are_taken_over_from_another_machine(
    new_url, url, tmp_path, another_machine, into_store
):
    shards = [make_shard(new_url(), name, seed) for seed, name in ((1, "a"), (2, "b"))]
    another_machine()
    target = url if into_store else tmp_path / "lake"
    assert merge(shards, target).complete
    assert holds_all_of(target, *shards)
    assert sound(verify_lake(find_lake(target), Depth(deep=True)))


def test_a_damaged_grid_of_a_lake_in_a_store_is_left_out(lake, tmp_path):
    path = next(key for key in store().find(f"{lake}/grids") if key.endswith("zarr.json"))
    store().pipe_file(path, b"{}")
    (taken,) = merge([lake], tmp_path / "lake").taken
    assert (taken.scans, len(taken.damaged)) == (1, 1)
    assert "ionlake repair --deep" in taken.damaged[0]


def test_a_grid_that_cannot_be_read_is_no_trouble_of_the_store(url, tmp_path, monkeypatch):
    def unreadable(_folder):
        raise PermissionError(13, "Permission denied")

    shard = make_shard(tmp_path / "a", "a", 1)
    monkeypatch.setattr(files, "read_tree", unreadable)
    (taken,) = merge([shard], url).taken
    assert (taken.materials, taken.scans) == (1, 0)
    assert f"{shard}/grids/" in taken.damaged[0]
