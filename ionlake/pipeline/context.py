"""What all parts of one run share: the lake, the potentials, and the tally of what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ionlake.lake.failures import Failure
from ionlake.lake.layout import new_attempt
from ionlake.lake.writer import LakeWriter
from ionlake.pipeline.clock import Clock
from ionlake.pipeline.jobs import GridPlace, ScanJob
from ionlake.pipeline.plan import Task
from ionlake.pipeline.recipe import MAX_ATTEMPTS, PotentialSettings
from ionlake.pipeline.report import Reporter


@dataclass
class RunContext:
    """One run at work.

    Attributes:
        run_id: The run.
        writer: The lake, open for writing.
        potentials: What workers load, by the id of the potential.
        reporter: Who follows.
        max_attempts: Failures with the same inputs after which a material is quarantined.
        clock: What tells the time.
        committed: Tasks that this run has computed and committed.
        failures: What failed in this run.
        n_energies: Energies the potential was asked for.
    """

    run_id: str
    writer: LakeWriter
    potentials: Mapping[str, PotentialSettings]
    reporter: Reporter
    max_attempts: int = MAX_ATTEMPTS
    clock: Clock = field(default_factory=Clock)
    committed: list[Task] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    n_energies: int = 0

    def scan_job(self, task: Task, *, reduced: bool = True) -> ScanJob:
        """A scan as workers get it.

        Args:
            task: The material.
            reduced: False to evaluate every point of every ion.
        """
        settings, card = task.method.settings_of(task.structure), task.method.card
        potential = self.potentials[card.potential_id]
        return ScanJob(
            task.scan_id,
            task.structure,
            settings,
            potential,
            card.potential_id,
            self.run_id,
            reduced,
        )

    def grid_place(self, task: Task) -> GridPlace:
        """A fresh place for the grid of a material."""
        layout = self.writer.layout
        path = layout.grid(task.scan_id, new_attempt())
        return GridPlace(path, layout.relative(path))

    def fail(self, failure: Failure) -> None:
        """Commit a failure and tell about it; the run goes on.

        Args:
            failure: What failed.
        """
        self.writer.ledger.record_failure(failure, self.max_attempts)
        self.failures.append(failure)
        self.reporter.material_failed(failure)
