"""Facts about molecular dynamics: staged pieces, trajectories, conductivities."""

from ionlake.lake import failures, schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.ledger.file import LedgerFile
from ionlake.lake.rows import Row


class DynamicsFacts(LedgerFile):
    """What runs of dynamics have come to."""

    def stage_piece(self, piece: Row) -> None:
        """Acknowledge a piece of a run of dynamics: the run goes on from its end.

        Args:
            piece: A row for ``staged_pieces``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.STAGED_PIECES, piece)

    def forget_pieces(self, md_run_id: str) -> None:
        """Forget the pieces of a run of dynamics, because they cannot be used."""
        with self._transaction():
            sql.delete_rows(self._connection, schema.STAGED_PIECES, {"md_run_id": md_run_id})

    def commit_trajectory(self, md_run: Row, diffusivity: Row) -> None:
        """Record a finished run of dynamics whose trajectory is written, and what it says.

        Its staged pieces are forgotten; the files are the caller's to remove, afterwards.

        Args:
            md_run: A row for ``md_runs``.
            diffusivity: A row for ``diffusivities``.
        """
        with self._transaction():
            sql.replace_row(self._connection, schema.MD_RUNS, md_run)
            sql.replace_row(self._connection, schema.DIFFUSIVITIES, diffusivity)
            self.forget_pieces(md_run["md_run_id"])
            self._bump()

    def commit_conductivity(self, conductivity: Row, *, complete: bool) -> None:
        """Record what a series of runs of dynamics says together.

        Args:
            conductivity: A row for ``conductivities``.
            complete: Whether no run of the series is missing, so that its failures are past.
        """
        with self._transaction():
            new = sql.put_row(
                self._connection, schema.CONDUCTIVITIES, conductivity, ignoring=("run_id",)
            )
            cleared = failures.clear_md(self._connection, conductivity) if complete else 0
            if new or cleared:
                self._bump()

    def withdraw_md_run(self, md_run_id: str) -> None:
        """Take back a run of dynamics and what was derived from it; it is run again then."""
        key = {"md_run_id": md_run_id}
        with self._transaction():
            run = self.row(schema.MD_RUNS, md_run_id)
            if run is not None:
                series = {"md_series_id": run["md_series_id"]}
                sql.delete_rows(self._connection, schema.CONDUCTIVITIES, series)
            for table in (schema.DIFFUSIVITIES, schema.MD_RUNS):
                sql.delete_rows(self._connection, table, key)
            self._bump()
