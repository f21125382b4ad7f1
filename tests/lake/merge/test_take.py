"""Lakes that take over from others: files, rows, and what goes wrong on the way."""

import pytest

import ionlake
from ionlake.catalog.merge import merge
from ionlake.errors import LakeError, SettingsError
from ionlake.lake import copying, files, schema
from ionlake.lake.digests import folder_sha256
from ionlake.lake.failures import Failure
from ionlake.lake.grids import open_grid
from ionlake.lake.health import read_health
from ionlake.lake.layout import SUMMARIES, LakeLayout
from ionlake.lake.ledger import Ledger, new_run_id
from ionlake.lake.lock import writer_lock
from ionlake.lake.marker import write_format
from ionlake.lake.writer import open_writer
from ionlake.structures.sources.kept_summaries import (
    Header,
    newest_summaries,
    read_summaries,
    summaries_path,
    write_summaries,
)
from ionlake.structures.sources.selection import Selection
from ionlake.transport.versions import MD_VERSION
from tests.catalog.figures.lakes import SIGMA, put_series
from tests.lake.fake_lake import RUN, descriptor_row, put_material, put_scan, scan_row


@pytest.fixture(autouse=True)
def _unpublished(request, monkeypatch):
    """A release takes longer than all the rest; who reads one asks for `published`."""
    if "published" not in request.fixturenames:
        monkeypatch.setattr("ionlake.catalog.merge.publish", lambda *_args: None)


@pytest.fixture
def published():
    """Merges publish."""


@pytest.fixture
def make(tmp_path):
    """Makes a lake of materials, each with one scan of its own structure."""

    def made(name, *materials, **changes):
        with open_writer(tmp_path / name, create=True) as writer:
            writer.ledger.start_run(f"{RUN}-{name}", "mine", {}, {})
            for material in materials:
                put_material(writer, material, f"s-{material}", **changes)
                put_scan(writer, f"s-{material}")
                writer.ledger.select("mine", [material])
        return tmp_path / name

    return made


@pytest.fixture
def joined(tmp_path):
    return tmp_path / "joined"


def all_rows(lake, *tables):
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        return {table.name: list(ledger.rows(table)) for table in tables or schema.LEDGER_TABLES}


def materials_of(lake):
    """Those whose structure is described."""
    rows = all_rows(lake, schema.MATERIALS, schema.SCANS, schema.DESCRIPTOR_VALUES)
    described = {row["scan_id"] for row in rows["descriptor_values"]}
    done = {row["structure_id"] for row in rows["scans"] if row["scan_id"] in described}
    return {row["material_id"] for row in rows["materials"] if row["structure_id"] in done}


def grid_folders(lake):
    return [lake / row["grid_path"] for row in all_rows(lake, schema.SCANS)["scans"]]


def test_a_lake_takes_over_all_that_two_others_have(make, joined, published):
    one, other = make("one", "a", "b"), make("other", "b", "c")
    done = merge([one, other], joined)
    assert done.complete
    assert (done.release, [each.scans for each in done.taken]) == (1, [2, 1])
    assert materials_of(joined) == {"a", "b", "c"}
    rows = all_rows(joined)
    assert len(rows["mobile_ions"]) == 6
    assert [row["material_id"] for row in rows["selections"]] == ["a", "b", "c"]
    assert [row["recipe"] for row in rows["runs"]] == ["mine", "mine", schema.MERGE]
    with ionlake.open_lake(joined) as opened:
        assert len(opened.query("FROM candidates")) == 3
        assert opened.grid("c").load().sizes["a"] == 4
    assert merge([one, other], joined).release == 1


def test_the_same_again_does_nothing(make, joined):
    lakes = [make("one", "a"), make("other", "b")]
    merge(lakes, joined)
    before = all_rows(joined)
    done = merge(lakes, joined)
    assert done.complete
    assert all_rows(joined) == before


