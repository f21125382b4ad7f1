"""What a run tells while it works and when it is done."""

from dataclasses import dataclass
from pathlib import Path

from ionlake.lake.failures import Failure
from ionlake.structures.sources.interface import SourceFollower


class Reporter(SourceFollower):
    """Follows a run. This one says nothing; overwrite what is of interest."""

    def planned(self, n_scan: int, n_describe: int, n_reused: int, n_failed: int) -> None:
        """The run knows what it has to do."""

    def files_ignored(self, paths: tuple[Path, ...]) -> None:
        """Files in the source's folders that are no crystals by their names."""

    def structure_changed(self, material_id: str, before: str, now: str) -> None:
        """A material of the lake has another structure now; the old one stays in the lake."""

    def cluster_ready(self, n_workers: int, dashboard: str | None) -> None:
        """Workers are there; the address of Dask's dashboard if it has one."""

    def work_added(self, cost: float) -> None:
        """So many core-seconds of work were found, as predicted; negative where less is left."""

    def energies_done(self, n_energies: int, cost: float) -> None:
        """Work is done and stored; its cost is its predicted time in core-seconds."""

    def material_done(self, name: str) -> None:
        """A material is committed."""

    def material_failed(self, failure: Failure) -> None:
        """A material failed; the run goes on."""


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    With an ensemble, computed, reused, failed, quarantined and pending materials count once for
    each potential.

    Attributes:
        run_id: Identity of the run in the table ``runs``.
        recipe: Name of the recipe.
        lake: Folder of the lake, or its URL.
        status: ``finished``, ``stopped`` when its time was over, or ``interrupted`` from outside;
            what was done is kept.
        materials_read: Materials the source offered.
        materials_computed: Materials scanned or described in this run.
        materials_reused: Materials that needed no computing.
        materials_failed: Materials that failed in this run.
        energies_evaluated: Energies the potential was asked for (zero if nothing was missing).
        materials_quarantined: Materials left out because they failed too often.
        materials_pending: Materials that still need computing.
        changes: Number of materials for each kind of change of the source.
        wall_seconds: Duration, s.
        release: Number of the lake's current release.
        failures: The failures of this run.
    """

    run_id: str
    recipe: str
    lake: str
    status: str
    materials_read: int
    materials_computed: int
    materials_reused: int
    materials_failed: int
    energies_evaluated: int
    materials_quarantined: int
    materials_pending: int
    changes: dict[str, int]
    wall_seconds: float
    release: int | None
    failures: tuple[Failure, ...]

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped from outside."""
        return self.status == "interrupted"
