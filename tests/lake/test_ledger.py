import math
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.failures import Failure
from ionlake.lake.ledger import Ledger, new_run_id
from tests.lake.fake_lake import (
    RUN,
    descriptor_row,
    ion_rows,
    material_row,
    scan_row,
    structure_row,
)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def failed(stage="scan", structure_id="s-Li2O", **changes):
    subject = {"mobile_species": "Li", "grid_protocol": "commensurate", "potential": "toy"}
    if stage == "read":
        subject, structure_id = {}, None
    else:
        subject["potential_id"] = "p-toy"
    values = {"material_id": "mp-1960", "error": "StructureError", "message": "no", "run_id": RUN}
    values |= {"stage": stage, "structure_id": structure_id}
    return Failure(**values | subject | changes)


def failures(ledger):
    return [(row["stage"], row["message"]) for row in ledger.rows(schema.FAILURES)]


def test_rows_come_back_as_they_went_in(ledger):
    structure, material = structure_row(), material_row(has_transition_metal=np.bool_(True))
    ledger.put_materials([(material, structure)])
    stored = ledger.row(schema.STRUCTURES, "s-Li2O")
    np.testing.assert_array_equal(stored.pop("cell_ang"), structure.pop("cell_ang"))
    assert stored == structure
    assert ledger.row(schema.MATERIALS, "mp-1960") == material
    assert ledger.row(schema.MATERIALS, "mp-1") is None


def test_a_material_as_it_was_changes_nothing(ledger):
    pair = material_row(), structure_row()
    assert ledger.put_materials([pair]) == {"mp-1960"}
    revision = ledger.revision
    again = material_row(run_id="20270101T000000-bbbbbb"), structure_row()
    assert ledger.put_materials([again]) == frozenset()
    assert ledger.revision == revision
    assert ledger.row(schema.MATERIALS, "mp-1960")["run_id"] == RUN


@pytest.mark.parametrize(
    "pair",
    [
        (material_row(band_gap_ev=4.9), structure_row()),
        (material_row(energy_above_hull_ev_per_atom=0.0), structure_row()),
        (material_row(structure_id="s-new"), structure_row("s-new")),
        (material_row(), structure_row(space_group_number=1)),
    ],
)
def test_a_changed_material_is_named_and_moves_the_revision(ledger, pair):
    ledger.put_materials([(material_row(), structure_row())])
    revision = ledger.revision
    assert ledger.put_materials([pair]) == {"mp-1960"}
    assert ledger.revision > revision
    assert ledger.count(schema.MATERIALS) == 1


def test_an_error_among_many_materials_commits_none(ledger):
    good, bad = material_row("mp-1"), material_row("mp-2", band_gap_ev="wide")
    with pytest.raises(LakeError, match=r"materials\.band_gap_ev got 'wide'"):
        ledger.put_materials([(good, structure_row()), (bad, structure_row())])
    assert ledger.count(schema.MATERIALS) == 0
    assert ledger.revision == 0


def test_finished_work_is_listed_for_the_planner(ledger):
    scan = scan_row()
    descriptors = descriptor_row(scan["scan_id"])
    ledger.commit_scan(scan)
    assert ledger.finished_scans() == {scan["scan_id"]}
    assert ledger.finished_descriptors() == set()
    ledger.commit_descriptors(descriptors, ion_rows(descriptors))
    assert ledger.finished_descriptors() == {descriptors["descriptor_id"]}
    assert ledger.count(schema.MOBILE_IONS) == 2


def test_describing_again_leaves_no_ions_of_before(ledger):
    scan = scan_row()
    descriptors = descriptor_row(scan["scan_id"])
    ledger.commit_scan(scan)
    ledger.commit_descriptors(descriptors, ion_rows(descriptors, far=(True, True, True)))
    ledger.commit_descriptors(descriptors, ion_rows(descriptors))
    assert ledger.count(schema.MOBILE_IONS) == 2


def test_descriptors_without_their_scan_are_refused(ledger):
    descriptors = descriptor_row("nothing")
    with pytest.raises(LakeError, match="commit the scan first"):
        ledger.commit_descriptors(descriptors, [])


