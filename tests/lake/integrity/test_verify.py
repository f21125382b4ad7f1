"""Damage of every kind is found and named; a sound lake is sound."""

import json
import re
import shutil
import sqlite3

import duckdb
import pytest
import zarr

from ionlake.catalog.publish import publish
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.digests import digest_file
from ionlake.lake.integrity.findings import REMEDIES, Kind
from ionlake.lake.integrity.grid_check import row_differences
from ionlake.lake.integrity.release_check import current_finding
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.lock import writer_lock
from ionlake.lake.marker import create_lake
from ionlake.lake.migrations import migrate_lake
from ionlake.lake.writer import open_writer
from ionlake.potentials.analytic import CosineLandscape
from tests.lake.real_lake import put_crystal
from tests.lake.test_migrations import old  # noqa: F401 - a fixture

DEEP = Depth(deep=True, sample=10, seed=0)


def kinds(layout, depth=DEEP):
    report = verify_lake(layout, depth)
    assert all(found.what and found.remedy for found in report.findings)
    return [found.kind for found in report.findings]


def change_rows(layout, statement, *values):
    with sqlite3.connect(layout.ledger) as connection:
        assert connection.execute(statement, values).rowcount > 0


@pytest.mark.parametrize("depth", [Depth(), Depth(deep=True), DEEP])
def test_a_sound_lake_is_sound(layout, depth):
    seen = []
    report = verify_lake(layout, depth, progress=lambda *args: seen.append(args))
    assert report.findings == report.notes == ()
    assert report.clean
    assert report.checked == {
        "releases": 1,
        "grids": 2,
        "staged_blocks": 0,
        "trajectories": 0,
        "scans_recomputed": min(depth.sample, 2),
    }
    assert ("grids", 2, 2) in seen


def test_a_check_changes_nothing(layout):
    before = {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()}
    verify_lake(layout, DEEP)
    after = {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()}
    beside = {
        layout.ledger.with_name("ledger.sqlite-wal"),
        layout.ledger.with_name("ledger.sqlite-shm"),
    }
    assert {k: v for k, v in after.items() if k not in beside} == {
        k: v for k, v in before.items() if k not in beside
    }


def test_every_kind_of_finding_has_a_remedy():
    assert set(REMEDIES) == set(Kind)


def test_a_lost_grid_is_named_with_its_rows(layout, grid_folders):
    shutil.rmtree(grid_folders["LiF-225"])
    (found,) = verify_lake(layout).findings
    assert found.kind is Kind.GRID_LOST
    assert found.where == layout.relative(grid_folders["LiF-225"])
    assert (found.in_ledger, found.releases, found.harmless) == (True, (1,), False)
    assert found.scan_id in found.where


@pytest.mark.parametrize("array", ["energy", "status", "minimum_energy_ev", "base_energy_ev"])
def test_lost_numbers_are_found_without_reading_any(layout, grid_folders, array):
    """A lost file of numbers reads as NaN or 0 everywhere, not as an error."""
    (numbers,) = [
        path
        for path in (grid_folders["LiF-225"] / array).rglob("*")
        if path.is_file() and path.name != "zarr.json"
    ]
    numbers.unlink()
    assert kinds(layout, Depth()) == [Kind.GRID_DAMAGED]


@pytest.mark.parametrize("file", ["zarr.json", "energy/zarr.json", "status/zarr.json"])
def test_unreadable_metadata_is_found_without_reading_numbers(layout, grid_folders, file):
    (grid_folders["LiF-225"] / file).write_text('{"zarr_format": 3')
    assert kinds(layout, Depth()) == [Kind.GRID_DAMAGED]


def test_a_grid_of_another_scan_does_not_fit_its_row(layout, grid_folders):
    shutil.rmtree(grid_folders["LiF-225"])
    shutil.copytree(grid_folders["LiI-225"], grid_folders["LiF-225"])
    (found,) = verify_lake(layout).findings
    assert found.kind is Kind.GRID_DIFFERS
    assert "structure_id is" in found.what
    assert "the row says" in found.what


def test_a_file_more_in_a_grid_is_found_deep(layout, grid_folders):
    (grid_folders["LiF-225"] / "notes.txt").write_text("mine")
    assert kinds(layout, Depth()) == []
    assert kinds(layout) == [Kind.GRID_DAMAGED]


