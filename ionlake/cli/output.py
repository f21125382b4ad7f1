"""Results on standard output: a table for people, CSV, JSON or Parquet for machines."""

import csv
import io
import itertools
import json
import math
import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionlake.errors import QueryError, SettingsError

if TYPE_CHECKING:
    import pyarrow as pa


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def write_arrow(table: "pa.Table", how: Format, output: Path | None = None) -> None:
    """Write a query's result.

    Args:
        table: The result.
        how: Format; CSV has a header and rows only, JSON is an array of objects. A file asked for
            as a table is written as CSV.
        output: File to write; standard output by default.

    Raises:
        SettingsError: If Parquet would go to a terminal.
        QueryError: If columns of one name would be lost in JSON.
    """
    if how is Format.TABLE and output is None:
        columns = [column.to_pylist() for column in table.columns]
        print_table(table.column_names, list(zip(*columns, strict=True)))
        return
    if how is Format.PARQUET:
        _write_parquet(table, output)
        return
    if how is Format.JSON:
        _require_different_names(table.column_names)
        text = to_json(table.to_pylist()) + "\n"
    else:
        text = to_csv(table)
    write_text(text, output)


def to_json(value: Any) -> str:
    """JSON text; numbers that JSON cannot hold become null, times ISO text."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def to_csv(table: "pa.Table") -> str:
    """CSV text: empty where there is no value, lists as JSON, times as ISO text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([json.dumps(v) if isinstance(v, list) else _plain(v) for v in row])
    return text.getvalue()


def print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table; on a terminal, columns that do not fit are left out and counted."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(text) for text in (name, *column))
        for name, *column in zip(names, *cells, strict=True)
    ]
    shown = _fitting(widths)
    numeric = [any(isinstance(row[i], int | float) for row in rows) for i in range(shown)]
    for line in ([*names], *cells):
        texts = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=False)
        ]
        sys.stdout.write("  ".join(texts).rstrip() + "\n")
    if shown < len(names):
        sys.stderr.write(
            f"{len(names) - shown} more columns do not fit ({', '.join(names[shown:][:4])}"
            f"{', ...' if len(names) - shown > 4 else ''}): select some, or use --format csv\n"
        )


def duration(seconds: float) -> str:
    """A time for people: two digits of the unit that suits it."""
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{_two_digits(seconds / length)} {unit}"
    return f"{_two_digits(seconds)} s"


def size(n_bytes: float) -> str:
    """An amount of data for people."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= length:
            return f"{_two_digits(n_bytes / length)} {unit}"
    return f"{_two_digits(n_bytes / 1e3)} kB"


def ignored_note(paths: tuple[Path, ...]) -> str:
    """One line about files that were passed over."""
    names = ", ".join(path.name for path in paths[:3])
    more = ", ..." if len(paths) > 3 else ""
    return f"{len(paths)} files are no crystals by their names and were passed over: {names}{more}"


def fetched_note(n_done: int, n_total: int) -> str:
    """One line about a database that is being read."""
    return f"{n_done} of {n_total} materials read from the database"


def waiting_note(reason: str, seconds: float) -> str:
    """One line about a database that did not answer."""
    return f"the database did not answer: {reason}; asking again in {seconds:.0f} s"


def _two_digits(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def _fitting(widths: Sequence[int]) -> int:
    """How many columns fit side by side on the terminal; all where there is none."""
    if not sys.stdout.isatty():
        return len(widths)
    room = shutil.get_terminal_size().columns
    ends = itertools.accumulate(width + 2 for width in widths)
    return max(1, sum(end - 2 <= room for end in ends))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _require_different_names(names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise QueryError(
            f"several columns are called {', '.join(repeated)}, which JSON cannot hold: name them "
            "apart with AS"
        )


def _write_parquet(table: "pa.Table", output: Path | None) -> None:
    import pyarrow.parquet as pq

    if output is not None:
        pq.write_table(table, output)
    elif sys.stdout.isatty():
        raise SettingsError("Parquet is binary: name a file with --output, or redirect the output")
    else:
        pq.write_table(table, sys.stdout.buffer)


def write_text(text: str, output: Path | None) -> None:
    """Write text to a file; to standard output by default."""
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
