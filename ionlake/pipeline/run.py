"""Run a recipe: read its source, decide, compute what is missing, commit, publish.

`ionlake run` and `ionlake update` are this one run; an update also marks what has left its source.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ionlake.catalog.publish import publish
from ionlake.errors import IonlakeError, LakeError, SettingsError
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import new_run_id
from ionlake.lake.location import lake_root
from ionlake.lake.release import current_release
from ionlake.lake.writer import open_writer
from ionlake.pes.evaluator import evaluator_name
from ionlake.pipeline.clock import Clock
from ionlake.pipeline.cluster import open_cluster, worker_device
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.decision import Decision, decide
from ionlake.pipeline.dispatch import Dispatcher
from ionlake.pipeline.known import read_known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Method, Pair, Task, Todo
from ionlake.pipeline.profile import profiled, require_report
from ionlake.pipeline.publisher import Publisher
from ionlake.pipeline.recipe import ClusterSettings, PotentialSettings, Recipe
from ionlake.pipeline.report import Reporter, RunSummary
from ionlake.pipeline.sources import make_source
from ionlake.pipeline.store import store
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.files import FileSource

_VERSIONED: Final = ("ionlake", "sevenn", "torch", "numpy", "xarray", "zarr", "duckdb", "pymatgen")


@dataclass(frozen=True)
class Ground:
    """What a run stands on: real workers in real time, or simulated ones in simulated time.

    Attributes:
        open_cluster: A context manager that gives a Dask client, or what behaves like one.
        clock: What tells the time.
        publish_every_s: Time between releases on the way, s; the publisher's own by default.
    """

    open_cluster: Callable[[ClusterSettings], AbstractContextManager[Any]] = open_cluster
    clock: Clock = field(default_factory=Clock)
    publish_every_s: float | None = None


def run_recipe(
    recipe: Recipe,
    lake: str | Path,
    reporter: Reporter | None = None,
    options: RunOptions | None = None,
    *,
    offline: bool = False,
    ground: Ground | None = None,
) -> RunSummary:
    """Bring a lake up to date with a recipe.

    What is in the lake already is not computed again. A material that fails becomes a row of
    ``failures`` and the others go on; one that failed too often waits. When interrupted, or when
    its time is over, finished work is kept and published.

    Args:
        recipe: What to do.
        lake: Folder of the lake, or its URL; made if there is none.
        reporter: Who follows the run.
        options: How far it goes; by default it does all that is missing and takes nothing out.
        offline: Read the newest summaries of the database that the lake keeps, ask no server.
        ground: Workers and time; real ones by default.

    Raises:
        LakeError: If the folder is not a lake, another process writes to it, or it cannot be
            written to, or its store does not answer; what was committed stands.
        MissingExtraError: If the packages for the lake's URL are not installed.
        SourceError: If the source as a whole cannot be read.
        PotentialError: If the potential cannot be loaded.
        SettingsError: If the cluster cannot be had, or an ensemble has a potential twice.
        ClusterError: If the cluster goes away; what was committed stands.
    """
    ground = ground or Ground()
    started = ground.clock.now()
    reporter, options = reporter or Reporter(), options or RunOptions()
    require_report(options.profile)
    kept = LakeLayout(lake_root(lake)).summaries(recipe.source.kind)
    source = make_source(recipe, kept=kept, offline=offline, follower=reporter)
    entries = source.entries()
    if isinstance(source, FileSource) and source.ignored:
        reporter.files_ignored(source.ignored)
    methods = make_methods(recipe)
    with open_writer(lake, create=True) as writer:
        run = RunContext(
            run_id=new_run_id(),
            writer=writer,
            potentials=_for_workers(recipe, methods),
            reporter=reporter,
            max_attempts=recipe.max_attempts,
            clock=ground.clock,
        )
        writer.ledger.start_run(run.run_id, recipe.name, recipe.stored(), _versions())
        with _failure_on_record(run):
            known = read_known(writer.ledger)
            decision = decide(source.name, entries, known, recipe, methods, options, run.run_id)
            store(decision, known, run, recipe.name)
            status = _compute(decision, recipe, run, options, ground, _deadline(options, started))
            counts = _counts(run, decision)
            writer.ledger.finish_run(run.run_id, status=status, **counts)
            publish(writer.layout, writer.ledger)
        release = current_release(writer.layout)
    return RunSummary(
        run_id=run.run_id,
        recipe=recipe.name,
        lake=str(lake),
        status=status,
        **counts,
        materials_quarantined=len(decision.quarantined),
        materials_pending=_n_pending(run, decision),
        changes=decision.counts,
        wall_seconds=ground.clock.now() - started,
        release=None if release is None else release.number,
        failures=tuple(run.failures),
    )


def make_methods(recipe: Recipe) -> tuple[Method, ...]:
    """How a recipe scans its materials: one method for each of its potentials.

    Raises:
        PotentialError: If a potential cannot be loaded.
        SettingsError: If two members of the ensemble are the same potential.
    """
    methods: dict[str, Method] = {}
    for settings in recipe.potentials:
        potential = load_potential(settings.name, device="cpu", dtype=settings.dtype)
        card, evaluator = potential.card, evaluator_name(potential, recipe.scan.evaluator)
        if card.potential_id in methods:
            raise SettingsError(
                f"the ensemble of the recipe {recipe.name} has {settings.name} twice (the same"
                " weights, level of theory and precision): name every potential once"
            )
        methods[card.potential_id] = Method.resolve(recipe.scan, card, evaluator)
    return tuple(methods.values())


def _for_workers(recipe: Recipe, methods: Iterable[Method]) -> dict[str, PotentialSettings]:
    """What workers load, by the id of the potential."""
    return {
        method.card.potential_id: settings.model_copy(
            update={"device": worker_device(recipe.cluster, settings.device)}
        )
        for method, settings in zip(methods, recipe.potentials, strict=True)
    }


def _compute(
    decision: Decision,
    recipe: Recipe,
    run: RunContext,
    options: RunOptions,
    ground: Ground,
    until: float,
) -> str:
    """Do what was chosen; how it ended, as the table of runs says it."""
    todo = list(decision.chosen)
    n_scan = sum(task.todo is Todo.SCAN for task in todo)
    reused = _n_materials(decision.reused)
    run.reporter.planned(n_scan, len(todo) - n_scan, reused, len(run.failures))
    if not todo:
        return "finished"
    try:
        with (
            Publisher(run.writer.layout, ground.clock, ground.publish_every_s) as publisher,
            ground.open_cluster(recipe.cluster) as client,
        ):
            workers = client.scheduler_info(n_workers=-1)["workers"]
            run.reporter.cluster_ready(len(workers), client.dashboard_link)
            with profiled(client, options.profile):
                done = Dispatcher(client, run).do(todo, publisher.now_and_then, until)
    except KeyboardInterrupt:
        return "interrupted"
    return "finished" if done else "stopped"


@contextmanager
def _failure_on_record(run: RunContext) -> Iterator[None]:
    """If the block ends by an error, record the run as failed and publish what it committed.

    Where the disk is full this fails too; then the next run publishes.
    """
    try:
        yield
    except IonlakeError:
        with suppress(LakeError, OSError):
            run.writer.ledger.end_run(run.run_id, "failed")
            publish(run.writer.layout, run.writer.ledger)
        raise


def _deadline(options: RunOptions, started: float) -> float:
    return float("inf") if options.max_seconds is None else started + options.max_seconds


def _counts(run: RunContext, decision: Decision) -> dict[str, int]:
    return {
        "materials_read": decision.n_read,
        "materials_computed": _n_materials(run.committed),
        "materials_reused": _n_materials(decision.reused),
        "materials_failed": len(_failed(run)),
        "energies_evaluated": run.n_energies,
    }


def _n_pending(run: RunContext, decision: Decision) -> int:
    """Materials that need computing, were not, and did not fail either."""
    done = {pair for task in run.committed for pair in task.pairs}
    return len(decision.to_do - _failed(run) - done)


def _failed(run: RunContext) -> set[Pair]:
    return {(failure.material_id, failure.potential_id) for failure in run.failures}


def _n_materials(tasks: Iterable[Task]) -> int:
    return sum(len(task.material_ids) for task in tasks)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _VERSIONED}
