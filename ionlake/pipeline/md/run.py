"""Run a recipe for molecular dynamics: select, decide, simulate what is missing, fit, publish."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ionlake.catalog.publish import publish
from ionlake.errors import IonlakeError, LakeError
from ionlake.lake import schema
from ionlake.lake.failures import Failure
from ionlake.lake.ledger import new_run_id
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.release import current_release
from ionlake.lake.rows import Row
from ionlake.lake.writer import LakeWriter, open_writer
from ionlake.pipeline.cluster import open_cluster, worker_device
from ionlake.pipeline.failing import is_quarantined
from ionlake.pipeline.jobs import StepFailure
from ionlake.pipeline.md.dispatch import MdDispatcher
from ionlake.pipeline.md.jobs import FinishedRun, MdTask
from ionlake.pipeline.md.plan import failure_of, plan_material, with_reason
from ionlake.pipeline.md.recipe import MdRecipe
from ionlake.pipeline.md.report import MdReporter, MdSummary
from ionlake.pipeline.md.rows import conductivity_row
from ionlake.pipeline.md.select import Selected, select_materials
from ionlake.pipeline.md.under_way import UnderWay
from ionlake.pipeline.publisher import Publisher
from ionlake.potentials.interface import PotentialCard
from ionlake.potentials.load import load_potential
from ionlake.transport.conductivity import ion_charge
from ionlake.transport.diffusion import require_kinisi

_VERSIONED: Final = ("ionlake", "sevenn", "torch", "numpy", "ase", "kinisi", "zarr", "duckdb")


@dataclass(frozen=True)
class MdOptions:
    """How far one run goes.

    Attributes:
        max_seconds: Stop after this time, s; what is done by then is kept.
        limit: Simulate at most so many materials that are not finished.
        retry: Try quarantined materials again.
    """

    max_seconds: float | None = None
    limit: int | None = None
    retry: bool = False


def run_md(
    recipe: MdRecipe,
    lake: str | Path,
    reporter: MdReporter | None = None,
    options: MdOptions | None = None,
) -> MdSummary:
    """Bring a lake up to date with a recipe for molecular dynamics.

    Runs that are in the lake already are not repeated, and a run that was cut off goes on where
    its last piece ended. A run that fails becomes a row of ``failures`` and the others go on.

    Args:
        recipe: What to do.
        lake: Folder of the lake, with at least one release.
        reporter: Who follows the run.
        options: How far it goes.

    Raises:
        MissingExtraError: kinisi is not installed.
        LakeError: Not a lake, nothing published yet, another writer, or it cannot be written to.
        SettingsError: No material fits, or the cluster cannot be had.
        QueryError: The condition of the selection is no SQL.
        PotentialError: The potential cannot be loaded.
        ClusterError: The cluster goes away; what was committed stands.
    """
    require_kinisi()
    ion_charge(recipe.md.mobile_species)
    started = time.monotonic()
    options = options or MdOptions()
    card = load_potential(recipe.potential.name, device="cpu", dtype=recipe.potential.dtype).card
    with open_writer(lake) as writer:
        run = _MdRun(recipe, card, writer, reporter or MdReporter(), new_run_id(), options)
        with closing(ReleaseReader.open(writer.layout)) as release:
            species = recipe.md.mobile_species
            selected = select_materials(release, recipe.select, species, card.potential_id)
        settings = recipe.model_dump(mode="json")
        writer.ledger.start_run(run.run_id, recipe.name, settings, _versions())
        with _failure_on_record(run):
            status = run.carry_out(selected, started)
            publish(writer.layout, writer.ledger)
        published = current_release(writer.layout)
    wall = time.monotonic() - started
    return MdSummary(
        run_id=run.run_id,
        recipe=recipe.name,
        lake=str(lake),
        status=status,
        materials=len(selected),
        materials_quarantined=len(run.quarantined),
        md_runs=len(run.wanted),
        md_runs_reused=run.n_reused,
        md_runs_finished=run.n_finished,
        md_runs_failed=len(run.failed_runs),
        md_runs_pending=len(run.wanted) - run.n_reused - run.n_finished - len(run.failed_runs),
        simulated_ps=run.simulated_ps,
        ns_per_day=run.simulated_ps / 1000 * 86400 / max(wall, 1e-9),
        wall_seconds=wall,
        release=None if published is None else published.number,
        failures=tuple(run.failures),
    )


@dataclass
class _MdRun:
    """One run at work: what was wanted, what came of it."""

    recipe: MdRecipe
    card: PotentialCard
    writer: LakeWriter
    reporter: MdReporter
    run_id: str
    options: MdOptions
    wanted: list[MdTask] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    failed_runs: set[str] = field(default_factory=set)
    n_reused: int = 0
    n_finished: int = 0
    simulated_ps: float = 0.0
    n_steps: int = 0
    _of_material: dict[str, list[MdTask]] = field(default_factory=lambda: defaultdict(list))
    _open: dict[str, int] = field(default_factory=dict)
    _publisher: Publisher = field(init=False)

    def carry_out(self, selected: Sequence[Selected], started: float) -> str:
        """Do what is missing; how it ended, as the table of runs says it."""
        todo = self._todo(selected)
        self.reporter.planned(len(self.wanted), self.n_reused, sum(run.left_ps for run in todo))
        status = self._simulate(todo, started) if todo else "finished"
        computed = {t.selected.material_id for t in self.wanted} & self._finished_materials()
        self.writer.ledger.finish_run(
            self.run_id,
            materials_read=len(selected),
            materials_computed=len(computed),
            materials_reused=len(self._of_material)
            - len({r.task.selected.material_id for r in todo}),
            materials_failed=len({failure.material_id for failure in self.failures}),
            energies_evaluated=self.n_steps,
            status=status,
        )
        return status

    def _todo(self, selected: Sequence[Selected]) -> list[UnderWay]:
        ledger, layout = self.writer.ledger, self.writer.layout
        failures = {row["failure_id"]: row for row in ledger.rows(schema.FAILURES)}
        todo: list[UnderWay] = []
        begun: set[str] = set()
        for each in selected:
            tasks = self._plan(each)
            if not tasks or self._is_quarantined(each, tasks, failures):
                continue
            missing = [
                task
                for task in tasks
                if ledger.row(schema.DIFFUSIVITIES, task.diffusivity_id) is None
            ]
            if missing and self.options.limit is not None and len(begun) >= self.options.limit:
                continue
            if missing:
                begun.add(each.material_id)
            self.wanted += tasks
            self.n_reused += len(tasks) - len(missing)
            self._of_material[each.material_id] = tasks
            self._open[each.material_id] = len(missing)
            todo += [UnderWay.resume(t, self.recipe.piece_ps, layout, ledger) for t in missing]
            if not missing:
                self._fit(each)
        return todo

    def _plan(self, selected: Selected) -> list[MdTask]:
        device = worker_device(self.recipe.cluster, self.recipe.potential.device)
        potential = self.recipe.potential.model_copy(update={"device": device})
        try:
            return plan_material(selected, self.recipe, self.card, potential, self.run_id)
        except IonlakeError as error:
            self._fail(selected, "", type(error).__name__, str(error))
            return []

    def _is_quarantined(
        self, selected: Selected, tasks: Sequence[MdTask], failures: dict[str, dict[str, Any]]
    ) -> bool:
        series = tasks[0].job.md_series_id
        failure = failure_of(selected, self.recipe, self.card, series, self.run_id)
        if self.options.retry or not is_quarantined(failure, failures, self.recipe.max_attempts):
            return False
        self.quarantined.append(selected.material_id)
        return True

    def _simulate(self, todo: list[UnderWay], started: float) -> str:
        seconds = self.options.max_seconds
        until = float("inf") if seconds is None else started + seconds
        dispatcher: MdDispatcher | None = None
        try:
            layout = self.writer.layout
            with Publisher(layout) as self._publisher, open_cluster(self.recipe.cluster) as client:
                workers = client.scheduler_info(n_workers=-1)["workers"]
                self.reporter.cluster_ready(len(workers), client.dashboard_link)
                dispatcher = MdDispatcher(client, self.writer, self.reporter, self._ended)
                done = dispatcher.do(todo, until)
        except KeyboardInterrupt:
            return "interrupted"
        finally:
            if dispatcher is not None:
                self.simulated_ps, self.n_steps = dispatcher.simulated_ps, dispatcher.n_steps
        return "finished" if done else "stopped"

    def _ended(self, run: UnderWay, result: FinishedRun | StepFailure) -> None:
        task = run.task
        if isinstance(result, StepFailure):
            self.failed_runs.add(task.job.md_run_id)
            message = f"{task.label}: {result.message}"
            self._fail(task.selected, task.job.md_series_id, result.error, message, task.label)
        else:
            self.n_finished += 1
            self.reporter.run_done(task.label, said(result.diffusivity))
        self._open[task.selected.material_id] -= 1
        if not self._open[task.selected.material_id]:
            self._fit(task.selected)
        self._publisher.now_and_then()

    def _fit(self, selected: Selected) -> None:
        """Fit what all runs of a material say together, once none of them is open."""
        ledger, tasks = self.writer.ledger, self._of_material[selected.material_id]
        found = [ledger.row(schema.DIFFUSIVITIES, task.diffusivity_id) for task in tasks]
        rows = [row for row in found if row is not None]
        if not rows:
            return
        md_run = ledger.row(schema.MD_RUNS, rows[0]["md_run_id"])
        if md_run is None:
            raise LakeError(
                f"the run of dynamics {rows[0]['md_run_id']} has a diffusivity but no row of its"
                " own: the ledger is damaged, restore it from a copy"
            )
        row = conductivity_row(md_run, rows, selected.why, self.run_id)
        ledger.commit_conductivity(row, complete=len(rows) == len(tasks))

    def _fail(
        self, selected: Selected, series: str, error: str, message: str, label: str | None = None
    ) -> None:
        """Record a failure, one attempt for each material and run however many runs of it fail."""
        failure = failure_of(selected, self.recipe, self.card, series, self.run_id)
        failure = with_reason(failure, error, message)
        if selected.material_id not in {each.material_id for each in self.failures}:
            self.writer.ledger.record_failure(failure, self.recipe.max_attempts)
        self.failures.append(failure)
        self.reporter.run_failed(label or selected.material_id, failure)

    def _finished_materials(self) -> set[str]:
        return {name for name, count in self._open.items() if not count} - {
            failure.material_id for failure in self.failures
        }


def said(diffusivity: Row) -> str:
    """What a run says, in a few words.

    Args:
        diffusivity: Row of ``diffusivities``.
    """
    flags = [flag for flag in ("molten", "drifted", "too_short") if diffusivity[flag]]
    note = f" ({', '.join(flags)})" if flags else ""
    if diffusivity["censored"]:
        return f"below {diffusivity['conductivity_upper_s_cm']:.1e} S/cm{note}"
    low, high = diffusivity["conductivity_low_s_cm"], diffusivity["conductivity_high_s_cm"]
    return f"{diffusivity['conductivity_s_cm']:.1e} S/cm, 95 %: {low:.1e} to {high:.1e}{note}"


@contextmanager
def _failure_on_record(run: _MdRun) -> Iterator[None]:
    """If the block ends by an error, record the run as failed and publish what it committed."""
    try:
        yield
    except IonlakeError:
        with suppress(LakeError, OSError):
            run.writer.ledger.end_run(run.run_id, "failed")
            publish(run.writer.layout, run.writer.ledger)
        raise


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _VERSIONED}
