"""Reading one release by SQL."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa

from ionlake.errors import LakeError
from ionlake.lake import files
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.release import ReleaseInfo, current_path, read_info
from ionlake.lake.sql.grid_store import GridStore
from ionlake.lake.sql.session import (
    NO_LIMITS,
    Limits,
    equip_session,
    open_session,
    session_cursor,
)
from ionlake.lake.sql.statements import run_statement


class ReleaseReader:
    """One release of a lake, open for reading.

    It stays on its release while newer ones are published, and may be shared by threads.

    Attributes:
        layout: Paths of the lake.
        connection: The locked DuckDB session; see `ionlake.lake.sql.session`.
        info: What the release says about itself.
        grids: Grids as SQL functions see them.
    """

    def __init__(self, layout: LakeLayout, connection: duckdb.DuckDBPyConnection) -> None:
        self.layout = layout
        self.connection = connection
        self.info: ReleaseInfo = read_info(connection)
        self.grids = GridStore(layout, self.info.number)

    @classmethod
    def open(
        cls, layout: LakeLayout, number: int | None = None, limits: Limits = NO_LIMITS
    ) -> Self:
        """Open a release with macros and functions, locked so that it may serve any SQL.

        Args:
            layout: Paths of the lake.
            number: Number of the release, by default the current one.
            limits: What statements may use.

        Raises:
            LakeError: Nothing is published yet, or there is no such release.
            SettingsError: A limit that DuckDB does not take.
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
        reader = cls(layout, open_session(path, limits))
        equip_session(reader.connection, reader.grids)
        return reader

    @classmethod
    def bare(cls, layout: LakeLayout, number: int) -> Self:
        """Open a release without macros and functions, for ionlake's own questions.

        Args:
            layout: Paths of the lake.
            number: Number of the release, which is there.
        """
        return cls(layout, open_session(layout.release(number)))

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> pd.DataFrame:
        """Answer an SQL statement with a data frame.

        Args:
            sql: One statement; ``?`` stand for parameters.
            parameters: Their values.
            timeout_s: Time after which it is stopped, s; by default it may take any time.

        Raises:
            QueryError: The statement is wrong, would change something, or takes too long.
        """
        frame: pd.DataFrame = self._run(sql, parameters, lambda result: result.df(), timeout_s)
        return frame

    def arrow(
        self,
        sql: str,
        parameters: Sequence[Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> pa.Table:
        """As `query`, with an Arrow table, which keeps lists and nulls as they are."""
        return self._run(sql, parameters, lambda result: result.to_arrow_table(), timeout_s)

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """As `query`, with a dictionary for each row."""
        names: list[str]
        names, rows = self._run(sql, parameters, lambda result: (result.columns, result.fetchall()))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _run(
        self,
        sql: str,
        parameters: Sequence[Any] | None,
        collect: Callable[[duckdb.DuckDBPyRelation], Any],
        timeout_s: float | None = None,
    ) -> Any:
        return run_statement(session_cursor(self.connection), sql, parameters, collect, timeout_s)


def _listed(layout: LakeLayout) -> str:
    found = (release_number(name) for name in files.names_in(layout.releases))
    return ", ".join(str(number) for number in found if number is not None) or "none"
