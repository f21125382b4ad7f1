"""Send the scans of a run to Dask workers and commit what comes back.

A scan is one task per orbit of mobile ions and a last one that assembles, writes and describes the
grid. Only a few materials per worker are under way at once, so that the scheduler stays small
however many there are. This process alone commits rows.
"""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.layout import new_attempt
from ionlake.lake.staging import read_orbit, read_orbit_attributes, remove_staging
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.plan import Task, Todo, relative_cost
from ionlake.pipeline.rows import DescribedScan
from ionlake.pipeline.steps import (
    FinishedScan,
    ScanJob,
    StagedOrbit,
    StepFailure,
    attempt,
    describe_step,
    finish_scan_step,
    scan_orbit_step,
)

_MATERIALS_PER_WORKER: Final = 3


@dataclass
class _Active:
    """A material under way: its orbits so far and the futures still out."""

    task: Task
    job: ScanJob
    orbit_cost: float
    orbits: dict[int, StagedOrbit] = field(default_factory=dict)
    futures: set[Any] = field(default_factory=set)


@dataclass
class Dispatcher:
    """Runs tasks on a Dask client and commits their results.

    Attributes:
        client: The Dask client.
        run: The run.
    """

    client: Any
    run: RunContext
    _owners: dict[Any, _Active] = field(default_factory=dict)

    def do(self, tasks: Iterable[Task], after_each: Callable[[], None]) -> None:
        """Do the tasks; a failing one becomes a failure and the others go on.

        Args:
            tasks: What is to be done.
            after_each: Called after each material that ended, well or badly.
        """
        from distributed import as_completed

        waiting = deque(tasks)
        workers = max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))
        finished = as_completed()
        active: list[_Active] = []
        while waiting or active:
            while waiting and len(active) < _MATERIALS_PER_WORKER * workers:
                material = self._start(waiting.popleft(), finished)
                if material is None:
                    after_each()
                else:
                    active.append(material)
            if not active:
                continue
            future = next(finished)
            material = self._owners.pop(future)
            if future not in material.futures:
                continue
            material.futures.discard(future)
            if self._advance(material, future, finished):
                active.remove(material)
                after_each()

    def _start(self, task: Task, finished: Any) -> _Active | None:
        """Send a material's first steps; None if it failed at once."""
        job = ScanJob(task.structure, self.run.method.settings, self.run.potential, self.run.run_id)
        if task.todo is Todo.DESCRIBE:
            material = _Active(task, job, orbit_cost=0.0)
            scan = self.run.writer.ledger.row(schema.SCANS, task.scan_id)
            path = self.run.writer.layout.resolve((scan or {})["grid_path"])
            self._submit(material, finished, describe_step, path, self.run.run_id)
            return material
        plan = attempt(job.plan)
        if isinstance(plan, StepFailure):
            self._fail(_Active(task, job, orbit_cost=0.0), plan)
            return None
        material = _Active(task, job, relative_cost(plan))
        self.run.reporter.work_added(material.orbit_cost * len(plan.orbits))
        self._resume(material)
        self._submit_missing(material, finished)
        return material

    def _resume(self, material: _Active) -> None:
        """Take over orbits that an earlier run has staged; damaged ones are computed again."""
        staged = []
        for ion, row in self.run.writer.ledger.staged_orbits(material.task.scan_id).items():
            path = self.run.writer.layout.resolve(row["staging_path"])
            orbit = StagedOrbit(ion, path, int(row["n_energies"]), n_energies=0)
            with suppress(LakeError):
                read_orbit(path, orbit.n_points)
                staged.append((orbit, bool(read_orbit_attributes(path)["reduced"])))
        if not all(reduced for _, reduced in staged):
            material.job = replace(material.job, reduced=False)
        for orbit, reduced in staged:
            if reduced == material.job.reduced:
                material.orbits[orbit.ion] = orbit
                self.run.reporter.energies_done(0, material.orbit_cost)

    def _submit_missing(self, material: _Active, finished: Any) -> None:
        """Send the orbits that are not staged; when all are, send the last step."""
        task, layout = material.task, self.run.writer.layout
        orbits = material.job.plan().orbits
        missing = [i for i, orbit in enumerate(orbits) if orbit.ion not in material.orbits]
        for index in missing:
            path = layout.staged_orbit(task.scan_id, orbits[index].ion, new_attempt())
            self._submit(material, finished, scan_orbit_step, material.job, index, path)
        if not missing:
            path = layout.grid(task.scan_id, new_attempt())
            staged = [material.orbits[orbit.ion] for orbit in orbits]
            self._submit(
                material,
                finished,
                finish_scan_step,
                material.job,
                staged,
                path,
                layout.relative(path),
            )

    def _submit(
        self, material: _Active, finished: Any, step: Callable[..., Any], *args: Any
    ) -> None:
        name = step.__name__.removesuffix("_step")
        key = f"{name}-{material.task.structure.formula}-{new_attempt()}"
        future = self.client.submit(attempt, step, *args, key=key, pure=False)
        material.futures.add(future)
        self._owners[future] = material
        finished.add(future)

    def _advance(self, material: _Active, future: Any, finished: Any) -> bool:
        """Take in one result; True once the material has ended."""
        lost = future.exception()
        result = future.result() if lost is None else _lost(lost)
        if isinstance(result, StepFailure):
            if result.certificate and material.job.reduced:
                self._give_up_symmetry(material, finished)
                return False
            self._fail(material, result)
            return True
        if isinstance(result, StagedOrbit):
            self._stage(material, result)
            if not material.futures:
                self._submit_missing(material, finished)
            return False
        self._commit(material.task, result)
        return True

    def _give_up_symmetry(self, material: _Active, finished: Any) -> None:
        self._forget(material)
        material.orbits.clear()
        material.job = replace(material.job, reduced=False)
        self._submit_missing(material, finished)

    def _stage(self, material: _Active, orbit: StagedOrbit) -> None:
        path = self.run.writer.layout.relative(orbit.path)
        self.run.writer.ledger.stage_orbit(material.task.scan_id, orbit.ion, path, orbit.n_points)
        material.orbits[orbit.ion] = orbit
        self.run.n_energies += orbit.n_energies
        self.run.reporter.energies_done(orbit.n_energies, material.orbit_cost)

    def _commit(self, task: Task, result: FinishedScan | DescribedScan) -> None:
        ledger = self.run.writer.ledger
        if isinstance(result, FinishedScan):
            self.run.n_energies += result.n_energies
            ledger.commit_scan(result.scan)
            remove_staging(self.run.writer.layout.staging(task.scan_id))
            described = result.described
        else:
            described = result
        ledger.commit_descriptors(described.descriptors, described.mobile_ions)
        self.run.committed.append(task)
        self.run.reporter.material_done(", ".join(task.material_ids))

    def _fail(self, material: _Active, failure: StepFailure) -> None:
        self._forget(material)
        stage = "describe" if material.task.todo is Todo.DESCRIBE else "scan"
        for material_id in material.task.material_ids:
            self.run.fail(
                material_id, stage, failure.error, failure.message, material.task.structure
            )

    def _forget(self, material: _Active) -> None:
        """Call back what is still out; results that come all the same are passed over."""
        self.client.cancel(list(material.futures))
        material.futures.clear()


def _lost(error: BaseException) -> StepFailure:
    """What is known of a step whose worker did not come back."""
    message = (
        f"the worker was lost while it did this ({type(error).__name__}): it may have run out of "
        "memory; run again, with fewer workers if it happens again"
    )
    return StepFailure(type(error).__name__, message, certificate=False)
