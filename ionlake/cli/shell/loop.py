"""Reading statements, one after the other, and showing what they give."""

import sys
import time
from collections.abc import Iterator
from typing import TextIO

import duckdb

from ionlake.catalog.access import Lake
from ionlake.cli.output import Format, write_arrow
from ionlake.cli.shell.commands import run_command
from ionlake.cli.shell.reading import line_reader
from ionlake.errors import IonlakeError


def interactive(lake: Lake, timeout_s: float | None, most_rows: int) -> None:
    """Talk to a person until they leave; errors are shown and the talk goes on.

    Args:
        lake: The lake, open.
        timeout_s: Time after which a statement is stopped, s.
        most_rows: Most rows shown of an answer.
    """
    sys.stdout.write(f"{lake.path}, release {lake.release}. .help for help, .quit to leave.\n")
    read = line_reader(lake)
    text = ""
    while True:
        try:
            line = read("ionlake> " if not text else "    ...> ")
        except EOFError:
            break
        except KeyboardInterrupt:
            text = ""
            continue
        text = f"{text}\n{line}" if text else line
        if not is_complete(text):
            continue
        try:
            if not _answer(lake, text.strip(), timeout_s, most_rows):
                break
        except IonlakeError as error:
            sys.stderr.write(f"{error}\n")
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
        text = ""


def piped(lake: Lake, source: TextIO, timeout_s: float | None) -> None:
    """Answer the statements of a pipe, all rows of each.

    Args:
        lake: The lake, open.
        source: Statements, each ended by ``;``, and commands on lines of their own.
        timeout_s: Time after which a statement is stopped, s.

    Raises:
        QueryError: A statement is wrong; those before it were answered.
    """
    for text in _pieces(source):
        if not _answer(lake, text, timeout_s, None):
            break


def is_complete(text: str) -> bool:
    """Whether what was typed is a command, nothing, or ends a statement.

    A semicolon inside a string or a comment ends nothing.
    """
    text = text.strip()
    if not text or text.startswith("."):
        return True
    if not text.endswith(";"):
        return False
    try:
        statements = duckdb.extract_statements(text)
        return len(duckdb.extract_statements(f"{text} SELECT 1")) > len(statements)
    except duckdb.Error:
        return _is_hopeless(text)


def _is_hopeless(text: str) -> bool:
    """Whether no further line can mend what DuckDB does not understand."""
    return not any(_parses(text + end) for end in ("'", '"', "*/", "$$"))


def _parses(text: str) -> bool:
    try:
        duckdb.extract_statements(text)
    except duckdb.Error:
        return False
    return True


def _pieces(source: TextIO) -> Iterator[str]:
    text = ""
    for line in source:
        text += line
        if text.strip() and is_complete(text):
            yield text.strip()
            text = ""
    if text.strip():
        yield text.strip()


def _answer(lake: Lake, text: str, timeout_s: float | None, most_rows: int | None) -> bool:
    """Carry out a command or the statements of a line; whether the talk goes on."""
    if text.startswith("."):
        shown = run_command(lake, text)
        sys.stdout.write(shown or "")
        return shown is not None
    if not text:
        return True
    for statement in _statements(text):
        started = time.perf_counter()
        table = lake.arrow(statement, timeout_s=timeout_s)
        if most_rows is None:
            write_arrow(table, Format.TABLE)
            continue
        write_arrow(table.slice(0, most_rows), Format.TABLE)
        hidden = f", {most_rows} shown" if len(table) > most_rows else ""
        seconds = time.perf_counter() - started
        sys.stdout.write(f"({len(table)} rows{hidden}, {seconds:.2f} s)\n")
    return True


def _statements(text: str) -> list[str]:
    try:
        return [statement.query for statement in duckdb.extract_statements(text)]
    except duckdb.Error:
        return [text]  # asked as it is, its error says what is wrong
