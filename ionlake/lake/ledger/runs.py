"""Facts about runs: when, with what settings, what came of it."""

import json
import secrets
from collections.abc import Mapping
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