def block(scan_id, ion, first, **changes):
    return {
        "scan_id": scan_id,
        "orbit_ion": ion,
        "first_point": first,
        "n_points": 17,
        "reduced": True,
        "staging_path": f"staging/{scan_id}/block-{ion}-{first}-1",
        "device": "cpu",
        "compute_seconds": 0.5,
    } | changes


def test_staged_blocks_live_until_their_scan_is_committed(ledger):
    scan, revision = scan_row(), ledger.revision
    blocks = [block(scan["scan_id"], 0, 0), block(scan["scan_id"], 0, 17, reduced=False)]
    for row in (*blocks, block(scan["scan_id"], 2, 0), block("another", 0, 0)):
        ledger.stage_block(row)
    assert ledger.revision == revision
    assert ledger.staged_scans() == {scan["scan_id"], "another"}
    staged = ledger.staged_blocks(scan["scan_id"])
    assert [(row["orbit_ion"], row["first_point"]) for row in staged] == [(0, 0), (0, 17), (2, 0)]
    assert staged[:2] == blocks
    ledger.commit_scan(scan)
    assert ledger.staged_blocks(scan["scan_id"]) == []
    assert ledger.staged_scans() == {"another"}
    ledger.forget_blocks("another")
    assert ledger.staged_scans() == set()


def test_facts_recorded_together_are_committed_together(ledger):
    def write_two():
        with ledger.together():
            ledger.commit_scan(scan_row("s-1"))
            ledger.commit_scan(scan_row("s-2") | {"n_a": "many"})

    with pytest.raises(LakeError, match="expected INTEGER"):
        write_two()
    assert ledger.finished_scans() == set()
    with ledger.together():
        ledger.commit_scan(scan_row("s-1"))
        ledger.commit_scan(scan_row("s-2"))
    assert len(ledger.finished_scans()) == 2


def test_a_ledger_from_before_blocks_still_opens(tmp_path, ledger):
    ledger.commit_scan(scan_row())
    ledger.close()
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TABLE staged_blocks")
        raw.execute("ALTER TABLE scans DROP COLUMN evaluator_error_ev")
        raw.execute("CREATE TABLE staged_orbits (scan_id TEXT, orbit_ion INTEGER)")
        raw.execute("INSERT INTO staged_orbits VALUES ('old', 0)")
    with Ledger.open_read_only(path) as old:
        assert old.count(schema.STAGED_BLOCKS) == 0
        assert len(old.finished_scans()) == 1
    with Ledger.open(path) as new:
        assert new.staged_scans() == set()
        assert [row["evaluator_error_ev"] for row in new.rows(schema.SCANS)] == [None]


def test_the_same_failure_again_counts_up_and_is_no_news(ledger):
    assert ledger.record_failure(failed()) == 1
    revision = ledger.revision
    assert ledger.record_failure(failed(run_id="20270101T000000-bbbbbb")) == 2
    assert ledger.revision == revision
    assert ledger.record_failure(failed(message="another reason")) == 3
    assert ledger.revision > revision
    (row,) = ledger.rows(schema.FAILURES)
    assert (row["attempts"], row["message"]) == (3, "another reason")
    assert abs((row["failed_at"] - datetime.now(UTC)).total_seconds()) < 60


def test_attempts_count_for_the_same_inputs_and_end_in_quarantine(ledger):
    attempts = [ledger.record_failure(failed(inputs_id="a"), max_attempts=2) for _ in range(2)]
    assert attempts == [1, 2]
    (row,) = ledger.rows(schema.FAILURES)
    assert row["quarantine_reason"].startswith("failed 2 times with the same inputs")
    assert ledger.record_failure(failed(inputs_id="b"), max_attempts=2) == 1
    (row,) = ledger.rows(schema.FAILURES)
    assert row["quarantine_reason"] is None


