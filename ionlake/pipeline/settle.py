"""Commit what came back from the workers: rows in the ledger, and nothing else counts."""

from ionlake.lake.staging import remove_staging
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.jobs import FinishedDescription, FinishedScan, StepFailure
from ionlake.pipeline.plan import Task, Todo


def commit(run: RunContext, result: FinishedScan | FinishedDescription) -> None:
    """Commit a finished material.

    Args:
        run: The run.
        result: What was done.
    """
    ledger = run.writer.ledger
    with ledger.together():
        if isinstance(result, FinishedScan):
            ledger.commit_scan(result.scan)
        described = result.described
        ledger.commit_descriptors(described.descriptors, described.mobile_ions)


def tell(run: RunContext, task: Task, result: FinishedScan | FinishedDescription) -> None:
    """Count a committed material, remove what it had staged, and tell about it.

    Args:
        run: The run.
        task: What was to be done.
        result: What was done.
    """
    if isinstance(result, FinishedScan):
        run.n_energies += result.n_energies
        remove_staging(run.writer.layout.staging(task.scan_id))
    run.committed.append(task)
    run.reporter.material_done(", ".join(task.material_ids))


def fail(run: RunContext, task: Task, failure: StepFailure) -> None:
    """Commit the failure of a material.

    Args:
        run: The run.
        task: What was to be done.
        failure: Why it was not.
    """
    stage = "describe" if task.todo is Todo.DESCRIBE else "scan"
    for material_id in task.material_ids:
        run.fail(material_id, stage, failure.error, failure.message, task.structure)
