"""What all parts of one run share: the lake, the method, and the tally of what happened."""

from dataclasses import dataclass, field

from ionlake.lake.failures import Failure
from ionlake.lake.layout import new_attempt
from ionlake.lake.writer import LakeWriter
from ionlake.pipeline.jobs import GridPlace, ScanJob
from ionlake.pipeline.plan import Method, Task
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.report import Reporter
from ionlake.structures.record import StructureRecord

_LONGEST_MESSAGE = 500


@dataclass
class RunContext:
    """One run at work.

    Attributes:
        run_id: The run.
        writer: The lake, open for writing.
        method: How the materials are scanned.
        potential: What workers load.
        reporter: Who follows.
        committed: Tasks that this run has computed and committed.
        failures: What failed in this run.
        n_energies: Energies the potential was asked for.
    """

    run_id: str
    writer: LakeWriter
    method: Method
    potential: PotentialSettings
    reporter: Reporter
    committed: list[Task] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    n_energies: int = 0

    def scan_job(self, task: Task, *, reduced: bool = True) -> ScanJob:
        """A scan as workers get it.

        Args:
            task: The material.
            reduced: False to evaluate every point of every ion.
        """
        settings, potential = self.method.settings, self.potential
        return ScanJob(task.scan_id, task.structure, settings, potential, self.run_id, reduced)

    def grid_place(self, task: Task) -> GridPlace:
        """A fresh place for the grid of a material."""
        layout = self.writer.layout
        path = layout.grid(task.scan_id, new_attempt())
        return GridPlace(path, layout.relative(path))

    def fail(
        self,
        material_id: str,
        stage: str,
        error: str,
        message: str,
        structure: StructureRecord | None = None,
    ) -> None:
        """Commit a failure and tell about it; the run goes on.

        Args:
            material_id: The material.
            stage: ``read``, ``check``, ``scan`` or ``describe``.
            error: Kind of error.
            message: What was wrong; its first line is kept.
            structure: The crystal, if it could be read.
        """
        attempted = structure is not None
        failure = Failure(
            material_id=material_id,
            stage=stage,
            error=error,
            message=(message.splitlines() or [error])[0][:_LONGEST_MESSAGE],
            run_id=self.run_id,
            structure_id=structure.structure_id if structure is not None else None,
            mobile_species=self.method.settings.mobile_species if attempted else None,
            grid_protocol=self.method.settings.grid_protocol if attempted else None,
            potential=self.method.card.name if attempted else None,
            potential_id=self.method.card.potential_id if attempted else None,
        )
        self.writer.ledger.record_failure(failure)
        self.failures.append(failure)
        self.reporter.material_failed(failure)
