"""How a lake is doing, for people and for monitoring: what waits, what failed, how fast it goes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.lake.rows import Row


@dataclass(frozen=True)
class Health:
    """The state of a lake's work.

    Attributes:
        pending: Materials that the last run of each recipe found to need computing, without those
            that are computed now or that failed in it; once for each potential of an ensemble. In
            a lake that has taken over from others, the last runs of each of them count. None where
            these are of an older ionlake, which did not note the materials.
        failed: Materials with a failure that stands, without the quarantined ones.
        quarantined: Materials that are not tried again until their inputs change.
        last_run: Identifier of the last run, None before the first.
        last_run_recipe: Its recipe.
        last_run_status: As in ``runs``; ``cut off`` for a run that is not running any more.
        last_run_started_at: Its start, UTC.
        materials_per_hour: Materials that it computed per hour, None until it has ended.
        energies_per_hour: Energies that it evaluated per hour, None until it has ended.
    """

    pending: int | None = 0
    failed: int = 0
    quarantined: int = 0
    last_run: str | None = None
    last_run_recipe: str | None = None
    last_run_status: str | None = None
    last_run_started_at: datetime | None = None
    materials_per_hour: float | None = None
    energies_per_hour: float | None = None


def read_health(ledger: Ledger, *, writing: bool) -> Health:
    """Sum up runs and failures.

    Args:
        ledger: The ledger, open.
        writing: Whether a writer is at work.

    Raises:
        LakeError: An older ionlake wrote the ledger.
    """
    runs = list(ledger.rows(schema.RUNS))
    failures = list(ledger.rows(schema.FAILURES))
    waiting = {row["material_id"] for row in failures if row["quarantine_reason"] is not None}
    counts = Health(
        pending=_pending(runs, failures, ledger),
        failed=len({row["material_id"] for row in failures} - waiting),
        quarantined=len(waiting),
    )
    return _with_run(counts, runs[-1], writing=writing) if runs else counts


def _with_run(counts: Health, run: Row, *, writing: bool) -> Health:
    cut_off = run["status"] == "running" and not writing
    return Health(
        pending=counts.pending,
        failed=counts.failed,
        quarantined=counts.quarantined,
        last_run=run["run_id"],
        last_run_recipe=run["recipe"],
        last_run_status="cut off" if cut_off else run["status"],
        last_run_started_at=run["started_at"],
        materials_per_hour=_per_hour(run, "materials_computed"),
        energies_per_hour=_per_hour(run, "energies_evaluated"),
    )


def _pending(runs: Sequence[Row], failures: Sequence[Row], ledger: Ledger) -> int | None:
    """What runs have left undone, however they ended."""
    noted, latest = ledger.runs_with_to_do(), {run["recipe"]: run for run in runs}
    older = [r for r in latest.values() if r["materials_to_do"] and r["run_id"] not in noted]
    if older and schema.MERGE in latest:
        return None
    return ledger.count_pending() + sum(_left(run, failures, ledger) for run in older)


def _left(run: Row, failures: Iterable[Row], ledger: Ledger) -> int:
    """What a run of an older ionlake, which noted only numbers, has left undone."""
    failed = {
        (row["material_id"], row["potential_id"])
        for row in failures
        if row["run_id"] == run["run_id"] and row["stage"] in {"scan", "describe"}
    }
    left = int(run["materials_to_do"]) - ledger.count_described_by(run["run_id"]) - len(failed)
    return max(0, left)


def _per_hour(run: Row, column: str) -> float | None:
    if run[column] is None or not run["wall_seconds"]:
        return None
    return float(3600.0 * run[column] / run["wall_seconds"])
