"""What progress of long work looks like: a bar on a terminal, lines elsewhere."""

import sys
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

_SPEED_OVER_S: Final = 600.0
"""The time left follows from the speed over this time; a large block takes a minute."""


class Follower:
    """Tells on standard error how far work is. A context manager: it takes its bar away."""

    def __init__(self) -> None:
        self._console = Console(
            stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self._progress: Progress | None = None
        self._bar: Any = None

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

    def _say(self, line: str) -> None:
        self._console.print(line)

    def _say_who_works(self, n_workers: int, dashboard: str | None) -> None:
        workers = "worker" if n_workers == 1 else "workers"
        where = f", dashboard at {dashboard}" if dashboard else ""
        self._say(f"{n_workers} {workers}{where}")

    def _start_bar(self, description: str, total: float | None, *columns: ProgressColumn) -> None:
        """Show a bar if there is a terminal, with these columns behind the usual ones."""
        if not sys.stderr.isatty():
            return
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.description}"),
            *columns,
            console=self._console,
            transient=True,
            speed_estimate_period=_SPEED_OVER_S,
        )
        self._bar = self._progress.add_task(description, total=total)
        self._progress.start()

    def _update_bar(self, **changes: Any) -> None:
        if self._progress is not None:
            self._progress.update(self._bar, **changes)
