"""Running one statement: only such as read, for so long, with errors people understand."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, Final, TypeVar

import duckdb

from ionlake.errors import QueryError

LONGEST_MESSAGE: Final = 400
_AGAIN_S: Final = 0.1
_READING: Final = {
    duckdb.StatementType.SELECT,  # with FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE
    duckdb.StatementType.MULTI,  # PIVOT
}
_GAP: Final = r"(?:\s|--[^\n]*\n|/\*.*?\*/)"
_EXPLAIN: Final = re.compile(
    rf"{_GAP}*EXPLAIN\b{_GAP}*(?:ANALYZE\b|\((?:\s|,|ANALYZE\b|FORMAT\s+\w+)+\))?",
    re.DOTALL | re.IGNORECASE,
)
_ONLY_READING: Final = (
    "releases are read-only: only statements that read (SELECT, DESCRIBE, ...) are allowed"
)
_FROM_PYTHON: Final = re.compile(
    r"^.*Python exception occurred while executing the UDF: (?:\w+: )?", re.DOTALL
)

Result = TypeVar("Result")


def run_statement(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Sequence[Any] | None,
    collect: Callable[[duckdb.DuckDBPyRelation], Result],
    timeout_s: float | None = None,
) -> Result:
    """Answer one statement.

    Args:
        cursor: A connection that nothing else uses meanwhile.
        sql: One statement; ``?`` stand for parameters.
        parameters: Their values.
        collect: Makes the result of what DuckDB answers.
        timeout_s: Time after which it is stopped, s.

    Raises:
        QueryError: The statement is wrong, would change something, or takes too long.
    """

    def answer() -> tuple[Result] | None:
        relation = cursor.sql(sql, params=parameters)
        return None if relation is None else (collect(relation),)

    try:
        require_reading(sql)
        answered = _supervised(cursor, answer, timeout_s)
    except duckdb.Error as error:
        raise QueryError(one_line(error)) from error
    if answered is None:
        raise QueryError("the SQL statement is empty: write one, such as SELECT * FROM candidates")
    return answered[0]


def require_reading(sql: str) -> None:
    """Refuse what is not one statement that reads.

    Raises:
        QueryError: Several statements, or one that could change something.
        duckdb.Error: It is not SQL.
    """
    statements = duckdb.extract_statements(sql)
    if len(statements) > 1:
        raise QueryError(f"got {len(statements)} SQL statements, expected one: ask them one by one")
    if statements and not _reads(statements[0], sql):
        raise QueryError(_ONLY_READING)


def _reads(statement: duckdb.Statement, sql: str) -> bool:
    """Whether a statement only reads; what EXPLAIN ANALYZE explains is carried out."""
    try:
        kind = statement.type
    except ValueError:  # a kind that DuckDB has and its Python package has no name for
        return False
    if kind != duckdb.StatementType.EXPLAIN:
        return kind in _READING
    begin = _EXPLAIN.match(sql)
    explained = duckdb.extract_statements(sql[begin.end() :]) if begin else []
    return len(explained) == 1 and _reads(explained[0], sql[begin.end() :] if begin else "")


def one_line(error: duckdb.Error) -> str:
    """DuckDB's message without its picture of the statement, its hints kept."""
    text = str(error).split("\n\nLINE ", maxsplit=1)[0]
    line = " ".join(_FROM_PYTHON.sub("", text).split())
    if "read-only mode" in line:
        return _ONLY_READING
    fact, _, hint = line.partition(" Did you mean ")
    if "Table with name" in fact and re.match(r'"\S*pg_', hint):
        return f"{fact} SHOW TABLES lists what there is, candidates is the one to start from"
    return line if len(line) <= LONGEST_MESSAGE else line[:LONGEST_MESSAGE] + " ..."


def _supervised(
    cursor: duckdb.DuckDBPyConnection, work: Callable[[], Result], timeout_s: float | None
) -> Result:
    """Do the work in a thread of its own, so that this one can stop it: in time, or by Ctrl-C."""
    outcome: Future[Result] = Future()

    def target() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            outcome.set_exception(error)

    Thread(target=target, daemon=True).start()
    try:
        wait([outcome], timeout_s)
        if outcome.done():
            return outcome.result()
        raise QueryError(
            f"the statement took longer than {timeout_s:g} s: ask for less, or give it more time"
        )
    finally:
        while not outcome.done():  # an interrupt that comes before the statement begins is lost
            cursor.interrupt()
            wait([outcome], _AGAIN_S)
