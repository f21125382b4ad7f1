"""Results on standard output: a table for people, CSV, JSON or Parquet for machines."""

import json
import math
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionlake.errors import SettingsError

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
        how: Format; CSV has a header and rows only, JSON is an array of objects.
        output: File to write; standard output by default.

    Raises:
        SettingsError: If Parquet would go to a terminal.
    """
    if how is Format.TABLE and output is None:
        print_table(table.column_names, [list(row.values()) for row in table.to_pylist()])
        return
    if how is Format.PARQUET:
        _write_parquet(table, output)
        return
    if how is Format.JSON:
        text = to_json(table.to_pylist()) + "\n"
    else:
        text = table.to_pandas().to_csv(index=False)
    _write_text(text, output)


def to_json(value: Any) -> str:
    """JSON text; numbers that JSON cannot hold become null, times ISO text."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for index, name in enumerate(names):
        numeric = any(isinstance(row[index], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, markup=False, highlight=False, emoji=False).print(table)


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


def _write_parquet(table: "pa.Table", output: Path | None) -> None:
    import pyarrow.parquet as pq

    if output is not None:
        pq.write_table(table, output)
    elif sys.stdout.isatty():
        raise SettingsError("Parquet is binary: name a file with --output, or redirect the output")
    else:
        pq.write_table(table, sys.stdout.buffer)


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
