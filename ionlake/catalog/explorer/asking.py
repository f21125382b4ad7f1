"""SQL that visitors of the page write."""

import time
from dataclasses import dataclass
from typing import Final

import duckdb
import pandas as pd

from ionlake.catalog.access import Lake
from ionlake.errors import QueryError
from ionlake.lake.sql.statements import one_line, require_reading

MOST_ROWS: Final = 10_000
TIME_LIMIT_S: Final = 10.0

EXAMPLES: Final = {
    "Best without a transition metal": (
        "SELECT material_id, formula, Xi, mpe, percolation_barrier_3d_ev, min_image_distance_ang\n"
        "FROM candidates\nWHERE NOT has_transition_metal\nORDER BY Xi DESC\nLIMIT 20"
    ),
    "Sulfides": (
        "SELECT material_id, formula, Xi, mpe\nFROM candidates\n"
        "WHERE list_contains(elements, 'S')\nORDER BY mpe"
    ),
    "By number of elements": (
        "SELECT n_elements, count(*) AS n_materials, median(mpe) AS median_mpe_ev\n"
        "FROM candidates\nGROUP BY n_elements\nORDER BY n_elements"
    ),
    "With low sites far from every mobile ion": (
        "SELECT formula, material_id, min(energy_ev) AS lowest_energy_ev\n"
        "FROM sites_below(0.5, beyond_ang := 1.5)\nGROUP BY ALL\nORDER BY lowest_energy_ev"
    ),
    "What failed": "FROM failures",
    "Meaning of the columns": (
        "SELECT column_name, data_type, comment\nFROM duckdb_columns()\n"
        "WHERE table_name = 'candidates'"
    ),
}
"""Statements to begin with, by what they ask."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a statement gave.

    Attributes:
        table: Its rows, at most `MOST_ROWS`; what a table cannot show is text.
        complete: Whether these are all.
        seconds: How long it took, s.
    """

    table: pd.DataFrame
    complete: bool
    seconds: float


def ask(lake: Lake, sql: str) -> Answer:
    """Answer one statement that reads, at most for `TIME_LIMIT_S`.

    Args:
        lake: An open lake.
        sql: The statement.

    Raises:
        QueryError: It is empty or wrong, would change something, or takes too long.
    """
    statement = sql.strip().rstrip(";").rstrip()
    if not statement:
        raise QueryError("the SQL statement is empty: write one, such as SELECT * FROM candidates")
    begin = time.perf_counter()
    table = lake.arrow(_limited(statement), timeout_s=TIME_LIMIT_S).to_pandas()
    seconds = time.perf_counter() - begin
    return Answer(_showable(table.head(MOST_ROWS)), len(table) <= MOST_ROWS, seconds)


def describe_tables(lake: Lake) -> dict[str, list[tuple[str, str, str]]]:
    """Name, type and comment of the columns of each table and view."""
    columns = lake.query(
        "SELECT table_name, column_name, data_type, any_value(comment) AS comment"
        " FROM duckdb_columns() WHERE NOT internal"
        " GROUP BY table_name, column_name, data_type, column_index"
        " ORDER BY table_name, column_index"
    )
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in columns.itertuples():
        told = (str(row.column_name), str(row.data_type), str(row.comment or ""))
        found.setdefault(str(row.table_name), []).append(told)
    return found


def _limited(statement: str) -> str:
    """The statement as a subquery that gives no more rows than a page holds.

    Raises:
        QueryError: It is not one statement that reads.
    """
    try:
        require_reading(statement)
    except duckdb.Error as error:
        raise QueryError(one_line(error)) from error
    if statement.lower().startswith("explain"):
        return statement
    # A line of its own, as the statement may end with a comment.
    return f"SELECT * FROM (\n{statement}\n) LIMIT {MOST_ROWS + 1}"  # noqa: S608 - the connection reads only


def _showable(table: pd.DataFrame) -> pd.DataFrame:
    """Lists, bytes and other objects as text; column names that differ."""
    shown = table.copy()
    for name in shown.columns:
        if shown[name].dtype == object:
            shown[name] = [None if value is None else _as_text(value) for value in shown[name]]
    shown.index.name = "row of the answer"
    return shown


def _as_text(value: object) -> str:
    listed = getattr(value, "tolist", None)
    return str(value if listed is None else listed())
