"""A large scan on its way: planned, evaluated in blocks, verified orbit by orbit, finished."""

from dataclasses import dataclass, field
from typing import Any

from ionlake.lake.layout import new_attempt
from ionlake.lake.staging import remove_staging
from ionlake.pipeline.blocks import Block, covers, missing_blocks, points_in
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.jobs import (
    FinishedScan,
    GridPlace,
    PlannedOrbit,
    PlannedScan,
    ScanJob,
    StagedBlock,
    StepFailure,
    VerifiedOrbit,
)
from ionlake.pipeline.plan import Task
from ionlake.pipeline.settle import commit, fail, tell
from ionlake.pipeline.steps import (
    block_step,
    finish_scan_step,
    plan_step,
    scan_step,
    verify_step,
)
from ionlake.pipeline.work import Outlook, Work


@dataclass(eq=False)
class LargeScan:
    """A scan that is cut into blocks of points; each block is staged and never computed again.

    Attributes:
        run: The run.
        task: The material.
        reduced: False to evaluate every point of every ion.
        ended: Whether the material has ended, well or badly.
    """

    run: RunContext
    task: Task
    reduced: bool = True
    ended: bool = False
    _planned: PlannedScan | None = None
    _blocks: dict[int, list[StagedBlock]] = field(default_factory=dict)
    _verified: dict[int, VerifiedOrbit] = field(default_factory=dict)
    _owed_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Until it is planned, it takes what the quick prediction says."""
        self._owed_s = self.task.seconds

    @property
    def label(self) -> str:
        """Formula of the material."""
        return self.task.structure.formula

    def begin(self) -> list[Work]:
        """Plan the scan on a worker, which also looks at what an earlier run has staged."""
        rows = self.run.writer.ledger.staged_blocks(self.task.scan_id)
        if not all(row["reduced"] for row in rows):
            self.reduced = False
        layout = self.run.writer.layout
        staged = [
            StagedBlock(
                Block(row["orbit_ion"], row["first_point"], row["n_points"]),
                layout.resolve(row["staging_path"]),
                float(row["compute_seconds"]),
                row["device"],
            )
            for row in rows
            if row["reduced"] == self.reduced
        ]
        args = (self._job, staged)
        return [Work(self, plan_step, args, 0.0, leads_to_s=self.task.seconds)]

    def take(self, result: Any, outlook: Outlook) -> list[Work]:
        """Take in one result; returns what can be done now."""
        match result:
            case StepFailure():
                return self._failed(result, outlook)
            case PlannedScan():
                return self._on_plan(result, outlook)
            case StagedBlock():
                return self._on_block(result, outlook)
            case VerifiedOrbit():
                return self._on_verified(result, outlook)
            case _:
                self._on_finished(result, outlook)
                return []

    def divide(self, work: Work) -> list[Work]:
        """After its worker was lost: the same again, it belongs to one material."""
        return [work]

    @property
    def _job(self) -> ScanJob:
        return self.run.scan_job(self.task, reduced=self.reduced)

    @property
    def _plan(self) -> PlannedScan:
        if self._planned is None:
            raise RuntimeError("a result came back from a scan that was never planned")
        return self._planned

    def _on_plan(self, planned: PlannedScan, outlook: Outlook) -> list[Work]:
        self._planned = planned
        cost = planned.cost
        outlook.expect(cost.plan_s)
        outlook.done(cost.plan_s, planned.seconds, 0)
        for staged in planned.staged:
            self._blocks.setdefault(staged.block.ion, []).append(staged)
        whole = cost.scan_s(orbit.n_points for orbit in planned.orbits) - cost.plan_s
        if not planned.staged and whole <= outlook.block_s:
            self._owe(whole, outlook)
            return [Work(self, scan_step, (self._job, self._place()), whole)]
        cut = self._job.settings.accuracy == "full"
        size = points_in(outlook.block_s, cost.point_s, cut=cut)
        parts = [self._missing(index, orbit, size) for index, orbit in enumerate(planned.orbits)]
        checks = sum(cost.check_s(orbit.n_points) for orbit in planned.orbits)
        blocks = [work for works in parts for work in works if work.step is block_step]
        self._owe(sum(work.seconds for work in blocks) + checks + cost.finish_s, outlook)
        return [work for works in parts for work in works]

    def _owe(self, seconds: float, outlook: Outlook) -> None:
        """From now on this much is left to do."""
        outlook.expect(seconds - self._owed_s)
        self._owed_s = seconds

    def _missing(self, index: int, orbit: PlannedOrbit, size: int) -> list[Work]:
        """The blocks of an orbit that are not staged, or its verification if all of them are."""
        staged = [each.block for each in self._blocks.get(orbit.ion, [])]
        missing = missing_blocks(orbit.ion, orbit.n_points, staged, size)
        if not missing:
            return [self._verify(index, orbit)]
        return [self._block(block) for block in missing]

    def _block(self, block: Block) -> Work:
        layout = self.run.writer.layout
        path = layout.staged_block(self.task.scan_id, block.ion, block.first, new_attempt())
        seconds = self._plan.cost.block_s(block.n_points)
        return Work(self, block_step, (self._job, block, path), seconds)

    def _on_block(self, staged: StagedBlock, outlook: Outlook) -> list[Work]:
        block = staged.block
        self.run.writer.ledger.stage_block(
            {
                "scan_id": self.task.scan_id,
                "orbit_ion": block.ion,
                "first_point": block.first,
                "n_points": block.n_points,
                "reduced": self.reduced,
                "staging_path": self.run.writer.layout.relative(staged.path),
                "device": staged.device,
                "compute_seconds": staged.seconds,
            }
        )
        self._blocks.setdefault(block.ion, []).append(staged)
        predicted = self._plan.cost.block_s(block.n_points)
        self._done(outlook, predicted, staged.seconds, staged.n_energies)
        for index, orbit in enumerate(self._plan.orbits):
            blocks = (each.block for each in self._blocks[block.ion])
            if orbit.ion == block.ion and covers(orbit.n_points, blocks):
                return [self._verify(index, orbit)]
        return []

    def _verify(self, index: int, orbit: PlannedOrbit) -> Work:
        args = (self._job, index, self._blocks[orbit.ion])
        return Work(self, verify_step, args, self._plan.cost.check_s(orbit.n_points))

    def _on_verified(self, verified: VerifiedOrbit, outlook: Outlook) -> list[Work]:
        self._verified[verified.index] = verified
        cost, orbits = self._plan.cost, self._plan.orbits
        predicted = cost.check_s(orbits[verified.index].n_points)
        self._done(outlook, predicted, verified.seconds, verified.verification.n_energies)
        if len(self._verified) < len(orbits):
            return []
        blocks = [each for orbit in orbits for each in self._blocks[orbit.ion]]
        checked = [self._verified[index] for index in range(len(orbits))]
        args = (self._job, blocks, checked, self._plan.seconds, self._place())
        return [Work(self, finish_scan_step, args, cost.finish_s)]

    def _on_finished(self, finished: FinishedScan, outlook: Outlook) -> None:
        self.ended = True
        commit(self.run, finished)
        remove_staging(self.run.writer.layout.staging(self.task.scan_id))
        outlook.done(self._owed_s, finished.seconds, finished.n_energies)
        tell(self.run, self.task, finished)

    def _failed(self, failure: StepFailure, outlook: Outlook) -> list[Work]:
        """End this attempt; where symmetry was to blame, begin again without it."""
        self.ended = True
        outlook.skip(self._owed_s)
        if failure.certificate and self.reduced:
            self.run.writer.ledger.forget_blocks(self.task.scan_id)
            remove_staging(self.run.writer.layout.staging(self.task.scan_id))
            outlook.expect(self.task.seconds)
            return LargeScan(self.run, self.task, reduced=False).begin()
        fail(self.run, self.task, failure)
        return []

    def _done(
        self, outlook: Outlook, predicted_s: float, measured_s: float, n_energies: int = 0
    ) -> None:
        self._owed_s -= predicted_s
        self.run.n_energies += n_energies
        outlook.done(predicted_s, measured_s, n_energies)

    def _place(self) -> GridPlace:
        return self.run.grid_place(self.task)
