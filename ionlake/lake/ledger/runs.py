"""Facts about runs: when, with what settings, what came of it."""

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.ledger.file import LedgerFile


class RunFacts(LedgerFile):
    """The runs of a lake."""

    def start_run(
        self, run_id: str, recipe: str, settings: Mapping[str, Any], versions: Mapping[str, str]
    ) -> None:
        """Record the start of a run.

        Args:
            run_id: From `new_run_id`.
            recipe: Name of the recipe.
            settings: The recipe with all defaults filled in, as JSON values.
            versions: Versions of ionlake and its main dependencies.
        """
        row = dict.fromkeys(schema.RUNS.column_names) | {
            "run_id": run_id,
            "recipe": recipe,
            "settings": json.dumps(settings, sort_keys=True),
            "status": "running",
            "started_at": datetime.now(UTC),
            "versions": json.dumps(versions, sort_keys=True),
        }
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    def note_plan(self, run_id: str, *, to_do: int, quarantined: int, gone: int) -> None:
        """Record what a run has found to do, as soon as it is known.

        Args:
            run_id: The run.
            to_do: Materials that lack a scan or descriptors.
            quarantined: Materials left out because they failed too often.
            gone: Materials that have left their source.
        """
        counts = {"to_do": to_do, "quarantined": quarantined, "gone": gone}
        row = self._started(run_id) | {f"materials_{name}": n for name, n in counts.items()}
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    def note_to_do(self, run_id: str, to_do: Iterable[tuple[str, str, str]]) -> None:
        """Record which materials a run has to do, in place of those of runs of its recipe before.

        Args:
            run_id: The run.
            to_do: Materials, each with the potential and the descriptors that it will have.
        """
        of_its_recipe = (
            "DELETE FROM to_do WHERE run_id IN (SELECT run_id FROM runs WHERE recipe ="
            " (SELECT recipe FROM runs WHERE run_id = ?))"
        )
        with self._transaction():
            self._connection.execute(of_its_recipe, (run_id,))
            for each in to_do:
                row = dict(zip(schema.TO_DO.column_names, (run_id, *each), strict=True))
                sql.replace_row(self._connection, schema.TO_DO, row)

    def forget_to_do(self, run_id: str) -> None:
        """Forget what a run had to do: a later one of its recipe has looked again."""
        with self._transaction():
            sql.delete_rows(self._connection, schema.TO_DO, {"run_id": run_id})

    def runs_with_to_do(self) -> set[str]:
        """Runs of which it is noted what they had to do."""
        if not self.has(schema.TO_DO):
            return set()
        return sql.select_column(self._connection, schema.TO_DO, "run_id")

    def count_pending(self) -> int:
        """Number of materials that runs had to do and that wait still, for each potential.

        What failed in the run that was to do it does not wait.
        """
        if not self.has(schema.TO_DO):
            return 0
        query = (
            "SELECT count(*) FROM (SELECT DISTINCT material_id, descriptor_id FROM to_do"
            " WHERE descriptor_id NOT IN (SELECT descriptor_id FROM descriptor_values)"
            " AND (run_id, material_id, potential_id) NOT IN"
            " (SELECT run_id, material_id, potential_id FROM failures"
            " WHERE stage IN ('scan', 'describe') AND potential_id IS NOT NULL))"
        )
        return int(self._connection.execute(query).fetchone()[0])

    def finish_run(
        self,
        run_id: str,
        *,
        materials_read: int,
        materials_computed: int,
        materials_reused: int,
        materials_failed: int,
        energies_evaluated: int,
        status: str = "finished",
    ) -> None:
        """Record the end of a run; do so before the run's last release is published.

        Args:
            run_id: The run.
            materials_read: Materials the source offered.
            materials_computed: Materials scanned or described in this run.
            materials_reused: Materials that needed no computing.
            materials_failed: Materials that failed in this run.
            energies_evaluated: Energies the potential was asked for.
            status: ``finished``, ``stopped`` when its time was over, ``interrupted`` from outside,
                or ``failed``.

        Raises:
            LakeError: The run was never started.
        """
        counts = {
            "materials_read": materials_read,
            "materials_computed": materials_computed,
            "materials_reused": materials_reused,
            "materials_failed": materials_failed,
            "energies_evaluated": energies_evaluated,
        }
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, self._started(run_id) | counts)
            self.end_run(run_id, status)

    def end_run(self, run_id: str, status: str) -> None:
        """Record how and when a run ended, where there is nothing to count.

        Args:
            run_id: The run.
            status: As `finish_run` takes it.
        """
        run = self._started(run_id)
        finished = datetime.now(UTC)
        seconds = (finished - run["started_at"]).total_seconds()
        row = run | {"status": status, "finished_at": finished, "wall_seconds": seconds}
        with self._transaction():
            sql.replace_row(self._connection, schema.RUNS, row)

    def _started(self, run_id: str) -> dict[str, Any]:
        run = self.row(schema.RUNS, run_id)
        if run is None:
            raise LakeError(f"run {run_id} is not in the ledger: record its start first")
        return run


def new_run_id() -> str:
    """An identifier for a run that starts now; later ones sort after earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}"