def test_checksums_of_chunks_find_what_has_no_digest(layout, grid_folders):
    change_rows(layout, "UPDATE scans SET grid_sha256 = NULL")
    assert kinds(layout) == []
    (numbers,) = (grid_folders["LiF-225"] / "energy").rglob("c/0/0/0/0")
    damaged = bytearray(numbers.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    numbers.write_bytes(damaged)
    assert kinds(layout) == [Kind.GRID_DAMAGED]


def test_numbers_against_their_status_are_found(layout, grid_folders):
    change_rows(layout, "UPDATE scans SET grid_sha256 = NULL")
    status = zarr.open_array(grid_folders["LiF-225"] / "status", mode="r+")
    status[:] = 3
    (found,) = verify_lake(layout, Depth(deep=True)).findings
    assert found.kind is Kind.GRID_DIFFERS
    assert "against their status" in found.what


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE pathways SET length_ang = length_ang + 0.1", "length_ang is"),
        ("UPDATE pathways SET energies_ev = '[0.0]'", "energies_ev is"),
        ("DELETE FROM pathways WHERE dimension = 2", "lacks the row"),
        ("UPDATE grid_chunks SET lowest_energy_ev = 0.5", "lowest_energy_ev is"),
        ("UPDATE grid_chunks SET chunk = 77 WHERE mobile_ion = 0", "grid_chunks"),
    ],
)
def test_paths_and_chunks_that_the_grid_does_not_give_are_found(layout, statement, words):
    change_rows(layout, statement)
    found = verify_lake(layout, DEEP).findings
    assert {each.kind for each in found} == {Kind.DESCRIPTORS_DIFFER}
    assert words in found[0].what


def test_what_an_older_ionlake_left_out_is_not_wrong(layout):
    change_rows(layout, "UPDATE pathways SET pathway_version = 0, length_ang = 1.0")
    change_rows(layout, "DELETE FROM grid_chunks")
    assert kinds(layout) == []


def test_descriptors_that_the_grid_does_not_give_are_found(layout):
    change_rows(layout, "UPDATE descriptor_values SET Xi = Xi + 0.01")
    report = verify_lake(layout, DEEP)
    assert [found.kind for found in report.findings] == [Kind.DESCRIPTORS_DIFFER] * 2
    assert "Xi is" in report.findings[0].what
    change_rows(layout, "UPDATE descriptor_values SET Xi = Xi - 0.01")
    change_rows(layout, "UPDATE mobile_ions SET mpe = 7")
    assert kinds(layout) == [Kind.DESCRIPTORS_DIFFER] * 2
    change_rows(layout, "DELETE FROM mobile_ions")
    assert kinds(layout) == [Kind.DESCRIPTORS_DIFFER] * 2


def test_energies_that_the_potential_does_not_give_are_found(layout, monkeypatch):
    class Other(CosineLandscape):
        def energies(self, *args):
            return super().energies(*args) + 0.001

    monkeypatch.setattr("ionlake.potentials.load.CosineLandscape", Other)
    report = verify_lake(layout, DEEP)
    assert [found.kind for found in report.findings] == [Kind.ENERGIES_DIFFER] * 2
    assert "0.001 eV off" in report.findings[0].what


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("potential", "nowhere.pt", "nowhere.pt"), ("potential_id", "0" * 32, "another potential")],
)
def test_a_potential_that_cannot_be_had_is_a_note(layout, grid_folders, column, value, words):
    for folder in grid_folders.values() if column == "potential_id" else ():
        metadata = json.loads((folder / "zarr.json").read_text())
        metadata["attributes"]["potential"][column] = value
        (folder / "zarr.json").write_text(json.dumps(metadata))
    change_rows(layout, f"UPDATE scans SET {column} = ?, grid_sha256 = NULL", value)
    report = verify_lake(layout, DEEP)
    assert report.clean
    (note,) = report.notes
    assert "energies were not computed again" in note
    assert words in note


