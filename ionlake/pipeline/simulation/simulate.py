"""Simulate a run of a recipe on so many workers.

Reading, deciding, sending, committing and publishing are the run's own, in a lake that is thrown
away afterwards, and take the time they take on this machine. Only workers are virtual: they take
the time that is predicted, and give back rows as many and as large as real ones. They are there
from the start, on one fast network, and none is lost; nothing fails.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ionlake.errors import SettingsError
from ionlake.lake.progress import Progress, unfollowed
from ionlake.pipeline.recipe import ClusterSettings, Recipe
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.run import Ground, make_methods, run_recipe
from ionlake.pipeline.simulation.grid_writing import GridWriting
from ionlake.pipeline.simulation.model import real_scan
from ionlake.pipeline.simulation.stand_in import StandIn
from ionlake.pipeline.simulation.virtual_clock import VirtualClock
from ionlake.pipeline.simulation.virtual_workers import VirtualWorkers

WRITE_EVERY: Final = 20
"""One grid in so many is really written."""

PUBLISH_EVERY_S: Final = 24 * 3600.0
"""A release takes real time, so that few are made; a run makes one every quarter of an hour."""

_MINUTE: Final = 60.0


@dataclass(frozen=True)
class Simulated:
    """What a simulated run came to. Times are virtual unless called real.

    Attributes:
        workers: Number of workers.
        materials: Materials computed.
        tasks: Tasks sent to workers.
        core_hours: Time of all workers at tasks, hours.
        wall_hours: Duration of the run, hours.
        preparing_s: From the start of the run to its first task: reading, deciding, storing, s.
        busy_share: Share of the workers' time, from the first task to the last, spent on tasks.
        tail_s: From the last moment when all workers had work to the end of the last task, s.
        tail_idle_share: Share of the workers' time that was lost in the tail.
        writer_ms: Time of the run's own process for a material, its tasks sent, results taken in
            and rows committed, ms.
        writer_share: Share of the duration for which this process was at work.
        scheduler_share: The same of Dask's scheduler, with the time per message that was measured.
        longest_wait_s: Longest time that a finished task waited for this process, s.
        peak_materials_per_min: Materials committed in the busiest minute.
        limits_per_min: Materials a minute that workers, writer and scheduler could each do.
        bottleneck: Which of these is the least.
        releases: Releases published on the way, one every `PUBLISH_EVERY_S`.
        release_s: Real time of the longest of them, s.
        last_release_s: Real time from the last result to the end of the run, the last release
            included, s.
        sent_mb: Tasks as they travelled, MB.
        received_mb: Results as they travelled, MB.
        grids_written: Grids really written, at their real size.
        grid_ms: Time to write one of them on this machine, ms.
        grids_gb: Size of all grids, as those written have it per point, GB; None without any.
        staged_gb: Size of all staged blocks, GB.
        ledger_mb: Size of the ledger, MB.
        release_mb: Size of the last release, MB.
        real_s: Real time of the simulation from the first task to the last, s.
        speed: Virtual over real time from the first task to the last.
        worker_speed: Virtual time of all workers together over real time.
    """

    workers: int
    materials: int
    tasks: int
    core_hours: float
    wall_hours: float
    preparing_s: float
    busy_share: float
    tail_s: float
    tail_idle_share: float
    writer_ms: float
    writer_share: float
    scheduler_share: float
    longest_wait_s: float
    peak_materials_per_min: int
    limits_per_min: dict[str, float]
    bottleneck: str
    releases: int
    release_s: float
    last_release_s: float
    sent_mb: float
    received_mb: float
    grids_written: int
    grid_ms: float
    grids_gb: float | None
    staged_gb: float
    ledger_mb: float
    release_mb: float
    real_s: float
    speed: float
    worker_speed: float


def simulate(
    recipe: Recipe,
    workers: int,
    *,
    write_every: int = WRITE_EVERY,
    progress: Progress = unfollowed,
) -> Simulated:
    """Simulate a run of a recipe that begins with an empty lake.

    Args:
        recipe: What would be done.
        workers: Number of workers, of one core each.
        write_every: One grid in so many is really written; 0 writes none.
        progress: Told how many materials are read and done.

    Raises:
        SourceError: If the source as a whole cannot be read.
        PotentialError: If the potential cannot be loaded.
        SettingsError: If the recipe has nothing to compute.
    """
    with tempfile.TemporaryDirectory(prefix="ionlake-simulation-") as folder:
        lake = Path(folder) / "lake"
        model, grid = real_scan(Path(folder))
        clock = VirtualClock()
        writing = GridWriting(recipe.scan.spacing_ang, grid, write_every)
        methods = {each.card.potential_id: each for each in make_methods(recipe)}
        stage = _Stage(clock, workers, StandIn(methods, model, writing))
        reporter = _Times(clock, f"{workers} workers", progress)
        started = clock.now()
        ground = Ground(stage.open, clock, PUBLISH_EVERY_S)
        if run_recipe(recipe, lake, reporter, ground=ground).interrupted:
            raise KeyboardInterrupt
        if not reporter.times:
            raise SettingsError(
                f"none of the materials of the recipe {recipe.name} can be computed, so that there"
                " is nothing to simulate: look at ionlake plan"
            )
        return _summary(stage, reporter, writing, started, lake)


class _Stage:
    """Opens virtual workers for a run and notes when they began and ended."""

    def __init__(self, clock: VirtualClock, n_workers: int, work: StandIn) -> None:
        self.clock, self.n_workers, self._work = clock, n_workers, work

    @contextmanager
    def open(self, _settings: ClusterSettings) -> Iterator[Any]:
        self.workers = VirtualWorkers(self.clock, self.n_workers, self._work)
        self.clock.events = self.workers
        self.began_at, real = self.clock.now(), time.perf_counter()
        yield self.workers
        self.ended_at, self.real_s = self.clock.now(), time.perf_counter() - real


class _Times(Reporter):
    """Notes when materials were committed."""

    def __init__(self, clock: VirtualClock, called: str, progress: Progress) -> None:
        self._clock, self._called, self._progress = clock, called, progress
        self.times: list[float] = []
        self._total = 0

    def materials_fetched(self, n_done: int, n_total: int) -> None:
        """Say how far reading is."""
        self._progress("reading", n_done, n_total)

    def planned(self, n_scan: int, n_describe: int, n_reused: int, n_failed: int) -> None:
        """The run knows what it has to do."""
        del n_describe, n_reused, n_failed
        self._total = n_scan

    def material_done(self, name: str) -> None:
        """A material is committed."""
        del name
        self.times.append(self._clock.now())
        with self._clock.standing_still():
            self._progress(self._called, len(self.times), self._total)


def _summary(
    stage: _Stage, reporter: _Times, writing: GridWriting, started: float, lake: Path
) -> Simulated:
    record, times, clock = stage.workers.record, reporter.times, stage.clock
    materials = len(times)
    ended, duration = clock.now(), stage.ended_at - stage.began_at
    worker_s = stage.n_workers * duration
    per_material = {
        "workers": record.compute_s / stage.n_workers / materials,
        "writer": clock.busy_s / materials,
        "scheduler": record.scheduler_s / materials,
    }
    limits = {name: _MINUTE / max(seconds, 1e-9) for name, seconds in per_material.items()}
    (release,) = sorted((lake / "releases").glob("*.duckdb"))[-1:]
    return Simulated(
        workers=stage.n_workers,
        materials=materials,
        tasks=record.tasks,
        core_hours=record.compute_s / 3600.0,
        wall_hours=(ended - started) / 3600.0,
        preparing_s=stage.began_at - started,
        busy_share=record.compute_s / worker_s,
        tail_s=record.ended_at - record.full_until,
        tail_idle_share=record.idle_after_full_s / worker_s,
        writer_ms=1e3 * clock.busy_s / materials,
        writer_share=clock.busy_s / duration,
        scheduler_share=record.scheduler_s / duration,
        longest_wait_s=record.longest_wait_s,
        peak_materials_per_min=_most_within(times, _MINUTE),
        limits_per_min=limits,
        bottleneck=min(limits, key=lambda name: limits[name]),
        releases=len(clock.beside_s),
        release_s=max(clock.beside_s, default=0.0),
        last_release_s=ended - stage.ended_at,
        sent_mb=record.sent_bytes / 1e6,
        received_mb=record.received_bytes / 1e6,
        grids_written=writing.written,
        grid_ms=1e3 * writing.seconds / max(1, writing.written),
        grids_gb=None if writing.all_bytes is None else writing.all_bytes / 1e9,
        staged_gb=writing.staged_bytes / 1e9,
        ledger_mb=(lake / "ledger.sqlite").stat().st_size / 1e6,
        release_mb=release.stat().st_size / 1e6,
        real_s=stage.real_s,
        speed=duration / stage.real_s,
        worker_speed=worker_s / stage.real_s,
    )


def _most_within(times: list[float], seconds: float) -> int:
    """Largest number of times within a span of so many seconds."""
    most = first = 0
    for last, time_ in enumerate(times):
        while time_ - times[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
