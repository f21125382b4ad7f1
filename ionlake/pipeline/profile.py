"""Where the time of a run goes: Dask's performance report, and a table of its stages."""

import csv
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ionlake.errors import MissingExtraError, SettingsError

WAITING = "waiting"
"""Stage of workers with nothing to do: they start, or wait for work, the writer, the last one."""


@dataclass(frozen=True)
class Stage:
    """What all tasks of one kind took together.

    Attributes:
        stage: ``bundle`` (small scans together), ``scan`` (a whole one), ``plan``, ``block``,
            ``verify``, ``finish_scan``, ``describe``, or `WAITING`.
        tasks: Their number.
        compute_s: Time of workers at them, s.
        share: Part of all time of workers.
        longest_s: The longest of them, s.
        transfer_s: Time in which arguments and results travelled, s.
    """

    stage: str
    tasks: int
    compute_s: float
    share: float
    longest_s: float
    transfer_s: float


@contextmanager
def profiled(client: Any, report: Path | None) -> Iterator[None]:
    """Profile what a cluster does in the block, if a file is named.

    Args:
        client: The Dask client.
        report: Page to write, ``.html``; the table of stages goes beside it as ``.csv``. None: no
            profile.

    Raises:
        MissingExtraError: bokeh is not installed, which draws the page.
    """
    if report is None:
        yield
        return
    from distributed import get_task_stream, performance_report

    started = time.monotonic()
    n_workers = len(client.scheduler_info(n_workers=-1)["workers"])
    with performance_report(filename=str(report)), get_task_stream(client) as stream:
        yield
    write_stages(
        report.with_suffix(".csv"),
        stages(stream.data, n_workers * (time.monotonic() - started)),
    )


def require_report(report: Path | None) -> None:
    """Refuse a profile that could not be written, before anything is computed.

    Raises:
        SettingsError: It is no page, or its folder is not there.
        MissingExtraError: bokeh is not installed, which draws the page.
    """
    if report is None:
        return
    if report.suffix != ".html" or not report.parent.is_dir():
        raise SettingsError(f"the profile is {report}; expected a file .html in an existing folder")
    try:
        import bokeh  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "a profile needs bokeh, which is not installed: pip install 'ionlake[explore]'"
        ) from error


def stages(tasks: Iterable[Mapping[str, Any]], worker_s: float) -> list[Stage]:
    """The stages of a run, those that took longest first, waiting last.

    Args:
        tasks: From Dask's task stream: ``key`` and ``startstops`` of each.
        worker_s: Time that the run had workers, summed over them, s.
    """
    computed: defaultdict[str, list[float]] = defaultdict(list)
    moved: defaultdict[str, float] = defaultdict(float)
    for task in tasks:
        name = str(task["key"]).partition("-")[0]
        for part in task["startstops"]:
            seconds = part["stop"] - part["start"]
            if part["action"] == "compute":
                computed[name].append(seconds)
            else:
                moved[name] += seconds
    found = [
        Stage(name, len(each), sum(each), sum(each) / worker_s, max(each), moved[name])
        for name, each in computed.items()
    ]
    left = max(0.0, worker_s - sum(stage.compute_s for stage in found))
    waiting = Stage(WAITING, 0, left, left / worker_s, 0.0, 0.0)
    return [*sorted(found, key=lambda stage: -stage.compute_s), waiting]


def write_stages(path: Path, table: Iterable[Stage]) -> None:
    """Write the table of stages as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Stage)])
        writer.writeheader()
        writer.writerows(asdict(stage) for stage in table)