def test_later_work_of_the_same_lake_is_added(make, joined):
    lake = make("one", "a")
    merge([lake], joined)
    make("one", "b")
    (taken,) = merge([lake], joined).taken
    assert (taken.materials, taken.scans, taken.descriptions) == (1, 1, 1)
    assert materials_of(joined) == {"a", "b"}


def test_grids_are_links_that_outlive_the_lake_they_come_from(make, joined):
    lake = make("one", "a")
    (taken,) = merge([lake], joined).taken
    assert taken.linked == 1
    (folder,) = grid_folders(joined)
    assert all(path.stat().st_nlink == 2 for path in folder.rglob("*") if path.is_file())
    files.remove_tree(lake)
    assert open_grid(folder).energy.notnull().any()


def test_where_there_can_be_no_links_grids_are_copied(make, joined, monkeypatch):
    def across_devices(source, target):
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(copying.os, "link", across_devices)
    (taken,) = merge([make("one", "a")], joined).taken
    assert (taken.scans, taken.linked) == (1, 0)
    (folder,) = grid_folders(joined)
    assert all(path.stat().st_nlink == 1 for path in folder.rglob("*") if path.is_file())
    assert open_grid(folder).energy.notnull().any()


@pytest.mark.parametrize("linked", [True, False])
def test_a_damaged_grid_is_left_out_and_told(make, joined, monkeypatch, linked):
    lake = make("one", "a", "b")
    broken = grid_folders(lake)[0]
    (broken / "zarr.json").write_text("{}")
    if not linked:
        monkeypatch.setattr(copying, "is_remote", lambda _path: True)
    done = merge([lake], joined)
    assert not done.complete
    (taken,) = done.taken
    assert taken.scans == 1
    assert str(broken) in taken.damaged[0]
    assert "ionlake repair" in taken.damaged[0]
    assert len(materials_of(joined)) == 1
    assert len(all_rows(joined, schema.MATERIALS)["materials"]) == 2


def test_a_lake_that_is_being_written_is_passed_over(make, joined):
    busy, other = make("busy", "a"), make("other", "b")
    with writer_lock(LakeLayout(busy)):
        done = merge([busy, other], joined)
    (refused,) = done.refused
    assert refused.locked
    assert "is being written by process" in refused.reason
    assert materials_of(joined) == {"b"}
    assert merge([busy, other], joined).complete
    assert materials_of(joined) == {"a", "b"}


def test_a_lake_with_other_crystals_under_the_same_name_is_passed_over(make, joined, tmp_path):
    ours, other = make("ours", "a"), make("other", "b")
    with open_writer(tmp_path / "theirs", create=True) as writer:
        put_material(writer, "a", "s-elsewhere")
        put_scan(writer, "s-elsewhere")
    done = merge([ours, tmp_path / "theirs", other], joined)
    (refused,) = done.refused
    assert not refused.locked
    assert refused.reason.startswith("a have other structures there than here")
    assert materials_of(joined) == {"a", "b"}
    rows = all_rows(joined, schema.MATERIALS, schema.SCANS)
    assert {row["structure_id"] for row in rows["materials"]} == {"s-a", "s-b"}
    assert len(rows["scans"]) == 2


def test_an_older_format_is_refused_before_anything_is_done(make, joined):
    old = make("old", "a")
    write_format(LakeLayout(old), 2)
    with pytest.raises(LakeError, match=r"has format 2.*run ionlake migrate"):
        merge([make("new", "b"), old], joined)
    assert not joined.exists()


def test_a_lake_does_not_take_over_from_itself(make):
    lake = make("one", "a")
    with pytest.raises(SettingsError, match="from itself"):
        merge([lake], lake)