def test_being_quarantined_is_news(ledger):
    ledger.record_failure(failed(), max_attempts=3)
    ledger.record_failure(failed(), max_attempts=3)
    revision = ledger.revision
    ledger.record_failure(failed(), max_attempts=3)
    assert ledger.revision > revision
    revision = ledger.revision
    ledger.record_failure(failed(), max_attempts=3)
    assert ledger.row(schema.FAILURES, failed().failure_id)["attempts"] == 4
    assert ledger.revision == revision


def stone(material_id="mp-1960"):
    words = {"source": "db", "structure_id": "s-Li2O", "reason": "gone", "run_id": RUN}
    return {"material_id": material_id, "gone_at": datetime.now(UTC)} | words


def test_a_tombstone_stands_until_the_material_comes_back(ledger):
    pair = material_row(), structure_row()
    ledger.put_materials([pair])
    revision = ledger.revision
    ledger.bury([stone()])
    assert ledger.revision > revision
    assert ledger.count(schema.MATERIALS) == 1
    revision = ledger.revision
    assert ledger.put_materials([pair]) == {"mp-1960"}
    assert ledger.count(schema.TOMBSTONES) == 0
    assert ledger.revision > revision


def test_the_structure_that_a_material_had_is_remembered(ledger):
    ledger.put_materials([(material_row(), structure_row())])
    assert ledger.count(schema.FORMER_STRUCTURES) == 0
    ledger.put_materials(
        [(material_row(structure_id="s-new", run_id="r2"), structure_row("s-new"))]
    )
    (row,) = ledger.rows(schema.FORMER_STRUCTURES)
    assert row == {"material_id": "mp-1960", "structure_id": "s-Li2O", "run_id": "r2"}


def test_the_database_version_alone_makes_no_other_row(ledger):
    ledger.put_materials([(material_row(database_version="1"), structure_row())])
    revision = ledger.revision
    newer = material_row(database_version="2", source_updated_at="2026-01-01")
    assert ledger.put_materials([(newer, structure_row())]) == frozenset()
    assert ledger.revision == revision


def test_failures_go_with_the_last_recipe_that_selects_the_material(ledger):
    for recipe in ("one", "two"):
        ledger.select(recipe, ["mp-1960"])
        ledger.select(recipe, ["mp-1960"])
    ledger.record_failure(failed())
    ledger.deselect("one", ["mp-1960"])
    assert ledger.count(schema.FAILURES) == 1
    ledger.deselect("two", ["mp-1960"])
    assert ledger.count(schema.FAILURES) == ledger.count(schema.SELECTIONS) == 0


def test_failures_of_other_things_are_other_failures(ledger):
    for failure in (
        failed(),
        failed("describe"),
        failed(potential_id="p-other"),
        failed(grid_protocol="paper"),
        failed(mobile_species="Na"),
        failed(material_id="mp-1"),
    ):
        assert ledger.record_failure(failure) == 1
    assert ledger.count(schema.FAILURES) == 6


def test_a_scan_clears_what_kept_it_from_being_done(ledger):
    for stage in ("check", "scan", "describe"):
        ledger.record_failure(failed(stage, message=stage))
    ledger.record_failure(failed(material_id="same-crystal", message="same crystal"))
    ledger.record_failure(failed(potential_id="p-other", message="other potential"))
    ledger.record_failure(failed(structure_id="s-other", material_id="x", message="other crystal"))
    scan = scan_row()
    ledger.commit_scan(scan)
    left = {("describe", "describe"), ("scan", "other potential"), ("scan", "other crystal")}
    assert set(failures(ledger)) == left
    descriptors = descriptor_row(scan["scan_id"])
    ledger.commit_descriptors(descriptors, ion_rows(descriptors))
    assert set(failures(ledger)) == left - {("describe", "describe")}


def test_a_readable_material_clears_its_read_failure_and_those_of_its_old_structure(ledger):
    ledger.record_failure(failed("read", message="broken file"))
    ledger.record_failure(failed(structure_id="s-old", message="old"))
    ledger.record_failure(failed("check", message="still wrong"))
    revision = ledger.revision
    ledger.put_materials([(material_row(), structure_row())])
    assert failures(ledger) == [("check", "still wrong")]
    assert ledger.revision > revision


