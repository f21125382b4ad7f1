"""Repairs mend what can be mended, delete nothing, and leave a note."""

import json
import shutil
from dataclasses import replace

import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.catalog.upkeep import repair
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.digests import digest_file
from ionlake.lake.integrity.findings import Kind, finding
from ionlake.lake.integrity.repair import RECIPE, Deed, Verb, plan_repair
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.lock import LakeLockedError, writer_lock
from ionlake.lake.release import current_release
from ionlake.lake.writer import open_writer
from tests.lake.real_lake import put_crystal

DEEP = Depth(deep=True, sample=10, seed=0)


def files(layout):
    return {layout.relative(p): p.read_bytes() for p in layout.root.rglob("*") if p.is_file()}


def verbs(done):
    return [deed.verb for deed in done.deeds]


def damage(folder):
    (numbers,) = (folder / "energy").rglob("c/0/0/0/0")
    content = bytearray(numbers.read_bytes())
    content[10] ^= 1
    numbers.write_bytes(content)


def test_a_sound_lake_needs_nothing(layout):
    done = repair(layout.root, DEEP)
    assert (done.deeds, done.trash) == ((), None)
    with open_writer(layout.root) as writer:
        assert list(writer.ledger.rows(schema.RUNS)) == []
    assert not layout.trash.exists()


