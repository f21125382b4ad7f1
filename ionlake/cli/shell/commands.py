"""The shell's own commands, which begin with a dot."""

from collections.abc import Callable, Iterable
from typing import Final

from ionlake.catalog.access import Lake
from ionlake.errors import QueryError

_RELATIONS: Final = """
    SELECT table_name AS name, comment FROM duckdb_tables() WHERE database_name = 'lake'
    UNION ALL
    SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'lake' AND NOT internal
    ORDER BY name
"""
_MACROS: Final = """
    SELECT function_name AS name, array_to_string(parameters, ', ') AS parameters, comment
    FROM duckdb_functions()
    WHERE database_name = 'memory' AND comment IS NOT NULL
    ORDER BY name
"""
_COLUMNS: Final = """
    SELECT column_name, data_type, comment FROM duckdb_columns()
    WHERE table_name = ? AND database_name = 'lake'
    ORDER BY column_index
"""
_NAMES: Final = """
    SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'lake'
"""
_COMMANDS: Final = (".tables", ".schema", ".help", ".quit")
_HELP: Final = """\
A statement ends with ; and may take several lines:
  SELECT formula, Xi, mpe FROM candidates ORDER BY Xi DESC LIMIT 10;

.tables         tables and views, with what they hold
.schema NAME    columns of a table or view with their meaning; what a macro gives
.help           this page
.quit           leave (so does Ctrl-D); Ctrl-C stops a statement

Macros:
"""


def run_command(lake: Lake, line: str) -> str | None:
    """Carry out a command.

    Args:
        lake: The lake, open.
        line: What was typed, from its dot on.

    Returns:
        What to show; None to leave the shell.

    Raises:
        QueryError: There is no such command, or no such name.
    """
    name, *words = line.rstrip(";").split()
    commands: dict[str, Callable[[], str | None]] = {
        ".tables": lambda: _tables(lake),
        ".schema": lambda: _schema(lake, words),
        ".help": lambda: _help(lake),
        ".quit": lambda: None,
    }
    if name not in commands:
        raise QueryError(f"there is no command {name}: .help lists those there are")
    return commands[name]()


def words_to_complete(lake: Lake) -> list[str]:
    """Names of tables, columns and macros, and the commands."""
    names = {row["name"] for row in lake.arrow(_MACROS).to_pylist()}
    for row in lake.arrow(_NAMES).to_pylist():
        names |= {row["table_name"], row["column_name"]}
    return [*sorted(names), *_COMMANDS]


def _tables(lake: Lake) -> str:
    return _lines((row["name"], row["comment"]) for row in lake.arrow(_RELATIONS).to_pylist())


def _help(lake: Lake) -> str:
    return _HELP + _lines(
        (f"{row['name']}({row['parameters']})", "\n    " + row["comment"])
        for row in lake.arrow(_MACROS).to_pylist()
    )


def _schema(lake: Lake, words: list[str]) -> str:
    if len(words) != 1:
        raise QueryError(".schema takes the name of one table, view or macro, as .help lists them")
    (name,) = words
    columns = lake.arrow(_COLUMNS, [name]).to_pylist()
    if columns:
        return _lines((f"{c['column_name']} {c['data_type']}", c["comment"]) for c in columns)
    for macro in lake.arrow(_MACROS).to_pylist():
        if macro["name"] == name:
            return f"{name}({macro['parameters']})\n    {macro['comment']}\n"
    raise QueryError(f"there is no table, view or macro {name!r}: .tables and .help list them")


def _lines(pairs: Iterable[tuple[str, str | None]]) -> str:
    rows = list(pairs)
    width = min(32, max((len(name) for name, _ in rows), default=0))
    return "".join(f"{name.ljust(width)}  {comment or ''}\n" for name, comment in rows)
