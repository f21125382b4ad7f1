"""Progress of molecular dynamics on standard error."""

import sys
import time
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ionlake.cli.output import duration
from ionlake.lake.failures import Failure
from ionlake.pipeline.md.report import MdReporter

_TELL_EVERY_S: Final = 60.0


class MdProgressReporter(MdReporter):
    """Follows a run with a bar on a terminal, with a line a minute elsewhere."""

    def __init__(self) -> None:
        self._console = Console(
            stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self._progress: Progress | None = None
        self._bar: Any = None
        self._runs = self._ended = 0
        self._left_ps = self._total_ps = 0.0
        self._started = self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def planned(self, n_runs: int, n_done: int, left_ps: float) -> None:
        """Say what there is to do."""
        self._runs, self._left_ps, self._total_ps = n_runs - n_done, left_ps, left_ps
        self._console.print(
            f"{n_runs} runs of dynamics, {n_done} in the lake already, {left_ps:.4g} ps to simulate"
        )

    def cluster_ready(self, n_workers: int, dashboard: str | None) -> None:
        """Say who works, and start the bar."""
        workers = "worker" if n_workers == 1 else "workers"
        where = f", dashboard at {dashboard}" if dashboard else ""
        self._console.print(f"{n_workers} {workers}{where}")
        self._started = self._told = time.monotonic()
        if sys.stderr.isatty():
            self._progress = Progress(
                SpinnerColumn(),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}%"),
                TextColumn("{task.description}"),
                console=self._console,
                transient=True,
            )
            self._bar = self._progress.add_task(self._described(), total=self._total_ps)
            self._progress.start()

    def piece_done(self, label: str, simulated_ps: float) -> None:
        """Advance the bar."""
        self._left_ps -= simulated_ps
        if self._progress is not None:
            self._progress.update(
                self._bar, advance=simulated_ps, description=f"{self._described()}, {label}"
            )
        elif time.monotonic() - self._told > _TELL_EVERY_S:
            self._told = time.monotonic()
            self._console.print(self._described())

    def run_done(self, label: str, said: str) -> None:
        """Say what a run found."""
        self._ended += 1
        self._console.print(f"{label}: {said} [{self._described()}]")

    def run_failed(self, label: str, failure: Failure) -> None:
        """Say why a run failed."""
        self._ended += 1
        self._console.print(f"{label} failed: {failure.message}")

    def _described(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        done_ps = self._total_ps - self._left_ps
        described = f"{self._ended}/{self._runs} runs, {done_ps * 86.4 / seconds:.3g} ns/day"
        if done_ps <= 0 or self._left_ps <= 0:
            return described
        return f"{described}, {duration(self._left_ps * seconds / done_ps)} left"
