import pytest

from ionlake.catalog.explorer import asking
from ionlake.catalog.explorer.asking import EXAMPLES, ask, describe_tables
from ionlake.errors import QueryError


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_run(lake, name):
    assert ask(lake, EXAMPLES[name]).complete


def test_an_answer_holds_no_more_than_a_page(lake, monkeypatch):
    monkeypatch.setattr(asking, "MOST_ROWS", 10)
    answer = ask(lake, "FROM range(1000000000000) -- the first are enough")
    assert len(answer.table) == 10
    assert not answer.complete


def test_what_a_table_cannot_show_is_text(lake):
    table = ask(lake, "SELECT [1, 2] AS a, {'k': 1} AS b, 1 AS same, 2 AS same;").table
    assert table.a[0] == "[1, 2]"
    assert len(set(table.columns)) == 4


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "DROP TABLE materials",
        "DELETE FROM materials",
        "SELECT 1; SELECT 2",
        "ATTACH '/tmp/x.duckdb'",
        "COPY materials TO '/tmp/x.csv'",
        "FROM read_csv('/etc/passwd')",
        "FROM read_text('/etc/passwd')",
        "FROM '/etc/passwd'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT 1) TO '/tmp/x' --",
    ],
)
def test_statements_that_do_more_than_read_are_refused(lake, sql):
    with pytest.raises(QueryError):
        ask(lake, sql)
    assert not ask(lake, "FROM materials").table.empty


def test_a_statement_that_never_ends_is_stopped(lake, monkeypatch):
    monkeypatch.setattr(asking, "TIME_LIMIT_S", 0.3)
    with pytest.raises(QueryError, match="longer than"):
        ask(lake, "SELECT count(*) FROM range(1000000000) a, range(1000000000) b")


def test_tables_are_described(lake):
    tables = describe_tables(lake)
    assert {"candidates", "labels", "mobile_ions"} <= set(tables)
    assert all(comment for _, _, comment in tables["candidates"])