def test_a_damaged_ledger_is_found(layout):
    content = bytearray(layout.ledger.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    layout.ledger.write_bytes(content)
    assert kinds(layout) == [Kind.LEDGER_DAMAGED]


# ---- releases ------------------------------------------------------------------------------------


def test_a_damaged_release_is_found(layout):
    path = layout.release(1)
    path.write_bytes(path.read_bytes()[:5000])
    assert kinds(layout, Depth()) == [Kind.RELEASE_DAMAGED, Kind.CURRENT_BROKEN]
    assert kinds(layout) == [Kind.RELEASE_DAMAGED, Kind.CURRENT_BROKEN]


def test_a_release_under_another_number_is_found(layout):
    layout.release(1).rename(layout.release(2))
    layout.current.write_text("release-000002.duckdb\n")
    assert kinds(layout, Depth())[0] is Kind.RELEASE_DAMAGED


def test_a_release_without_a_table_is_found(layout):
    with duckdb.connect(layout.release(1)) as connection:
        connection.execute("DROP TABLE failures")
    report = verify_lake(layout)
    assert [f.kind for f in report.findings] == [Kind.SCHEMA_DIFFERS, Kind.CURRENT_BROKEN]
    assert "failures.attempts" in report.findings[0].what


def test_a_release_without_a_digest_is_noted_and_one_with_a_damaged_digest_found(layout):
    note = digest_file(layout.release(1))
    text = note.read_text()
    note.write_text(text[:-1])
    assert kinds(layout) == [Kind.RELEASE_DAMAGED]
    note.unlink()
    report = verify_lake(layout, Depth(deep=True))
    assert report.clean
    assert "release 1 has no digest" in report.notes[0]


@pytest.mark.parametrize(
    ("text", "good", "every", "words"),
    [
        (None, [], [], None),
        (None, [1], [1], "CURRENT says None"),
        ("release-000002.duckdb\n", [1, 2], [1, 2], None),
        ("release-000001.duckdb\n", [1, 2], [1, 2], "a publication was cut off"),
        ("release-000001.duckdb\n", [1], [1, 2], None),
        ("release-000003.duckdb\n", [1, 2], [1, 2], "which is gone; the newest good release is 2"),
        ("release-000002.duckdb\n", [1], [1, 2], "which is damaged; the newest good release is 1"),
        ("nonsense", [], [2], "says 'nonsense'.*there is no good release"),
    ],
)
def test_what_current_may_say(text, good, every, words):
    found = current_finding(text, good, every)
    if words is None:
        assert found is None
    else:
        assert re.search(words, found.what)


def test_an_outdated_catalog_does_no_harm(layout):
    layout.catalog_file.write_text("release-000000.duckdb")
    report = verify_lake(layout)
    assert [found.kind for found in report.findings] == [Kind.CATALOG_OUTDATED]
    assert report.clean


# ---- files without a row -------------------------------------------------------------------------


def test_what_a_killed_process_leaves_does_no_harm(layout, grid_folders):
    shutil.copytree(grid_folders["LiF-225"], layout.grid("abc", "1"))
    (layout.staged_block("abc", 0, 0, "1")).mkdir(parents=True)
    (layout.releases / ".release-000002.duckdb.12-ab").write_bytes(b"half")
    (layout.root / ".CURRENT.12-ab").write_bytes(b"half")
    report = verify_lake(layout)
    assert [found.kind for found in report.findings] == [Kind.ORPHAN] * 4
    assert report.clean
    with writer_lock(layout):
        busy = verify_lake(layout)
    assert busy.findings == ()
    assert "writes: files without a row may be its own" in busy.notes[0]


def test_grids_that_an_unreadable_release_may_name_are_no_orphans(layout):
    with open_writer(layout.root) as writer:
        scans = list(writer.ledger.rows(schema.SCANS))
        writer.ledger.withdraw(scans[0]["scan_id"])
    report = verify_lake(layout)
    assert report.clean
    assert report.findings == ()
    layout.release(1).write_bytes(b"gone")
    report = verify_lake(layout)
    assert Kind.ORPHAN not in [found.kind for found in report.findings]
    assert "release 1 may name them" in report.notes[0]


def test_lost_staged_energies_are_found(layout):
    with open_writer(layout.root) as writer:
        block = dict.fromkeys(schema.STAGED_BLOCKS.column_names) | {
            "scan_id": "abc",
            "orbit_ion": 0,
            "first_point": 0,
            "n_points": 5,
            "reduced": True,
            "staging_path": "staging/abc/block-0-0-1",
        }
        writer.ledger.stage_block(block)
    (found,) = verify_lake(layout).findings
    assert (found.kind, found.scan_id) == (Kind.STAGED_LOST, "abc")
    layout.resolve(block["staging_path"]).mkdir(parents=True)
    assert kinds(layout) == []


def test_a_grid_that_only_an_old_release_names_is_watched_too(layout, grid_folders):
    with open_writer(layout.root) as writer:
        for scan in list(writer.ledger.rows(schema.SCANS)):
            writer.ledger.withdraw(scan["scan_id"])
        put_crystal(writer, "LiF-225", spacing_ang=0.7)
        publish(layout, writer.ledger)
    assert kinds(layout) == []
    (grid_folders["LiI-225"] / "energy" / "zarr.json").write_text("{}")
    (found,) = verify_lake(layout).findings
    assert (found.in_ledger, found.releases) == (False, (1,))
    assert "ionlake prune" in found.remedy


# ---- lakes that cannot be checked ----------------------------------------------------------------


def test_a_lake_without_a_ledger_cannot_be_checked(tmp_path):
    with pytest.raises(LakeError, match="there is no ledger"):
        verify_lake(create_lake(tmp_path / "lake"))


def test_a_lake_of_an_old_format_is_migrated_first(old):  # noqa: F811
    with pytest.raises(LakeError, match="run ionlake migrate --lake"):
        verify_lake(old)
    migrate_lake(old, lambda *_: None)
    report = verify_lake(old, DEEP)
    assert (report.findings, report.notes) == ((), ())


def test_columns_that_an_older_release_lacks_do_not_count():
    assert row_differences({"scan_id": "a"}, {"scan_id": "a", "repeats": [2, 2, 2]}, {}) == []
    (found,) = row_differences({"repeats": [1, 1, 1]}, {"repeats": [2, 2, 2]}, {})
    assert found == "repeats is [2, 2, 2], the row says [1, 1, 1]"
