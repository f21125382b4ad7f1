"""Commit what came back from the workers: rows in the ledger, and nothing else counts."""

from ionlake.pipeline.context import RunContext
from ionlake.pipeline.failing import failure_of
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
        ledger.commit_descriptors(described.descriptors, described.mobile_ions, described.pathways)
        ledger.put_grid_chunks(described.descriptors["scan_id"], described.chunks)


def tell(run: RunContext, task: Task, result: FinishedScan | FinishedDescription) -> None:
    """Count a committed material and tell about it.

    Args:
        run: The run.
        task: What was to be done.
        result: What was done.
    """
    if isinstance(result, FinishedScan):
        run.n_energies += result.n_energies
    run.committed.append(task)
    names = ", ".join(task.material_ids)
    several = len(run.potentials) > 1
    run.reporter.material_done(f"{names} with {task.method.card.name}" if several else names)


def fail(run: RunContext, task: Task, failure: StepFailure) -> None:
    """Commit the failure of a material.

    Args:
        run: The run.
        task: What was to be done.
        failure: Why it was not.

    Raises:
        LakeError: The lake's folder could not be written, which is no material's fault.
        WorkerRefusedError: Nor is a worker that differs from the run.
    """
    failure.raise_if_blameless()
    stage = "describe" if task.todo is Todo.DESCRIBE else "scan"
    error, message = failure.error, failure.message
    for material_id in task.material_ids:
        run.fail(
            failure_of(task.method, run.run_id, material_id, stage, error, message, task.structure)
        )
