"""One writer: the machine with the ledger, until another takes over from the copy in the store."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.integrity.verify import verify_lake
from ionlake.lake.lock import LakeLockedError
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import back_up, read_ledger
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.objects.conftest import sound, store


def download_backup(lake):
    """What the message tells one to do."""
    layout = find_lake(lake)
    layout.home.mkdir(parents=True, exist_ok=True)
    store().get_file(f"{lake}/ledger-backup.sqlite", str(layout.ledger))


def description(lake):
    return json.loads(store().cat_file(f"{lake}/lake.json"))


def test_the_store_says_where_the_ledger_lies(lake):
    layout, writer = find_lake(lake), description(lake)["writer"]
    assert writer["home"] == str(layout.home)
    assert layout.ledger.exists()
    assert layout.home.name.startswith(description(lake)["lake_id"])


def test_two_writers_of_one_machine_meet_at_the_lock(lake):
    locked = pytest.raises(LakeLockedError, match="is being written by process")
    with open_writer(lake), locked, open_writer(lake):
        pass


def test_another_machine_is_refused_and_told_where_the_ledger_is(lake, another_machine):
    home = find_lake(lake).home
    another_machine()
    with pytest.raises(LakeError) as refused, open_writer(lake):
        pass
    told = str(refused.value)
    assert f"where its ledger lies in {home}" in told
    assert f"download {lake}/ledger-backup.sqlite to {find_lake(lake).ledger}" in told
    assert "\n" not in told


def test_another_machine_takes_over_all_that_was_published(lake, another_machine):
    another_machine()
    download_backup(lake)
    with open_writer(lake) as writer:
        assert len(writer.ledger.finished_scans()) == 2
        assert publish(writer.layout, writer.ledger) is None
        put_material(writer, "mp-3", "s-3")
        put_scan(writer, "s-3")
        assert publish(writer.layout, writer.ledger).number == 2
    assert description(lake)["writer"]["host"] == "another-machine"
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("FROM candidates")) == 3
    assert sound(verify_lake(find_lake(lake)))


def test_the_ledger_that_was_left_behind_is_shut_out_until_it_takes_over(
    lake, another_machine, environment
):
    with environment.context() as elsewhere:
        elsewhere.setattr("socket.gethostname", lambda: "another-machine")
        elsewhere.setenv("IONLAKE_HOME", str(find_lake(lake).home.parent / "another"))
        download_backup(lake)
        with open_writer(lake) as writer:
            put_material(writer, "mp-3", "s-3")
            back_up(writer.layout, writer.ledger)
    refused = pytest.raises(LakeError, match=r"written from another-machine.*was left behind")
    with refused, open_writer(lake):
        pass
    shutil.move(find_lake(lake).home, find_lake(lake).home.with_name("aside"))
    download_backup(lake)
    with open_writer(lake) as writer:
        assert writer.ledger.count(schema.MATERIALS) == 3


def test_a_writer_that_was_taken_over_in_the_middle_publishes_nothing(lake):
    with open_writer(lake) as writer:
        put_material(writer, "mp-3", "s-3")
        taken = description(lake)
        taken["writer"] |= {"mark": "0123", "host": "another-machine"}
        store().pipe_file(f"{lake}/lake.json", json.dumps(taken).encode())
        with pytest.raises(LakeError, match="written from another-machine"):
            publish(writer.layout, writer.ledger)
    with ionlake.open_lake(lake) as opened:
        assert (opened.release, len(opened.query("FROM materials"))) == (1, 2)


def test_a_copy_that_is_older_than_the_current_release_cannot_take_over(lake, another_machine):
    another_machine()
    download_backup(lake)
    with closing(sqlite3.connect(find_lake(lake).ledger)) as copy, copy:
        copy.execute("UPDATE revision SET value = value - 1")
    with pytest.raises(LakeError, match="was left behind"), open_writer(lake):
        pass


def test_the_copy_in_the_store_knows_all_that_the_release_shows(lake, tmp_path):
    store().get_file(f"{lake}/ledger-backup.sqlite", str(tmp_path / "copy.sqlite"))
    with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
        (count,) = copy.execute("SELECT count(*) FROM descriptor_values").fetchone()
        (revision,) = copy.execute("SELECT value FROM revision").fetchone()
    with ionlake.open_lake(lake) as opened:
        assert opened.query("FROM release").ledger_revision.tolist() == [revision]
    assert count == 2


def test_to_look_at_a_lake_elsewhere_the_copy_serves(lake, another_machine):
    another_machine()
    layout = find_lake(lake)
    with read_ledger(layout) as ledger:
        assert ledger.count(schema.SCANS) == 2
    report = verify_lake(layout)
    assert sound(report)
    assert "copy of the last publication" in report.notes[0]
    assert not layout.home.exists()


def test_a_copy_of_a_store_is_not_written_from_the_ledger_of_the_other(lake):
    copy = lake.replace("/lake", "/copy")
    store().copy(lake, copy, recursive=True)
    with pytest.raises(LakeError, match="there is no ledger of it in"), open_writer(copy):
        pass
    download_backup(copy)
    with open_writer(copy) as writer:
        assert writer.ledger.count(schema.SCANS) == 2
    with open_writer(lake) as writer:
        assert writer.ledger.count(schema.SCANS) == 2


def test_a_lake_that_was_copied_from_a_folder_asks_for_its_ledger(url, tmp_path):
    with open_writer(tmp_path / "lake", create=True) as writer:
        put_material(writer, "mp-1", "s-1")
        put_scan(writer, "s-1")
        publish(writer.layout, writer.ledger)
    store().put(str(tmp_path / "lake"), url, recursive=True)
    with ionlake.open_lake(url) as opened:
        assert len(opened.query("FROM candidates")) == 1
    refused = pytest.raises(LakeError, match=r"copy the ledger\.sqlite of the lake it was copied")
    with refused, open_writer(url):
        pass
    shutil.copy(tmp_path / "lake" / "ledger.sqlite", find_lake(url).ledger)
    with open_writer(url) as writer:
        assert writer.ledger.count(schema.SCANS) == 1
    assert description(url)["writer"]["home"] == str(find_lake(url).home)
