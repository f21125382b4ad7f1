"""Timing: warm-up first, then medians of rounds in which the contenders take turns."""

import statistics
import time


def seconds(work):
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def warm_medians(works, repeats):
    """Median seconds of each named piece of work.

    All are called once untimed. Then they take turns, so that a busy moment of the machine meets
    each of them.
    """
    for work in works.values():
        work()
    rounds = [{name: seconds(work) for name, work in works.items()} for _ in range(repeats)]
    return {name: statistics.median(each[name] for each in rounds) for name in works}


def warm_median(work, repeats):
    """Median seconds of one piece of work, after one untimed call."""
    return warm_medians({"": work}, repeats)[""]
