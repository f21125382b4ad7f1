"""What a run of dynamics tells while it works and when it is done."""

from dataclasses import dataclass

from ionlake.lake.failures import Failure


class MdReporter:
    """Follows a run. This one says nothing; overwrite what is of interest."""

    def planned(self, n_runs: int, n_done: int, left_ps: float) -> None:
        """So many runs are wanted, so many are in the lake already, so much time is to simulate."""

    def cluster_ready(self, n_workers: int, dashboard: str | None) -> None:
        """Workers are there; the address of Dask's dashboard if it has one."""

    def piece_done(self, label: str, simulated_ps: float) -> None:
        """A piece of a run is stored."""

    def run_done(self, label: str, said: str) -> None:
        """A trajectory is analysed and committed, and this is what it says."""

    def run_failed(self, label: str, failure: Failure) -> None:
        """A run failed; the others go on."""


@dataclass(frozen=True)
class MdSummary:
    """What a run of dynamics did.

    Attributes:
        run_id: Identity of the run in the table ``runs``.
        recipe: Name of the recipe.
        lake: Folder of the lake.
        status: ``finished``, ``stopped`` when its time was over, or ``interrupted`` from outside;
            what was done is kept.
        materials: Materials selected.
        materials_quarantined: Materials left out because they failed too often.
        md_runs: Runs of dynamics that were wanted.
        md_runs_reused: Those in the lake already.
        md_runs_finished: Those finished now.
        md_runs_failed: Those that failed now.
        md_runs_pending: Those still to be finished.
        simulated_ps: Time simulated now, ps.
        ns_per_day: Simulated time per day of this run, all workers together, ns.
        wall_seconds: Duration, s.
        release: Number of the lake's current release.
        failures: The failures of this run.
    """

    run_id: str
    recipe: str
    lake: str
    status: str
    materials: int
    materials_quarantined: int
    md_runs: int
    md_runs_reused: int
    md_runs_finished: int
    md_runs_failed: int
    md_runs_pending: int
    simulated_ps: float
    ns_per_day: float
    wall_seconds: float
    release: int | None
    failures: tuple[Failure, ...]

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped from outside."""
        return self.status == "interrupted"
