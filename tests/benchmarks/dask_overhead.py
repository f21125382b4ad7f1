"""What Dask itself takes for a task: ``python -m tests.benchmarks.dask_overhead --workers 64 512``.

Client, scheduler and workers share one process and one lock, so that all their work is counted; in
a real cluster the scheduler has a process to itself. Simulations take half of a task's time for
each of its two messages, and the time of a lonely task beside it.
"""

import argparse
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks.tables import table


@dataclass(frozen=True)
class Overhead:
    """Dask with so many workers.

    Attributes:
        workers: Number of workers.
        task_ms: Time for a task among many that do nothing, ms.
        lonely_ms: Time from sending a task to its result where nothing else is at work, ms.
        asking_ms: Time to ask the scheduler who works for it, ms.
    """

    workers: int
    task_ms: float
    lonely_ms: float
    asking_ms: float


@contextmanager
def workers_in_this_process(count):
    """A client with so many workers of one thread each, all in this process."""
    import dask
    from distributed import Client, LocalCluster

    quiet = {
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.interval": "1h",
        "distributed.comm.timeouts.connect": 300,
    }
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            memory_limit=0,  # else all of them pause when this one process grows
        ) as cluster,
        Client(cluster, timeout=300) as client,
    ):
        yield client


async def nothing(*_):
    """A task that takes no time and no thread."""


def measure(count, n_tasks):
    """Send tasks that do nothing, as a run sends its own: so many per worker are out at once."""
    from ionlake.pipeline.dispatch import MOST_OUT

    with workers_in_this_process(count) as client:
        _send(client, 4 * count, MOST_OUT * count)
        started = time.perf_counter()
        _send(client, n_tasks, MOST_OUT * count)
        task_s = (time.perf_counter() - started) / n_tasks
        lonely = [
            _timed(lambda n=n: client.submit(nothing, "lonely", n).result()) for n in range(50)
        ]
        asking = [_timed(lambda: client.scheduler_info(n_workers=-1)) for _ in range(20)]
    ms = [1e3 * each for each in (task_s, statistics.median(lonely), statistics.median(asking))]
    return Overhead(count, *ms)


def _send(client, n_tasks, most_out):
    from distributed import as_completed

    first = min(most_out, n_tasks)
    sent = as_completed([_submit(client, n) for n in range(first)])
    for number, _ in zip(range(first, n_tasks), sent, strict=False):
        sent.add(_submit(client, number))
    for _ in sent:
        pass


def _submit(client, number):
    return client.submit(
        nothing, number, key=f"bundle-{number}-{time.perf_counter_ns()}", pure=False
    )


def _timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main():
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.dask_overhead", description=__doc__
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--tasks", type=int, default=20000)
    options = parser.parse_args()
    found = [measure(count, options.tasks) for count in options.workers]
    rows = [[f"{value:.4g}" for value in vars(each).values()] for each in found]
    sys.stdout.write(table(tuple(vars(found[0])), rows) + "\n")


if __name__ == "__main__":
    main()
