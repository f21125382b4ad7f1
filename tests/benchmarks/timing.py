"""Timing: warm-up first, then medians of rounds in which the contenders take turns."""

import statistics
import time

SHORTEST_TURN_S = 0.3


def seconds(work):
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def seconds_per_call(work, at_least=SHORTEST_TURN_S):
    """Mean wall time of as many calls as fill a turn; one call if that is longer."""
    calls, total = 0, 0.0
    while not calls or total < at_least:
        total += seconds(work)
        calls += 1
    return total / calls


def warm_medians(works, repeats, at_least=SHORTEST_TURN_S):
    """Median seconds per call of each named piece of work.

    All are called once untimed. Then they take turns, so that a busy moment of the machine meets
    each of them; turns are so long that it hardly matters what the others left in the caches.
    """
    for work in works.values():
        work()
    rounds = [
        {name: seconds_per_call(work, at_least) for name, work in works.items()}
        for _ in range(repeats)
    ]
    return {name: statistics.median(each[name] for each in rounds) for name in works}


def warm_median(work, repeats, at_least=SHORTEST_TURN_S):
    """Median seconds per call of one piece of work, after one untimed call."""
    return warm_medians({"": work}, repeats, at_least)[""]
