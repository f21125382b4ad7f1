"""Rows between Python, SQLite and Arrow, each value checked against its column.

SQLite has neither lists nor booleans nor times: lists are JSON text, booleans 0 and 1, times ISO
text in UTC. NaN becomes null, because a table has one way to say "no value"; infinities are
refused.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from numbers import Integral, Real
from typing import Any

import numpy as np
import pyarrow as pa

from ionlake.errors import LakeError
from ionlake.lake.schema import Column, Table

SqlValue = str | int | float | None
Row = Mapping[str, Any]

_ARROW = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}


def encode_row(table: Table, row: Row) -> list[SqlValue]:
    """One row as SQLite stores it, in the order of the table's columns.

    Args:
        table: The table.
        row: A value for every column of the table, None where there is none.

    Raises:
        LakeError: A column missing or unknown, or a value of another type.
    """
    names = table.column_names
    if row.keys() != set(names):
        missing = sorted(set(names) - row.keys())
        unknown = sorted(row.keys() - set(names))
        raise LakeError(
            f"a row for table {table.name} lacks {missing} and has unknown {unknown}:"
            " give exactly the columns of ionlake.lake.schema, None where there is no value"
        )
    return [_encode(table, column, row[column.name]) for column in table.columns]


def decode_row(table: Table, values: Sequence[SqlValue]) -> dict[str, Any]:
    """One row of SQLite as Python values."""
    return {
        column.name: _decode(column.dtype, value)
        for column, value in zip(table.columns, values, strict=True)
    }


def arrow_table(table: Table, rows: Sequence[Sequence[SqlValue]]) -> pa.Table:
    """Rows of SQLite as one Arrow table with the columns and types of the schema."""
    by_column = zip(*rows, strict=True) if rows else [()] * len(table.columns)
    arrays = [
        pa.array([_arrow_value(column.dtype, value) for value in values], arrow_type(column.dtype))
        for column, values in zip(table.columns, by_column, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=list(table.column_names))


def arrow_type(dtype: str) -> pa.DataType:
    """The Arrow type of a DuckDB type of the schema."""
    if dtype.endswith("[]"):
        return pa.list_(_ARROW[dtype.removesuffix("[]")])
    return _ARROW[dtype]


def _encode(table: Table, column: Column, value: Any) -> SqlValue:
    if value is None:
        return None
    try:
        if column.dtype.endswith("[]"):
            scalar = column.dtype.removesuffix("[]")
            return json.dumps([_encode_scalar(scalar, item) for item in _items(value)])
        return _encode_scalar(column.dtype, value)
    except TypeError as error:
        raise LakeError(
            f"column {table.name}.{column.name} got {value!r} ({type(value).__name__}),"
            f" expected {column.dtype}{error}: convert it before committing the row"
        ) from None


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    if isinstance(value, (list, tuple)):
        return value
    raise TypeError


def _encode_scalar(dtype: str, value: Any) -> SqlValue:
    match dtype:
        case "VARCHAR" if isinstance(value, str):
            return str(value)
        case "BOOLEAN" if isinstance(value, (bool, np.bool_)):
            return int(value)
        case "INTEGER" | "BIGINT" if isinstance(value, Integral) and not isinstance(value, bool):
            return int(value)
        case "DOUBLE" if isinstance(value, Real) and not isinstance(value, bool):
            return _finite_or_none(float(value))
        case "TIMESTAMP" if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(" in UTC" if dtype == "TIMESTAMP" else "")


def _finite_or_none(number: float) -> float | None:
    if math.isnan(number):
        return None
    if math.isinf(number):
        raise TypeError(", finite or None")
    return number


def _decode(dtype: str, value: SqlValue) -> Any:
    if value is None:
        return None
    if dtype.endswith("[]"):
        return json.loads(str(value))
    if dtype == "BOOLEAN":
        return bool(value)
    if dtype == "TIMESTAMP":
        return datetime.fromisoformat(str(value))
    return value


def _arrow_value(dtype: str, value: SqlValue) -> Any:
    decoded = _decode(dtype, value)
    return decoded.replace(tzinfo=None) if isinstance(decoded, datetime) else decoded