def test_a_merge_that_is_cut_off_goes_on(make, joined, monkeypatch):
    lake, real = make("one", "a", "b", "c"), copying.copy_folder
    copied = []

    def copy(source, target, digest):
        if len(copied) == 2:
            raise KeyboardInterrupt
        copied.append(target)
        return real(source, target, digest)

    monkeypatch.setattr("ionlake.lake.merge.merging.copy_folder", copy)
    monkeypatch.setattr("ionlake.lake.merge.merging._TOGETHER", 1)
    assert merge([lake], joined).interrupted
    assert len(materials_of(joined)) == 2
    monkeypatch.setattr("ionlake.lake.merge.merging.copy_folder", real)
    done = merge([lake], joined)
    assert [each.scans for each in done.taken] == [1]
    assert materials_of(joined) == {"a", "b", "c"}


def test_a_disk_that_is_full_ends_the_merge(make, joined, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    lake = make("one", "a")
    monkeypatch.setattr(copying.files, "write_tree", full)
    monkeypatch.setattr(copying, "_link", lambda *_args: False)
    with pytest.raises(LakeError, match=r"No space left on device.*merge again"):
        merge([lake], joined)


def test_failures_and_tombstones_come_along_and_nothing_is_taken_out(make, joined):
    ours, theirs = make("ours", "a"), make("theirs", "a", "b", "c")
    with open_writer(theirs) as writer:
        tombstone = {"source": "s", "reason": "gone", "run_id": "later"}
        for name in ("a", "b"):
            gone = {"material_id": name, "structure_id": f"s-{name}", "gone_at": None}
            writer.ledger.bury([tombstone | gone])
        writer.ledger.record_failure(Failure("d", "read", "CifError", "no crystal", RUN))
    merge([ours, theirs], joined)
    rows = all_rows(joined, schema.TOMBSTONES, schema.FAILURES)
    assert [row["material_id"] for row in rows["tombstones"]] == ["b"]
    assert [row["material_id"] for row in rows["failures"]] == ["d"]


def look(lake, *materials, found=()):
    """A run that finds so many materials to do and does some of them."""
    with open_writer(lake) as writer:
        run_id = new_run_id()
        writer.ledger.start_run(run_id, "mine", {}, {})
        writer.ledger.note_plan(run_id, to_do=len(materials), quarantined=0, gone=0)
        ids = {name: descriptor_row(scan_row(f"s-{name}")["scan_id"]) for name in materials}
        to_do = [(name, "p-toy", each["descriptor_id"]) for name, each in ids.items()]
        writer.ledger.note_to_do(run_id, to_do)
        for name in found:
            put_material(writer, name, f"s-{name}")
            put_scan(writer, f"s-{name}")


def pending(lake):
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        return read_health(ledger, writing=False).pending


def test_what_waits_in_several_lakes_waits_in_the_one(make, joined):
    lakes = [make("one"), make("other")]
    look(lakes[0], "a", "b", "c", found=["a"])
    look(lakes[1], "d", "e")
    merge(lakes, joined)
    assert pending(joined) == 4
    look(lakes[0], "b", "c", found=["b"])
    merge(lakes, joined)
    merge(lakes[:1], joined)
    assert pending(joined) == 3
    merge([joined], joined.with_name("all"))
    assert pending(joined.with_name("all")) == 3
    look(joined, "c", found=["c"])
    merge(lakes, joined)
    assert pending(joined) == 0


LI = Selection("Li")


def keep(lake, version, day, selection=LI):
    """An answer of that day, of a database of that version; returns its path."""
    folder = LakeLayout(lake).summaries("materials_project")
    header = Header(version, selection, 1, f"2026-01-0{day}T00:00:00+00:00")
    path = summaries_path(folder, version, selection)
    write_summaries(path, header, [{"material_id": f"mp-{day}"}])
    return path


def kept(lake):
    """What the newest answer to the question says."""
    folder = LakeLayout(lake).summaries("materials_project")
    return list(read_summaries(newest_summaries(folder, LI)))


def test_the_newest_answers_of_databases_come_along(make, joined):
    one, other = make("one", "a"), make("other", "b")
    keep(one, "2026.1", 1)
    keep(one, "2026.2", 2)
    keep(other, "2026.2", 3)
    keep(other, "2026.1", 1, Selection("Na"))
    done = merge([one, other], joined)
    assert [each.summaries for each in done.taken] == [1, 2]
    assert kept(joined) == [{"material_id": "mp-3"}]
    assert len(list(joined.glob(SUMMARIES))) == 2
    assert [each.summaries for each in merge([other, one], joined).taken] == [0, 0]
    keep(joined, "2026.3", 5)
    keep(one, "2026.4", 4)
    merge([one], joined)
    assert kept(joined) == [{"material_id": "mp-5"}]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_answers_are_left_out_and_told(make, joined, damage):
    lake = make("one", "a")
    path = keep(lake, "2026.1", 1)
    good = path.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 255]) + good[middle + 1 :]
    path.write_bytes({"cut": good[:-9], "flipped": flipped}[damage])
    done = merge([lake], joined)
    (taken,) = done.taken
    assert (taken.scans, taken.summaries) == (1, 0)
    assert f"{path} are damaged" in taken.damaged[0]
    assert not done.complete
    assert not list(joined.glob(SUMMARIES))


