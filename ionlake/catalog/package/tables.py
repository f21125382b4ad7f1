"""Tables of a release as Parquet files, and what their columns mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ionlake.catalog.access import Lake
from ionlake.catalog.package.public import public_rows

LEFT_OUT: Final = ("failures", "pathway_points")
"""Messages about one machine; and what ``pathways`` and ``grids`` hold already."""


@dataclass(frozen=True)
class PackagedColumn:
    """A column of a packaged table.

    Attributes:
        name: Its name.
        dtype: Its DuckDB type.
        comment: What it means, unit included.
    """

    name: str
    dtype: str
    comment: str


@dataclass(frozen=True)
class PackagedTable:
    """A table as it is packaged.

    Attributes:
        name: Its name.
        comment: What one row is.
        columns: Its columns in order.
        n_rows: Number of rows.
    """

    name: str
    comment: str
    columns: tuple[PackagedColumn, ...]
    n_rows: int


def write_tables(lake: Lake, folder: Path) -> list[PackagedTable]:
    """Write every table of a release that has rows as a Parquet file.

    Comments of tables and columns are in the files too, as metadata ``description``. Settings of
    runs and references of materials name no folder and no machine, see
    `ionlake.catalog.package.public`.

    Args:
        lake: The lake, open at the release.
        folder: There already.
    """
    written = []
    for name, (comment, columns) in _described(lake).items():
        if name in LEFT_OUT:
            continue
        rows = public_rows(name, lake.arrow(f'FROM "{name}"'))
        if rows.num_rows:
            table = PackagedTable(name, comment, columns, rows.num_rows)
            pq.write_table(_commented(rows, table), folder / f"{name}.parquet")
            written.append(table)
    return written


def _described(lake: Lake) -> Mapping[str, tuple[str, tuple[PackagedColumn, ...]]]:
    """Comment and columns of each table and view, by name."""
    relations = lake.arrow(
        "SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal"
        " UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY name"
    ).to_pylist()
    columns = lake.arrow(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE NOT internal ORDER BY table_name, column_index"
    ).to_pylist()
    return {
        relation["name"]: (
            relation["comment"] or "",
            tuple(
                PackagedColumn(row["column_name"], row["data_type"], row["comment"] or "")
                for row in columns
                if row["table_name"] == relation["name"]
            ),
        )
        for relation in relations
    }


def _commented(rows: pa.Table, table: PackagedTable) -> pa.Table:
    fields = [
        field.with_metadata({"description": column.comment})
        for field, column in zip(rows.schema, table.columns, strict=True)
    ]
    return rows.cast(pa.schema(fields, metadata={"description": table.comment}))
