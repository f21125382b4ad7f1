"""Lakes of past formats, as the ionlake of their time wrote them."""

import json
import sqlite3
import tarfile
from pathlib import Path

import pytest

import ionlake
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.digests import file_sha256, folder_sha256, read_digest
from ionlake.lake.ledger import Ledger
from ionlake.lake.lock import LakeLockedError, writer_lock
from ionlake.lake.marker import FORMAT_VERSION, create_lake, find_lake, read_format
from ionlake.lake.migrations import MIGRATIONS, migrate_lake, steps_from
from ionlake.lake.release import publish_release
from ionlake.lake.writer import open_writer

FORMATS = Path(__file__).parent / "formats"


def quiet(*_: object) -> None:
    pass


@pytest.fixture(params=range(1, FORMAT_VERSION))
def old(request, tmp_path):
    """Layout of a lake of a past format: two crystals, one release."""
    name = f"format-{request.param}"
    with tarfile.open(FORMATS / f"{name}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    layout = find_lake(tmp_path / name)
    assert read_format(layout) == request.param
    return layout


def test_there_is_a_lake_of_every_past_format_and_a_way_on():
    assert [step.start for step in MIGRATIONS] == list(range(1, FORMAT_VERSION))
    assert len(list(FORMATS.glob("format-*.tar.xz"))) == FORMAT_VERSION - 1
    assert steps_from(FORMAT_VERSION) == ()
    with pytest.raises(LakeError, match="has format 0; this ionlake migrates formats 1 to"):
        steps_from(0)


def test_an_old_lake_can_be_read_but_not_written(old):
    with ionlake.open_lake(old.root) as lake:
        (best,) = lake.query("SELECT material_id FROM candidates WHERE rank = 1").material_id
        assert lake.grid(best).energy.min() == 0
    before = old.ledger.read_bytes()
    with pytest.raises(LakeError, match="run ionlake migrate --lake"), open_writer(old.root):
        pytest.fail("written in an old format")
    assert old.ledger.read_bytes() == before


def test_a_migrated_lake_is_written_and_read_with_all_it_held(old):
    with ionlake.open_lake(old.root) as lake:
        held = lake.query("SELECT material_id, Xi, rank FROM candidates ORDER BY ALL")
    seen = []
    taken = migrate_lake(old, lambda *args: seen.append(args))
    assert seen
    assert [step.start for step in taken] == list(range(taken[0].start, FORMAT_VERSION))
    assert read_format(old) == FORMAT_VERSION
    assert json.loads(old.lake_file.read_text())["created_by"] == "ionlake 0.1.0"
    assert read_digest(old.release(1)) == file_sha256(old.release(1))
    with open_writer(old.root) as writer:
        scans = list(writer.ledger.rows(schema.SCANS))
        for scan in scans:
            assert scan["grid_sha256"] == folder_sha256(old.resolve(scan["grid_path"]))
            assert (scan["repeats"], scan["image_guard_ang"]) == ([1, 1, 1], None)
        assert publish_release(old, writer.ledger).number == 2
    assert scans
    with ionlake.open_lake(old.root) as lake:
        again = lake.query("SELECT material_id, Xi, rank FROM candidates ORDER BY ALL")
    assert again.equals(held)


def test_a_migration_that_was_cut_off_is_run_again(old, monkeypatch):
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ionlake.lake.migrations.write_format", no_space)
    with pytest.raises(OSError, match="No space"):
        migrate_lake(old, quiet)
    monkeypatch.undo()
    assert read_format(old) < FORMAT_VERSION
    assert migrate_lake(old, quiet)
    assert read_format(old) == FORMAT_VERSION


def test_a_ledger_that_cannot_be_migrated_stays_as_it_was(old):
    def columns():
        with sqlite3.connect(old.ledger) as connection:
            return {row[1] for row in connection.execute("PRAGMA table_info(scans)")}

    with sqlite3.connect(old.ledger) as connection:
        connection.execute("ALTER TABLE scans RENAME COLUMN scan_id TO something")
    before = columns()
    with pytest.raises(LakeError, match=r"cannot be migrated \(no such column: scan_id\)"):
        migrate_lake(old, quiet)
    assert read_format(old) < FORMAT_VERSION
    assert columns() == before


def test_a_migration_needs_the_lock(old):
    with writer_lock(old), pytest.raises(LakeLockedError):
        migrate_lake(old, quiet)
    assert read_format(old) < FORMAT_VERSION


def test_a_current_lake_has_nothing_to_migrate(tmp_path):
    layout = create_lake(tmp_path / "lake")
    before = layout.lake_file.read_text()
    assert migrate_lake(layout, quiet) == ()
    assert layout.lake_file.read_text() == before
    assert not layout.ledger.exists()


def test_a_lake_without_results_is_migrated_too(tmp_path):
    layout = create_lake(tmp_path / "lake")
    layout.lake_file.write_text('{"format_version": 1}')
    assert len(migrate_lake(layout, quiet)) == FORMAT_VERSION - 1
    with Ledger.open(layout.ledger) as ledger:
        assert ledger.revision == 0
