import hashlib
import subprocess
import sys
import threading

import duckdb
import pytest

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.digests import digest_file, file_sha256, read_digest
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.release import current_path, current_release, is_outdated, publish_release
from ionlake.lake.views import VIEW_NAMES
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan, scan_row, structure_row


@pytest.fixture
def writer(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as opened:
        put_material(opened, "mp-1", "s-1")
        yield opened


def names_in(releases):
    return [path.name for path in sorted(releases.iterdir()) if path.suffix != ".sha256"]


@pytest.fixture
def publish(writer):
    def publish_and_open():
        assert publish_release(writer.layout, writer.ledger) is not None
        return ReleaseReader.open(writer.layout)

    return publish_and_open


def test_a_release_shows_the_ledger_with_types_and_nulls(writer, publish):
    put_scan(writer, "s-1")
    release = publish()
    (material,) = release.rows("SELECT * FROM materials")
    assert material["elements"] == ["Li", "O"]
    assert material["energy_above_hull_ev_per_atom"] is None
    assert material["has_transition_metal"] is False
    (structure,) = release.rows("SELECT * FROM structures")
    assert structure["cell_ang"] == structure_row()["cell_ang"].tolist()
    for table in schema.TABLES:
        columns = release.rows(f"DESCRIBE {table.name}")
        assert [(column["column_name"], column["column_type"]) for column in columns] == [
            (column.name, column.dtype) for column in table.columns
        ]


def test_an_empty_lake_has_a_release_too(publish):
    release = publish()
    for name in VIEW_NAMES:
        assert release.rows(f"SELECT * FROM {name}") == []


def test_every_table_view_and_column_is_described(publish):
    release = publish()
    tables = "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND NOT internal"
    views = "SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal"
    columns = (
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE coalesce(comment, '') = '' AND NOT internal"
    )
    assert [release.rows(sql) for sql in (tables, views, columns)] == [[], [], []]
    (described,) = release.rows("SELECT count(*) AS n FROM duckdb_columns() WHERE NOT internal")
    assert described["n"] > sum(len(table.columns) for table in schema.TABLES)


def test_nothing_new_is_not_published(writer, publish):
    first = publish().info
    assert publish_release(writer.layout, writer.ledger) is None
    assert not is_outdated(writer.layout, writer.ledger)
    assert names_in(writer.layout.releases) == ["release-000001.duckdb"]
    put_scan(writer, "s-1")
    second = publish().info
    assert (first.number, second.number) == (1, 2)
    assert second.ledger_revision > first.ledger_revision
    assert second == current_release(writer.layout)


def test_an_open_release_stays_as_it_was_while_newer_ones_come(writer, publish):
    before = publish()
    put_scan(writer, "s-1")
    after = publish()
    count = "SELECT count(*) AS n FROM scans"
    assert [release.rows(count)[0]["n"] for release in (before, after)] == [0, 1]
    again = ReleaseReader.open(writer.layout, 1)
    assert (again.info.number, again.rows(count)[0]["n"]) == (1, 0)


def test_readers_meet_whole_releases_only(writer, publish):
    publish()
    seen, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            release = ReleaseReader.open(writer.layout)
            (row,) = release.rows(
                "SELECT (SELECT count(*) FROM scans) AS scans,"
                " (SELECT count(*) FROM candidates) AS candidates,"
                " (SELECT number FROM release) AS number"
            )
            release.close()
            seen.append(row)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 6):
        put_material(writer, f"mp-{number}", f"s-{number}")
        put_scan(writer, f"s-{number}")
        publish_release(writer.layout, writer.ledger)
    stop.set()
    reader.join()
    assert seen
    assert all(row["scans"] == row["candidates"] == row["number"] - 1 for row in seen)


def test_another_process_reads_while_the_writer_is_at_work(writer, publish):
    publish()
    look = (
        "import sys; import ionlake\n"
        "with ionlake.open_lake(sys.argv[1]) as lake:\n"
        "    print(lake.release, lake.query('SELECT formula FROM materials').formula[0])"
    )
    command = [sys.executable, "-c", look, str(writer.layout.root)]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert seen == "1 Li2O\n"


def test_a_failed_publication_leaves_the_current_release(writer, publish, monkeypatch):
    publish()
    put_scan(writer, "s-1")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ionlake.lake.release.replace_file", no_space)
    with pytest.raises(LakeError, match=r"No space left on device.*readers keep the one before"):
        publish_release(writer.layout, writer.ledger)
    assert current_path(writer.layout).name == "release-000001.duckdb"
    assert names_in(writer.layout.releases) == ["release-000001.duckdb"]
    monkeypatch.undo()
    assert publish().info.number == 2


def test_a_release_that_was_never_named_is_left_alone(writer, publish):
    publish()
    writer.layout.release(2).write_bytes(b"cut off before CURRENT was replaced")
    put_scan(writer, "s-1")
    assert publish().info.number == 3
    assert writer.layout.release(2).read_bytes().startswith(b"cut off")


def test_a_lost_release_is_named_and_published_again(writer, publish):
    publish().close()
    current_path(writer.layout).unlink()
    with pytest.raises(LakeError, match=r"release-000001\.duckdb cannot be opened .*publish again"):
        ReleaseReader.open(writer.layout)
    assert publish().info.number == 2  # a number never stands for two releases
    writer.layout.current.write_text("nonsense\n")
    with pytest.raises(LakeError, match="says 'nonsense'"):
        ReleaseReader.open(writer.layout)
    assert publish().info.number == 3


def test_a_release_comes_with_its_sha256(writer, publish):
    publish().close()
    path = current_path(writer.layout)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest_file(path).read_text() == f"{digest}  {path.name}\n"
    assert read_digest(path) == file_sha256(path) == digest
    digest_file(path).write_text(f"{digest}  {path.name}")
    with pytest.raises(LakeError, match=r"holds no SHA-256 of release-000001\.duckdb"):
        read_digest(path)


def test_a_lake_without_a_release_says_what_to_do(writer):
    assert current_release(writer.layout) is None
    with pytest.raises(LakeError, match="no release yet: run a recipe"):
        ReleaseReader.open(writer.layout)


def test_a_release_may_be_open_twice_and_by_others_in_one_process(publish, writer):
    first, second = publish(), ReleaseReader.open(writer.layout)
    with duckdb.connect(current_path(writer.layout), read_only=True) as other:
        assert other.execute("SELECT number FROM release").fetchone() == (1,)
    second.close()
    assert first.rows("SELECT number FROM release") == [{"number": 1}]


def test_a_run_that_ends_travels_with_the_next_release(writer, publish):
    writer.ledger.start_run("20260101T000000-aaaaaa", "quickstart", {}, {})
    put_scan(writer, "s-1")
    (run,) = publish().rows("SELECT * FROM runs")
    assert run["recipe"] == "quickstart"
    assert run["started_at"].tzinfo is None
    assert run["finished_at"] is None


def test_no_row_is_lost_between_batches(writer, publish, monkeypatch):
    monkeypatch.setattr("ionlake.lake.release_tables._BATCH", 7)
    for index in range(30):
        writer.ledger.commit_scan(scan_row(f"s-{index}"))
    (row,) = publish().rows("SELECT count(DISTINCT scan_id) AS n FROM scans")
    assert row["n"] == 30
