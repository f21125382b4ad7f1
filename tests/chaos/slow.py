"""Preloaded by every worker: a slow landscape, and a note of every block and grid that is begun."""

import os
import time

from distributed import get_worker

from ionlake.pipeline import steps
from ionlake.potentials.analytic import CosineLandscape

_energies = CosineLandscape.energies
_write_block, _write_grid = steps.write_block, steps.write_grid


def dask_setup(_worker):
    """Patch this process as the environment asks."""
    CosineLandscape.energies = _slow_energies
    steps.write_block, steps.write_grid = _noted_block, _noted_grid


def _slow_energies(self, *args):
    time.sleep(float(os.environ["CHAOS_DELAY_S"]))
    return _energies(self, *args)


def _noted_block(path, energies):
    # staging/<scan>/block-<ion>-<first>-<attempt>
    _note("block", path.parent.name, *path.name.split("-")[1:3])
    return _write_block(path, energies)


def _noted_grid(path, grid):
    _note("grid", grid.attrs["scan_id"])
    return _write_grid(path, grid)


def _note(*words):
    """One line: what is begun, a tab, and the task that does it."""
    line = f"{' '.join(words)}\t{get_worker().get_current_task()}\n"
    descriptor = os.open(os.environ["CHAOS_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)
