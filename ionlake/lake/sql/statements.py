"""Running one statement: only such as read, for so long, with errors people understand."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any, Final, TypeVar

import duckdb

from ionlake.errors import QueryError

LONGEST_MESSAGE: Final = 400
_READING: Final = {
    duckdb.StatementType.SELECT,  # with FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.MULTI,  # PIVOT
}
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
    try:
        require_reading(sql)
        with _stopped_after(cursor, timeout_s) as stopped:
            try:
                answer = cursor.sql(sql, params=parameters)
                if answer is not None:
                    return collect(answer)
            except duckdb.InterruptException as error:
                if not stopped.is_set():
                    raise KeyboardInterrupt from error
                raise QueryError(
                    f"the statement took longer than {timeout_s:g} s: ask for less, or give it"
                    " more time (--timeout)"
                ) from error
    except duckdb.Error as error:
        raise QueryError(one_line(error)) from error
    raise QueryError("the SQL statement is empty: write one, such as SELECT * FROM candidates")


def require_reading(sql: str) -> None:
    """Refuse what is not one statement that reads.

    Raises:
        QueryError: Several statements, or one that could change something.
        duckdb.Error: It is not SQL.
    """
    statements = duckdb.extract_statements(sql)
    if len(statements) > 1:
        raise QueryError(f"got {len(statements)} SQL statements, expected one: ask them one by one")
    if statements and statements[0].type not in _READING:
        raise QueryError(_ONLY_READING)


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


@contextmanager
def _stopped_after(cursor: duckdb.DuckDBPyConnection, timeout_s: float | None) -> Iterator[Event]:
    """Interrupt the cursor after a time; the event tells that this has happened."""
    stopped = Event()
    if timeout_s is None:
        yield stopped
        return

    def stop() -> None:
        stopped.set()
        cursor.interrupt()

    timer = Timer(timeout_s, stop)
    timer.daemon = True
    timer.start()
    try:
        yield stopped
    finally:
        timer.cancel()