def test_a_stage_that_does_not_exist_is_refused():
    with pytest.raises(LakeError, match="expected one of read, check, scan, describe"):
        failed("think")


def test_runs_are_bookkeeping_and_no_news(ledger):
    first, revision = new_run_id(), ledger.revision
    ledger.start_run(first, "quickstart", {"cap": 6.0}, {"ionlake": "0.1.0"})
    assert ledger.row(schema.RUNS, first)["finished_at"] is None
    counts = {"read": 5, "computed": 3, "reused": 1, "failed": 1}
    totals = {f"materials_{name}": count for name, count in counts.items()}
    ledger.finish_run(first, **totals, energies_evaluated=1234)
    run = ledger.row(schema.RUNS, first)
    assert run["materials_computed"] == 3
    assert run["settings"] == '{"cap": 6.0}'
    assert 0 <= run["wall_seconds"] < 60
    assert run["finished_at"] >= run["started_at"]
    assert ledger.revision == revision
    with pytest.raises(LakeError, match="record its start first"):
        ledger.finish_run("nobody", **totals, energies_evaluated=0)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("n_a", 4.0, "expected INTEGER"),
        ("n_a", True, "expected INTEGER"),
        ("base_energy_ev", math.inf, "expected DOUBLE, finite"),
        ("base_energy_ev", "low", "expected DOUBLE"),
        ("potential", 7, "expected VARCHAR"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(ledger, column, value, expected):
    with pytest.raises(LakeError, match=f"scans.{column} .*{expected}"):
        ledger.commit_scan(scan_row() | {column: value})
    assert ledger.finished_scans() == set()


def test_a_row_has_exactly_the_columns_of_its_table(ledger):
    row = scan_row()
    del row["dtype"]
    with pytest.raises(LakeError, match=r"lacks \['dtype'\] and has unknown \['colour'\]"):
        ledger.commit_scan(row | {"colour": "red"})


def test_nan_is_no_value(ledger):
    ledger.commit_scan(scan_row(base_energy_ev=np.float32("nan"), compute_seconds=np.float32(0.5)))
    (row,) = ledger.rows(schema.SCANS)
    assert row["base_energy_ev"] is None
    assert row["compute_seconds"] == 0.5


def test_another_process_reads_while_a_transaction_is_open(tmp_path, ledger):
    ledger.commit_scan(scan_row())
    look = (
        "import sys; from pathlib import Path; from ionlake.lake.ledger import Ledger\n"
        "with Ledger.open_read_only(Path(sys.argv[1])) as ledger: print(ledger.finished_scans())"
    )
    with ledger._transaction():
        sql.replace_row(ledger._connection, schema.SCANS, scan_row("s-uncommitted"))
        command = [sys.executable, "-c", look, str(tmp_path / "ledger.sqlite")]
        seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert seen.strip() == str({scan_row()["scan_id"]})
    assert len(ledger.finished_scans()) == 2


def test_looking_at_a_ledger_cannot_change_it(tmp_path, ledger):
    with (
        Ledger.open_read_only(tmp_path / "ledger.sqlite") as reader,
        pytest.raises(LakeError, match="readonly"),
    ):
        reader.commit_scan(scan_row())


def test_columns_added_since_a_ledger_was_made_appear_when_it_is_opened(tmp_path, ledger):
    ledger.commit_scan(scan_row())
    ledger.close()
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE scans DROP COLUMN modality")
    with Ledger.open_read_only(path) as old, pytest.raises(LakeError, match="older ionlake"):
        list(old.rows(schema.SCANS))
    with Ledger.open(path) as new:
        assert [row["modality"] for row in new.rows(schema.SCANS)] == [None]


def test_files_that_are_no_ledger_are_named(tmp_path):
    with pytest.raises(LakeError, match="no ledger at"):
        Ledger.open_read_only(tmp_path / "ledger.sqlite")
    (tmp_path / "text").write_text("this is not a database, it only looks long enough" * 20)
    with pytest.raises(LakeError, match="cannot be opened"):
        Ledger.open(tmp_path / "text")
