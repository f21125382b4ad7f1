"""Two processes of one thread each against one."""

import multiprocessing
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.cases import Case
from tests.benchmarks.timing import seconds

_LONGEST_START_S = 300


@dataclass(frozen=True)
class Processes:
    """Throughput in points per second.

    Attributes:
        crystal: Name.
        one: Of one process alone.
        two: Of two processes at the same time, together.
    """

    crystal: str
    one: float
    two: float


def measure_processes(case, potential_name, effort):
    """Start one, then two processes; in each the clock starts once all are warm."""
    work = (case.name, case.structure, potential_name, effort.points, effort.stretch)
    return Processes(case.name, one=_throughput(work, 1), two=_throughput(work, 2))


def _throughput(work, count):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count)
    with context.Pool(count, initializer=_meet_at, initargs=(barrier,)) as pool:
        runs = [pool.apply_async(_run, work) for _ in range(count)]
        results = [run.get(timeout=2 * _LONGEST_START_S) for run in runs]
    return sum(n for n, _ in results) / max(time for _, time in results)


def _meet_at(barrier):
    global _barrier  # noqa: PLW0603 -- the one way to hand a barrier to a pool
    _barrier = barrier


def _run(name, structure, potential_name, n_points, stretch):
    """Points done and the seconds they took in one process."""
    import torch

    from ionlake.potentials.load import load_potential
    from tests.benchmarks.contenders import operator

    torch.set_num_threads(1)
    case = Case(name, structure)
    few, _ = case.points(n_points)
    points = np.tile(few, (stretch, 1))
    collapsed = operator(load_potential(potential_name, device="cpu"), case)
    collapsed.energies(few)
    _barrier.wait(_LONGEST_START_S)
    return len(points), seconds(lambda: collapsed.energies(points))
