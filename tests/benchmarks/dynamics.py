"""Molecular dynamics with the same potential on the same cell."""

import numpy as np
from ase import units
from ase.md.verlet import VelocityVerlet

from tests.benchmarks.timing import warm_median

TEMPERATURE_K = 1000
STEPS = 25_000
"""50 ps in steps of 2 fs, one temperature: a short run as such runs go."""


def measure_step(case, calculator, effort):
    """Median seconds per step."""
    atoms = case.structure.to_ase()
    atoms.calc = calculator
    speeds = np.sqrt(units.kB * TEMPERATURE_K / atoms.get_masses())[:, None]
    atoms.set_velocities(speeds * np.random.default_rng(0).standard_normal((len(atoms), 3)))
    dynamics = VelocityVerlet(atoms, timestep=2 * units.fs)
    return warm_median(lambda: dynamics.run(1), effort.md_steps, at_least=0.0)
