"""Several small materials as one task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ionlake.lake import schema
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.jobs import (
    DescribeItem,
    FinishedDescription,
    FinishedScan,
    ScanItem,
    StepFailure,
)
from ionlake.pipeline.large import LargeScan
from ionlake.pipeline.plan import Task, Todo
from ionlake.pipeline.settle import commit, fail, tell
from ionlake.pipeline.steps import bundle_step
from ionlake.pipeline.work import Outlook, Work


@dataclass(eq=False)
class Bundle:
    """Small materials that travel together; each of them ends for itself.

    Attributes:
        run: The run.
        tasks: What is to be done.
        ended: Whether the results are in.
    """

    run: RunContext
    tasks: Sequence[Task]
    ended: bool = False
    _seconds: float = field(init=False)

    def __post_init__(self) -> None:
        """Add up the predictions."""
        self._seconds = sum(task.seconds for task in self.tasks)

    @property
    def label(self) -> str:
        """Formula of the material, or the number of materials."""
        return self.tasks[0].structure.formula if len(self.tasks) == 1 else f"{len(self.tasks)}"

    def begin(self) -> list[Work]:
        """The one task that does all."""
        items = [self._item(task) for task in self.tasks]
        return [Work(self, bundle_step, (items,), self._seconds)]

    def take(self, result: Any, outlook: Outlook) -> list[Work]:
        """Commit what succeeded, in one transaction; send again what may succeed otherwise."""
        self.ended = True
        if isinstance(result, StepFailure):
            return self._apart(result, outlook)
        pairs = list(zip(self.tasks, result, strict=True))
        done = [(task, each) for task, each in pairs if not isinstance(each, StepFailure)]
        with self.run.writer.ledger.together():
            for _, each in done:
                commit(self.run, each)
        measured = sum(each.seconds for _, each in done)
        energies = sum(each.n_energies for _, each in done if isinstance(each, FinishedScan))
        predicted = sum(task.seconds for task, _ in done)
        outlook.done(predicted, measured, energies)
        outlook.skip(self._seconds - predicted)
        for task, each in done:
            tell(self.run, task, each)
        return [work for task, each in pairs for work in self._again(task, each, outlook)]

    def divide(self, work: Work) -> list[Work]:
        """After its worker was lost: each material alone."""
        if len(self.tasks) == 1:
            return [work]
        self.ended = True
        return self._one_by_one()

    def _one_by_one(self) -> list[Work]:
        return [work for task in self.tasks for work in Bundle(self.run, [task]).begin()]

    def _apart(self, failure: StepFailure, outlook: Outlook) -> list[Work]:
        """After a failure of all: each alone, so that only the one to blame fails."""
        if len(self.tasks) > 1 and not (failure.storage or failure.refused):
            return self._one_by_one()
        outlook.skip(self._seconds)
        fail(self.run, self.tasks[0], failure)
        return []

    def _again(
        self, task: Task, result: FinishedScan | FinishedDescription | StepFailure, outlook: Outlook
    ) -> list[Work]:
        if not isinstance(result, StepFailure):
            return []
        if result.certificate:
            outlook.expect(task.seconds)
            return LargeScan(self.run, task, reduced=False).begin()
        fail(self.run, task, result)
        return []

    def _item(self, task: Task) -> ScanItem | DescribeItem:
        run, layout = self.run, self.run.writer.layout
        if task.todo is Todo.DESCRIBE:
            scan = run.writer.ledger.row(schema.SCANS, task.scan_id)
            return DescribeItem(layout.resolve((scan or {})["grid_path"]), run.run_id)
        return ScanItem(run.scan_job(task), run.grid_place(task))
