"""Run a recipe: read its source, plan, compute what is missing, commit, publish."""

import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ionlake.catalog.publish import publish
from ionlake.errors import IonlakeError
from ionlake.lake import schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import new_run_id
from ionlake.lake.release import current_release
from ionlake.lake.writer import open_writer
from ionlake.pes.evaluator import evaluator_name
from ionlake.pipeline.cluster import open_cluster, worker_device
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.dispatch import Dispatcher
from ionlake.pipeline.plan import Method, Task, Todo, check_material, plan_run
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.report import Reporter, RunSummary
from ionlake.pipeline.rows import Row, material_row, structure_row
from ionlake.pipeline.sources import make_source
from ionlake.potentials.load import load_potential
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.files import FileSource
from ionlake.structures.sources.interface import SourceEntry

PUBLISH_EVERY_S: Final = 900.0
"""A long run publishes what it has this often, so that a ranking exists early."""

_VERSIONED: Final = ("ionlake", "sevenn", "torch", "numpy", "xarray", "zarr", "duckdb", "pymatgen")


def run_recipe(
    recipe: Recipe,
    lake: str | Path,
    reporter: Reporter | None = None,
    *,
    offline: bool = False,
) -> RunSummary:
    """Bring a lake up to date with a recipe.

    What is in the lake already is not computed again. A material that fails becomes a row of
    ``failures`` and the others go on. When interrupted, finished work is kept and published.

    Args:
        recipe: What to do.
        lake: Folder of the lake; made if there is none.
        reporter: Who follows the run.
        offline: Read the newest summaries of the database that the lake keeps, ask no server.

    Raises:
        LakeError: If the folder is not a lake, or another process writes to it.
        SourceError: If the source as a whole cannot be read.
        PotentialError: If the potential cannot be loaded.
        SettingsError: If the cluster cannot be had.
    """
    started = time.monotonic()
    reporter = reporter or Reporter()
    kept = LakeLayout(Path(lake)).summaries(recipe.source.kind)
    source = make_source(recipe, kept=kept, offline=offline, follower=reporter)
    entries = source.entries()
    if isinstance(source, FileSource) and source.ignored:
        reporter.files_ignored(source.ignored)
    potential = load_potential(recipe.potential.name, device="cpu", dtype=recipe.potential.dtype)
    evaluator = evaluator_name(potential, recipe.scan.evaluator)
    method = Method.resolve(recipe.scan, potential.card, evaluator)
    device = worker_device(recipe.cluster, recipe.potential.device)
    with open_writer(lake, create=True) as writer:
        run = RunContext(
            run_id=new_run_id(),
            writer=writer,
            method=method,
            potential=recipe.potential.model_copy(update={"device": device}),
            reporter=reporter,
        )
        writer.ledger.start_run(
            run.run_id, recipe.name, recipe.model_dump(mode="json"), _versions()
        )
        tasks, n_read = _read_and_plan(source.name, entries, run)
        interrupted = _compute(tasks, recipe, run)
        counts = _counts(run, tasks, n_read)
        status = "interrupted" if interrupted else "finished"
        writer.ledger.finish_run(run.run_id, status=status, **counts)
        publish(writer.layout, writer.ledger)
        release = current_release(writer.layout)
    return RunSummary(
        run_id=run.run_id,
        recipe=recipe.name,
        lake=str(lake),
        **counts,
        wall_seconds=time.monotonic() - started,
        release=None if release is None else release.number,
        interrupted=interrupted,
        failures=tuple(run.failures),
    )


def _read_and_plan(
    source: str, entries: Iterable[SourceEntry], run: RunContext
) -> tuple[list[Task], int]:
    """Read every material, record those that cannot be treated, and plan the others."""
    ledger = run.writer.ledger
    rows: list[tuple[Row, Row]] = []
    good: dict[str, StructureRecord] = {}
    unfit: list[tuple[SourceEntry, IonlakeError]] = []
    n_read = 0
    for entry in entries:
        n_read += 1
        if entry.structure is None:
            run.fail(entry.material_id, "read", str(entry.error_type), str(entry.error))
            continue
        before = ledger.row(schema.MATERIALS, entry.material_id)
        if before is not None and before["structure_id"] != entry.structure.structure_id:
            run.reporter.structure_changed(entry.material_id, before["reference"], entry.reference)
        known = ledger.row(schema.STRUCTURES, entry.structure.structure_id)
        row = material_row(entry, entry.structure, source, run.run_id)
        rows.append((row, known or structure_row(entry.structure)))
        try:
            check_material(entry.structure, run.method)
            good[entry.material_id] = entry.structure
        except IonlakeError as problem:
            unfit.append((entry, problem))
    ledger.put_materials(rows)
    for entry, error in unfit:
        run.fail(entry.material_id, "check", type(error).__name__, str(error), entry.structure)
    tasks = plan_run(good, run.method, ledger.finished_scans(), ledger.finished_descriptors())
    return tasks, n_read


def _compute(tasks: list[Task], recipe: Recipe, run: RunContext) -> bool:
    """Do what is missing; True if it was interrupted."""
    todo = [task for task in tasks if task.todo is not Todo.NOTHING]
    n_scan = sum(task.todo is Todo.SCAN for task in todo)
    run.reporter.planned(
        n_scan, len(todo) - n_scan, _n_materials(tasks) - _n_materials(todo), len(run.failures)
    )
    if not todo:
        return False
    published = time.monotonic()

    def publish_now_and_then() -> None:
        nonlocal published
        if time.monotonic() - published > PUBLISH_EVERY_S:
            publish(run.writer.layout, run.writer.ledger)
            published = time.monotonic()

    try:
        with open_cluster(recipe.cluster) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            run.reporter.cluster_ready(len(workers), client.dashboard_link)
            Dispatcher(client, run).do(todo, publish_now_and_then)
    except KeyboardInterrupt:
        return True
    return False


def _counts(run: RunContext, tasks: list[Task], n_read: int) -> dict[str, int]:
    return {
        "materials_read": n_read,
        "materials_computed": _n_materials(run.committed),
        "materials_reused": _n_materials([t for t in tasks if t.todo is Todo.NOTHING]),
        "materials_failed": len({failure.material_id for failure in run.failures}),
        "energies_evaluated": run.n_energies,
    }


def _n_materials(tasks: list[Task]) -> int:
    return sum(len(task.material_ids) for task in tasks)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _VERSIONED}
