"""A connection that may serve SQL of strangers: it reads the release, and nothing else."""

import time
from threading import Timer

import duckdb
import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import QueryError, SettingsError
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan

NEVER_ENDS = (
    "SELECT count(*) FROM range(100000000000) a, range(1000000) b WHERE a.range + b.range = 7"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("locked") / "it's a lake"
    with open_writer(root, create=True) as writer:
        put_material(writer, "mp-1", "s-1")
        put_scan(writer, "s-1")
        publish(writer.layout, writer.ledger)
    return root


@pytest.fixture
def connection(root):
    with ionlake.connect(root) as opened:
        yield opened


HOSTILE = [
    "DELETE FROM materials",
    "UPDATE materials SET formula = 'x'",
    "INSERT INTO materials (material_id) VALUES ('x')",
    "DROP TABLE lake.candidates",
    "ALTER TABLE materials ADD COLUMN x INTEGER",
    "CREATE TABLE lake.mine (a INTEGER)",
    "CREATE VIEW lake.mine AS SELECT 1",
    "ATTACH 'other.duckdb'",
    "ATTACH '/etc/passwd' AS stolen",
    "COPY materials TO 'stolen.csv'",
    "COPY (SELECT 1) TO '/tmp/stolen.parquet'",
    "EXPORT DATABASE 'stolen'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/evil.duckdb_extension'",
    "FROM read_text('/etc/passwd')",
    "FROM read_blob('/etc/passwd')",
    "FROM read_csv('/etc/passwd')",
    "FROM read_json('/etc/passwd')",
    "FROM read_parquet('https://example.org/x.parquet')",
    "FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET memory_limit = '1TB'",
    "SET temp_directory = '/tmp'",
    "PRAGMA enable_profiling",
    "PRAGMA threads = 64",
    "CREATE SECRET mine (TYPE s3)",
    "CREATE PERSISTENT SECRET mine (TYPE s3)",
    "SELECT getenv('HOME')",
    "FROM secret_of_the_process",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_what_does_not_read_the_release_is_refused(connection, root, sql, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    secret_of_the_process = [1]  # noqa: F841 - DuckDB looks for Python's variables
    with pytest.raises(duckdb.Error):
        connection.execute(sql).fetchall()
    assert list(tmp_path.iterdir()) == []
    with ionlake.open_lake(root) as lake, pytest.raises(QueryError) as raised:
        lake.query(sql)
    assert "\n" not in str(raised.value)


def test_statements_of_a_lake_make_nothing_even_in_memory(root):
    with ionlake.open_lake(root) as lake:
        for sql in ("CREATE TEMP TABLE mine (a INTEGER)", "USE memory", "CALL checkpoint()"):
            with pytest.raises(QueryError, match="only statements that read"):
                lake.query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE CREATE TABLE memory.main.mine AS SELECT 1",
        "EXPLAIN /* ; */ ANALYZE CREATE TABLE memory.main.mine AS SELECT 1",
        "EXPLAIN (ANALYZE, FORMAT JSON) CREATE TABLE memory.main.mine AS SELECT 1",
        "UPDATE EXTENSIONS",
    ],
)
def test_what_explain_carries_out_must_read_too(root, sql):
    with ionlake.open_lake(root) as lake:
        with pytest.raises(QueryError, match="only statements that read"):
            lake.query(sql)
        tables = lake.query("SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'")
        assert "mine" not in set(tables.table_name)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN SELECT 1",
        "explain analyze FROM candidates",
        "EXPLAIN (FORMAT JSON) SELECT 1",
        "EXPLAIN (SELECT 1)",
        "-- why?\nEXPLAIN ANALYZE /* ; */ WITH a AS (SELECT 1) FROM a;",
    ],
)
def test_plans_of_what_reads_are_shown(root, sql):
    with ionlake.open_lake(root) as lake:
        assert len(lake.query(sql)) > 0


def test_no_bar_mixes_with_what_is_printed(connection):
    (row,) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    assert row == (False,)


def test_a_connection_of_ones_own_may_keep_results_in_its_memory(connection):
    connection.execute("CREATE TEMP TABLE best AS SELECT material_id, Xi FROM candidates")
    assert connection.execute("SELECT material_id FROM best").fetchall() == [("mp-1",)]
    assert connection.execute("SELECT count(*) FROM pes('mp-1')").fetchall() == [(240,)]


def test_what_does_not_fit_into_memory_is_an_error_and_no_file(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    large = "SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(30000000))"
    with (
        ionlake.connect(root, memory="50MB", threads=1) as small,
        pytest.raises(duckdb.OutOfMemoryException),
    ):
        small.execute(large).fetchall()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limits", [{"memory": "much"}, {"threads": 0}])
def test_limits_that_are_none_are_refused(root, limits):
    with pytest.raises(SettingsError, match="DuckDB does not take memory"):
        ionlake.connect(root, **limits)


def test_a_statement_that_never_ends_is_stopped(root):
    with ionlake.open_lake(root) as lake:
        started = time.perf_counter()
        for method in (lake.query, lake.arrow):
            with pytest.raises(QueryError, match=r"took longer than 0\.2 s"):
                method(NEVER_ENDS, timeout_s=0.2)
        assert time.perf_counter() - started < 60
        assert len(lake.query("FROM candidates", timeout_s=60)) == 1


def test_a_connection_of_ones_own_is_stopped_from_another_thread(connection):
    Timer(0.2, connection.interrupt).start()
    with pytest.raises(duckdb.InterruptException):
        connection.execute(NEVER_ENDS).fetchall()


def test_two_connections_of_a_process_do_not_meet(root):
    with ionlake.connect(root) as one, ionlake.connect(root) as other:
        one.execute("CREATE TEMP TABLE mine AS SELECT 1")
        assert other.execute("SELECT count(*) FROM candidates").fetchall() == [(1,)]
        with pytest.raises(duckdb.CatalogException):
            other.execute("FROM mine")


def test_older_releases_are_connected_by_number(root):
    with ionlake.connect(root, 1) as connection:
        assert connection.execute("SELECT number FROM release").fetchall() == [(1,)]
