"""Progress of a run on standard error."""

import time
from pathlib import Path

from rich.progress import TimeRemainingColumn

from ionlake.cli.follower import Follower
from ionlake.cli.output import fetched_note, ignored_note, waiting_note
from ionlake.lake.failures import Failure
from ionlake.pipeline.report import Reporter


class ProgressReporter(Follower, Reporter):
    """Follows a run with a bar on a terminal, with one line per material elsewhere.

    The bar advances with the predicted time of the work that is done, so that the time left is not
    fooled by many small crystals before a few large ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cost = 0.0
        self._energies = 0
        self._materials = 0
        self._done = 0
        self._started = time.monotonic()

    def materials_fetched(self, n_done: int, n_total: int) -> None:
        """Say how far reading is."""
        self._say(fetched_note(n_done, n_total))

    def source_waits(self, reason: str, seconds: float) -> None:
        """Say why nothing happens."""
        self._say(waiting_note(reason, seconds))

    def planned(self, n_scan: int, n_describe: int, n_reused: int, n_failed: int) -> None:
        """Say what the run has to do."""
        self._materials = n_scan + n_describe
        self._say(
            f"{n_scan} to scan, {n_describe} to describe, {n_reused} in the lake already, "
            f"{n_failed} that cannot be used"
        )

    def files_ignored(self, paths: tuple[Path, ...]) -> None:
        """Say what was passed over."""
        self._say(ignored_note(paths))

    def structure_changed(self, material_id: str, before: str, now: str) -> None:
        """Say that a name stands for another crystal now."""
        self._say(
            f"{material_id} has another structure than before (was {before}, is {now}); the old "
            "one stays in the lake"
        )

    def cluster_ready(self, n_workers: int, dashboard: str | None) -> None:
        """Say who works, and start the bar."""
        self._say_who_works(n_workers, dashboard)
        self._started = time.monotonic()
        self._start_bar(self._described(), None, TimeRemainingColumn())

    def work_added(self, cost: float) -> None:
        """Lengthen the bar."""
        self._cost += cost
        self._update()

    def energies_done(self, n_energies: int, cost: float) -> None:
        """Advance the bar."""
        self._energies += n_energies
        self._update(advance=cost)

    def material_done(self, name: str) -> None:
        """Count a material."""
        self._done += 1
        self._update()
        if self._progress is None:
            self._say(f"{name} done: {self._described()}")

    def material_failed(self, failure: Failure) -> None:
        """Say why a material failed."""
        computed = failure.stage in {"scan", "describe"}
        where = f"{failure.stage}, {failure.potential}" if computed else failure.stage
        self._say(f"{failure.material_id} failed ({where}): {failure.message}")

    def _described(self) -> str:
        rate = self._energies / max(time.monotonic() - self._started, 1e-9)
        return f"{self._done}/{self._materials} materials, {rate:.0f} energies/s"

    def _update(self, advance: float = 0.0) -> None:
        self._update_bar(total=self._cost, advance=advance, description=self._described())
