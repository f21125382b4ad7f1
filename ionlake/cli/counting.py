"""A bar on standard error for work on a lake that takes a while."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ionlake.lake.progress import Progress as Follower
from ionlake.lake.progress import unfollowed


@contextmanager
def bar() -> Iterator[Follower]:
    """A bar for each kind of work on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield unfollowed
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks = {}

        def follow(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total)
            shown.update(tasks[what], completed=done)

        yield follow
