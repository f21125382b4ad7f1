"""All measurements of one run, in one process and one thread."""

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from ionlake.potentials.load import load_potential
from tests.benchmarks.arithmetic import matrix_peak_gflops
from tests.benchmarks.cases import Case, load_cases, supercell
from tests.benchmarks.contenders import ase_calculator
from tests.benchmarks.dynamics import measure_step
from tests.benchmarks.end_to_end import EndToEnd, measure_end_to_end
from tests.benchmarks.levels import Levels, measure_levels
from tests.benchmarks.per_point import PerPoint, measure_per_point
from tests.benchmarks.processes import Processes, measure_processes
from tests.benchmarks.scaling import (
    Cost,
    Fit,
    Linearity,
    fit,
    measure_cost,
    measure_linearity,
)

_TIMED = ("ionlake", "sevenn", "torch", "e3nn", "numpy", "numba", "ase")
CRYSTALS = ("LiCl-225", "Li2O-225", "Li3N-191", "LiFePO4-62")
SCALING_CRYSTALS = ("Li3OCl-221", "Li3P-194", "LiAlO2-92", "LiAlCl4-14")
SUPERCELL_OF = "Li2O-225"
SUPERCELLS = ((2, 1, 1), (2, 2, 1), (2, 2, 2), (3, 2, 2), (3, 3, 2))
MOST_POINTS_OF_REFERENCE = 4000
"""The plain level map takes seconds up to so many grid points."""


@dataclass(frozen=True)
class Material:
    """One crystal: a point, the whole scan, and a step of molecular dynamics in seconds."""

    point: PerPoint
    whole: EndToEnd
    md_step_s: float


@dataclass(frozen=True)
class Report:
    """Everything measured.

    Attributes:
        potential: Name of the potential.
        machine: Processor and number of cores.
        versions: Of Python and of the packages that decide the times.
        load: Load averages of the last minute before and after the run.
        peak_gflops: Matrix peak of one thread, before and after the materials.
        materials: Crystals as asked for.
        levels: Level map and percolation of those with small grids.
        costs: The operator's cost over all crystals and supercells.
        fit: Of these costs.
        linearity: Cost against number of points.
        processes: Two processes against one.
    """

    potential: str
    machine: str
    versions: str
    load: tuple[float, float]
    peak_gflops: tuple[float, float]
    materials: tuple[Material, ...]
    levels: tuple[Levels, ...]
    costs: tuple[Cost, ...]
    fit: Fit
    linearity: Linearity
    processes: Processes


def measure(cases, potential_name, effort):
    """Run every benchmark."""
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    potential = load_potential(potential_name, device="cpu")
    calculator = ase_calculator(potential_name)
    peak = matrix_peak_gflops()
    materials, levels = [], []
    for case in cases:
        material, dataset = measure_material(case, potential, calculator, effort)
        materials.append(material)
        if dataset is not None and dataset.energy[0].size <= MOST_POINTS_OF_REFERENCE:
            _say(f"{case.name}: levels")
            levels.append(measure_levels(case.name, dataset))
    peaks = (peak, matrix_peak_gflops())
    costs = [_cost_of(each.point) for each in materials]
    costs += [_told_cost(case, potential, effort) for case in scaling_cases()]
    return Report(
        potential=potential_name,
        machine=f"{_processor()}, {os.cpu_count()} cores",
        versions=versions(),
        load=(load, os.getloadavg()[0]),
        peak_gflops=peaks,
        materials=tuple(materials),
        levels=tuple(levels),
        costs=tuple(costs),
        fit=fit(costs),
        linearity=measure_linearity(cases[0], potential, effort),
        processes=measure_processes(cases[-1], potential_name, effort),
    )


def measure_material(case, potential, calculator, effort):
    """One crystal, and the dataset of its scan if that was short enough."""
    _say(f"{case.name}: points")
    point = measure_per_point(case, potential, calculator, effort)
    _say(f"{case.name}: end to end")
    whole, dataset = measure_end_to_end(case, potential, point, effort)
    return Material(point, whole, measure_step(case, calculator, effort)), dataset


def scaling_cases() -> list[Case]:
    """More crystals, and supercells of one."""
    (base,) = load_cases([SUPERCELL_OF])
    return load_cases(SCALING_CRYSTALS) + [supercell(base, each) for each in SUPERCELLS]


def _cost_of(point):
    return Cost(point.crystal, point.atoms, point.pairs, point.operator_ms)


def _told_cost(case, potential, effort):
    _say(f"{case.name}: cost")
    return measure_cost(case, potential, effort)


def _say(text):
    sys.stderr.write(text + "\n")


def versions():
    """Versions of Python and of the packages that decide the times, in one line."""
    packages = [f"{name} {version(name)}" for name in _TIMED]
    return ", ".join([f"Python {platform.python_version()}", *packages])


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
