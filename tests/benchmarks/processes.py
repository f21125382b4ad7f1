"""Two processes of one thread each against one."""

import multiprocessing
import statistics
import time
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.cases import Case
from tests.benchmarks.timing import seconds

_LONGEST_START_S = 300
_ROUNDS = 5


@dataclass(frozen=True)
class Processes:
    """Throughput in points per second.

    Attributes:
        crystal: Name.
        one: Of one process alone.
        two: Of two processes at the same time, together.
        core_share: Share of the time in which each of the two had a core, less where other work
            keeps the machine busy; of the one that had less.
    """

    crystal: str
    one: float
    two: float
    core_share: float


def measure_processes(case, potential_name, effort):
    """Start one, then two processes; in each the clock starts once all are warm."""
    work = (
        case.name,
        case.structure,
        potential_name,
        effort.points(case.structure.n_sites),
        effort.stretch,
    )
    ((one, _),) = _run_at_once(work, 1)
    rates, shares = zip(*_run_at_once(work, 2), strict=True)
    return Processes(case.name, one=one, two=sum(rates), core_share=min(shares))


def _run_at_once(work, count):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(count)
    with context.Pool(count, initializer=_meet_at, initargs=(barrier,)) as pool:
        runs = [pool.apply_async(_run, work) for _ in range(count)]
        return [run.get(timeout=2 * _LONGEST_START_S) for run in runs]


def _meet_at(barrier):
    global _barrier  # noqa: PLW0603 -- the one way to hand a barrier to a pool
    _barrier = barrier


def _run(name, structure, potential_name, n_points, stretch):
    """Points per second of one process, median of its rounds, and its share of a core."""
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
    on_core = time.process_time()
    times = [seconds(lambda: collapsed.energies(points)) for _ in range(_ROUNDS)]
    share = (time.process_time() - on_core) / sum(times)
    return len(points) / statistics.median(times), share
