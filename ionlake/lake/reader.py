"""Reading one release by SQL."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

import duckdb
import pandas as pd
import pyarrow as pa

from ionlake.errors import LakeError, QueryError
from ionlake.lake import files
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.release import ReleaseInfo, current_path, open_release_file, read_info

_LONGEST_MESSAGE: Final = 400


class ReleaseReader:
    """One release of a lake, open for reading.

    It stays on its release while newer ones are published, and may be shared by threads.

    Attributes:
        layout: Paths of the lake.
        info: What the release says about itself.
    """

    def __init__(self, layout: LakeLayout, connection: duckdb.DuckDBPyConnection) -> None:
        self.layout = layout
        self._connection = connection
        self.info: ReleaseInfo = read_info(connection)

    @classmethod
    def open(cls, layout: LakeLayout, number: int | None = None) -> Self:
        """Open a release.

        Args:
            layout: Paths of the lake.
            number: Number of the release, by default the current one.

        Raises:
            LakeError: Nothing is published yet, or there is no such release.
        """
        path = current_path(layout) if number is None else layout.release(number)
        if path is None:
            raise LakeError(
                f"the lake {layout.root} has no release yet: run a recipe on it, results appear"
                " when the first release is published"
            )
        if number is not None and not files.exists(path):
            raise LakeError(
                f"the lake {layout.root} has no release {number}: its releases are"
                f" {_listed(layout)}"
            )
        return cls(layout, open_release_file(path))

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> pd.DataFrame:
        """Answer an SQL statement with a data frame.

        Args:
            sql: One statement; ``?`` stand for parameters.
            parameters: Their values.

        Raises:
            QueryError: The statement is wrong, or would change something.
        """
        frame: pd.DataFrame = self._run(sql, parameters, lambda result: result.df())
        return frame

    def arrow(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        """As `query`, with an Arrow table, which keeps lists and nulls as they are."""
        return self._run(sql, parameters, lambda result: result.to_arrow_table())

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """As `query`, with a dictionary for each row."""
        names: list[str]
        names, rows = self._run(sql, parameters, lambda result: (result.columns, result.fetchall()))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _run(
        self,
        sql: str,
        parameters: Sequence[Any] | None,
        collect: Callable[[duckdb.DuckDBPyRelation], Any],
    ) -> Any:
        try:
            statements = duckdb.extract_statements(sql)
            if len(statements) > 1:
                raise QueryError(
                    f"got {len(statements)} SQL statements, expected one: ask them one by one"
                )
            result = self._connection.cursor().sql(sql, params=parameters)
            if result is not None:
                return collect(result)
        except duckdb.Error as error:
            raise QueryError(one_line(error)) from error
        raise QueryError("the SQL statement is empty: write one, such as SELECT * FROM candidates")


def _listed(layout: LakeLayout) -> str:
    found = (release_number(name) for name in files.names_in(layout.releases))
    return ", ".join(str(number) for number in found if number is not None) or "none"


def one_line(error: duckdb.Error) -> str:
    """DuckDB's message without its picture of the statement, its hints kept."""
    text = str(error).split("\n\nLINE ", maxsplit=1)[0]
    line = " ".join(text.split())
    if "read-only mode" in line:
        return (
            "releases are read-only: only statements that read (SELECT, DESCRIBE, ...) are allowed"
        )
    fact, _, hint = line.partition(" Did you mean ")
    if "Table with name" in fact and hint.startswith('"pg_'):
        return f"{fact} SHOW TABLES lists what there is, candidates is the one to start from"
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + " ..."
