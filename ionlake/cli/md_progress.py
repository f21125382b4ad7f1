"""Progress of molecular dynamics on standard error."""

import time
from typing import Final

from ionlake.cli.follower import Follower
from ionlake.cli.output import duration
from ionlake.lake.failures import Failure
from ionlake.pipeline.md.report import MdReporter

_TELL_EVERY_S: Final = 60.0


class MdProgressReporter(Follower, MdReporter):
    """Follows a run with a bar on a terminal, with a line a minute elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self._runs = self._ended = 0
        self._left_ps = self._total_ps = 0.0
        self._started = self._told = time.monotonic()

    def planned(self, n_runs: int, n_done: int, left_ps: float) -> None:
        """Say what there is to do."""
        self._runs, self._left_ps, self._total_ps = n_runs - n_done, left_ps, left_ps
        self._say(
            f"{n_runs} runs of dynamics, {n_done} in the lake already, {left_ps:.4g} ps to simulate"
        )

    def cluster_ready(self, n_workers: int, dashboard: str | None) -> None:
        """Say who works, and start the bar."""
        self._say_who_works(n_workers, dashboard)
        self._started = self._told = time.monotonic()
        self._start_bar(self._described(), self._total_ps)

    def piece_done(self, label: str, simulated_ps: float) -> None:
        """Advance the bar."""
        self._left_ps -= simulated_ps
        self._update_bar(advance=simulated_ps, description=f"{self._described()}, {label}")
        if self._progress is None and time.monotonic() - self._told > _TELL_EVERY_S:
            self._told = time.monotonic()
            self._say(self._described())

    def run_done(self, label: str, said: str) -> None:
        """Say what a run found."""
        self._ended += 1
        self._say(f"{label}: {said} [{self._described()}]")

    def run_failed(self, label: str, failure: Failure) -> None:
        """Say why a run failed."""
        self._ended += 1
        self._say(f"{label} failed: {failure.message}")

    def _described(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        done_ps = self._total_ps - self._left_ps
        described = f"{self._ended}/{self._runs} runs, {done_ps * 86.4 / seconds:.3g} ns/day"
        if done_ps <= 0 or self._left_ps <= 0:
            return described
        return f"{described}, {duration(self._left_ps * seconds / done_ps)} left"