def test_a_lake_that_may_only_be_read_is_taken_over_unless_it_is_written(make, joined, monkeypatch):
    lake = make("one", "a")
    monkeypatch.setattr("ionlake.lake.merge.take.os.access", lambda *_args: False)
    assert merge([lake], joined).complete
    with writer_lock(LakeLayout(lake)):
        assert merge([lake], joined).refused[0].locked


@pytest.fixture
def with_dynamics(make):
    """A lake with runs of dynamics, each with a folder of its own, and with labels."""
    lake = make("dynamics", "a", "b")
    label = dict.fromkeys(schema.LABELS.column_names) | {"label_set": "made", "row_key": "1"}
    with open_writer(lake) as writer:
        writer.ledger.take_rows(schema.LABELS, [label, label | {"row_key": "2"}])
        for structure, sigma in zip(("s-a", "s-b"), SIGMA.values(), strict=True):
            put_series(writer.ledger, structure, sigma, "top")
        for row in list(writer.ledger.rows(schema.MD_RUNS)):
            folder = writer.layout.trajectory(row["md_run_id"], "1")
            files.write_tree(folder, {"zarr.json": row["md_run_id"].encode()})
            path, digest = writer.layout.relative(folder), folder_sha256(folder)
            changes = {"trajectory_path": path, "trajectory_sha256": digest}
            writer.ledger.take_rows(schema.MD_RUNS, [row | changes | {"md_version": MD_VERSION}])
    return lake


DYNAMICS = (schema.MD_RUNS, schema.DIFFUSIVITIES, schema.CONDUCTIVITIES, schema.LABELS)


def test_dynamics_and_labels_come_along(with_dynamics, joined):
    (taken,) = merge([with_dynamics], joined).taken
    assert (taken.md_runs, taken.labels) == (6, 2)
    ours, theirs = all_rows(joined, *DYNAMICS), all_rows(with_dynamics, *DYNAMICS)
    for row, other in zip(ours["md_runs"], theirs["md_runs"], strict=True):
        there = joined / row.pop("trajectory_path")
        assert (there / "zarr.json").read_text() == row["md_run_id"]
        other.pop("trajectory_path")
    assert ours == theirs


def test_a_fit_to_a_damaged_trajectory_is_left_out_with_it(with_dynamics, joined):
    broken = all_rows(with_dynamics, schema.MD_RUNS)["md_runs"][0]
    (with_dynamics / broken["trajectory_path"] / "zarr.json").unlink()
    (taken,) = merge([with_dynamics], joined).taken
    assert (taken.md_runs, len(taken.damaged)) == (5, 1)
    (fit,) = all_rows(joined, schema.CONDUCTIVITIES)["conductivities"]
    assert fit["md_series_id"] != broken["md_series_id"]
