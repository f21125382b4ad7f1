"""What tables and columns of the lake are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: its name, its DuckDB type and what it means, unit included."""

    name: str
    dtype: str
    comment: str


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    Attributes:
        name: Name in the ledger and in every release.
        comment: What one row is.
        key: Names of the columns that identify a row.
        columns: All columns in order.
    """

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns in order."""
        return tuple(column.name for column in self.columns)


def columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns from triples of name, DuckDB type and comment."""
    return tuple(Column(*row) for row in rows)