def test_a_dry_run_changes_nothing(layout, grid_folders):
    shutil.rmtree(grid_folders["LiF-225"])
    shutil.copytree(grid_folders["LiI-225"], layout.grid("abc", "1"))
    before = files(layout)
    done = repair(layout.root, dry_run=True)
    assert verbs(done) == [Verb.WITHDRAW_SCAN, Verb.MOVE_TO_TRASH]
    after = files(layout)
    ledger = {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"}
    assert {k: v for k, v in after.items() if k not in ledger} == {
        k: v for k, v in before.items() if k not in ledger
    }
    assert len(verify_lake(layout).findings) == 2


@pytest.mark.parametrize("lost", [True, False])
def test_a_scan_without_its_grid_is_withdrawn_and_computed_again(layout, grid_folders, lost):
    folder = grid_folders["LiF-225"]
    shutil.rmtree(folder) if lost else damage(folder)
    done = repair(layout.root, DEEP)
    (deed,) = done.deeds
    assert deed.verb is Verb.WITHDRAW_SCAN
    assert folder.exists() is not lost  # release 1 names it
    with open_writer(layout.root) as writer:
        assert deed.scan_id not in writer.ledger.finished_scans()
        for table in (schema.SCANS, schema.DESCRIPTOR_VALUES, schema.MOBILE_IONS):
            assert list(writer.ledger.rows(table, scan_id=deed.scan_id)) == []
        assert put_crystal(writer, "LiF-225")["scan_id"] == deed.scan_id
        publish(layout, writer.ledger)
    with ionlake.open_lake(layout.root) as lake:
        assert lake.grid("LiF-225").energy.load().min() == 0
    (left,) = verify_lake(layout, DEEP).findings
    assert (left.in_ledger, left.releases) == (False, (1,))
    assert plan_repair([left], []) == ()


def test_a_repair_is_noted_in_a_row(layout, grid_folders):
    shutil.rmtree(grid_folders["LiF-225"])
    (deed,) = repair(layout.root).deeds
    with open_writer(layout.root) as writer:
        publish(layout, writer.ledger)
    with ionlake.open_lake(layout.root) as lake:
        (row,) = lake.query("SELECT * FROM runs WHERE recipe = ?", [RECIPE]).to_dict("records")
    assert row["status"] == "finished"
    (noted,) = json.loads(row["settings"])["deeds"]
    assert noted["scan_id"] == deed.scan_id
    assert noted["why"] == "the grid is gone"


def test_a_damaged_grid_that_no_release_names_goes_to_the_trash(layout):
    with open_writer(layout.root) as writer:
        scan = put_crystal(writer, "Li3OCl-221")
    folder = layout.resolve(scan["grid_path"])
    damage(folder)
    done = repair(layout.root, DEEP)
    assert verbs(done) == [Verb.WITHDRAW_SCAN, Verb.MOVE_TO_TRASH]
    assert not folder.exists()
    assert (layout.resolve(done.trash) / scan["grid_path"] / "zarr.json").exists()
    assert verify_lake(layout, DEEP).findings == ()


def test_descriptors_that_differ_are_withdrawn_alone(layout):
    with open_writer(layout.root) as writer:
        for row in list(writer.ledger.rows(schema.DESCRIPTOR_VALUES)):
            ions = list(writer.ledger.rows(schema.MOBILE_IONS, scan_id=row["scan_id"]))
            writer.ledger.commit_descriptors(row | {"Xi": 0.123}, ions)
    assert verbs(repair(layout.root, DEEP)) == [Verb.WITHDRAW_DESCRIPTORS] * 2
    with open_writer(layout.root) as writer:
        assert len(writer.ledger.finished_scans()) == 2
        assert writer.ledger.finished_descriptors() == set()


def test_what_nobody_reads_goes_to_the_trash(layout, grid_folders):
    orphan = layout.grid("abc", "1")
    shutil.copytree(grid_folders["LiF-225"], orphan)
    half = layout.releases / ".release-000002.duckdb.12-ab"
    half.write_bytes(b"half")
    before = files(layout)
    done = repair(layout.root)
    assert verbs(done) == [Verb.MOVE_TO_TRASH] * 2
    assert verify_lake(layout, DEEP).findings == ()
    after = files(layout)
    for name, content in before.items():
        if not name.startswith("ledger"):
            assert content in (after.get(name), after.get(f"{done.trash}/{name}"))


def test_current_is_pointed_at_the_newest_good_release(layout):
    with open_writer(layout.root) as writer:
        put_crystal(writer, "Li3OCl-221")
        publish(layout, writer.ledger)
    layout.current.write_text("release-00000")
    assert verbs(repair(layout.root)) == [Verb.POINT_CURRENT]
    assert current_release(layout).number == 2
    layout.release(2).write_bytes(b"cut off")
    done = repair(layout.root)
    assert verbs(done) == [Verb.POINT_CURRENT, Verb.MOVE_TO_TRASH]
    assert current_release(layout).number == 1
    assert "release-000001" in layout.catalog_file.read_text()
    assert verify_lake(layout, DEEP).findings == ()
    with open_writer(layout.root) as writer:
        assert publish(layout, writer.ledger).number == 3


def test_a_lake_whose_only_release_is_damaged_gets_a_new_one(layout):
    layout.release(1).write_bytes(b"gone")
    assert verbs(repair(layout.root)) == [Verb.MOVE_TO_TRASH, Verb.PUBLISH]
    assert current_release(layout).number == 2
    assert verify_lake(layout, DEEP).findings == ()


def test_a_damaged_digest_is_set_aside_and_its_release_stays(layout):
    digest_file(layout.release(1)).write_text("?")
    assert verbs(repair(layout.root, DEEP)) == [Verb.MOVE_TO_TRASH]
    report = verify_lake(layout, DEEP)
    assert report.findings == ()
    assert "no digest" in report.notes[0]


def test_lost_staged_energies_are_forgotten(layout):
    with open_writer(layout.root) as writer:
        block = dict.fromkeys(schema.STAGED_BLOCKS.column_names) | {
            "scan_id": "abc",
            "orbit_ion": 0,
            "first_point": 0,
            "staging_path": "staging/abc/block-0-0-1",
        }
        writer.ledger.stage_block(block)
    assert verbs(repair(layout.root)) == [Verb.FORGET_STAGED]
    assert verify_lake(layout).findings == ()


def test_a_repair_needs_the_lock(layout):
    with writer_lock(layout), pytest.raises(LakeLockedError):
        repair(layout.root, dry_run=True)


def test_each_deed_is_done_once_and_in_order():
    orphan = finding(Kind.ORPHAN, "a grid that no row names", "grids/ab/ab-1.zarr")
    lost = replace(finding(Kind.GRID_LOST, "gone", "grids/x"), scan_id="x", in_ledger=True)
    broken = finding(Kind.CURRENT_BROKEN, "gone", "CURRENT")
    odd = finding(Kind.ENERGIES_DIFFER, "off", "grids/y")
    deeds = plan_repair([orphan, odd, broken, lost, orphan, lost], ["releases/b", "releases/a"])
    assert deeds == (
        Deed(Verb.WITHDRAW_SCAN, "grids/x", "gone", "x"),
        Deed(Verb.POINT_CURRENT, "releases/b", "gone"),
        Deed(Verb.MOVE_TO_TRASH, "grids/ab/ab-1.zarr", "a grid that no row names"),
    )


def test_a_damaged_ledger_is_left_to_people():
    assert plan_repair([finding(Kind.LEDGER_DAMAGED, "bad", "ledger.sqlite")], []) == ()
    with pytest.raises(LakeError, match="no lake"):
        repair("nowhere")
