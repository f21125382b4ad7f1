"""Three ways to the energies of the same points: one by one, batched, and the operator."""

from dataclasses import replace

import numpy as np
from ase.calculators.calculator import Calculator

from ionlake.pes.evaluator import BatchedEvaluator
from ionlake.potentials.sevennet import PACKAGED
from tests.benchmarks.timing import seconds


def ase_calculator(potential_name) -> Calculator:
    """Sevenn's own calculator, as people run it: energy, forces and stress at every call."""
    import warnings

    from sevenn.calculator import SevenNetCalculator

    checkpoint, _, modality = potential_name.partition("@")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SevenNetCalculator(
            PACKAGED.get(checkpoint, checkpoint), device="cpu", modal=modality or None
        )


def one_by_one(calculator, case, points):
    """Energies from the ASE calculator."""
    atoms = case.structure.to_ase()
    atoms.calc = calculator
    found = []
    for place in points @ case.structure.cell:
        atoms.positions[case.site] = place
        found.append(atoms.get_potential_energy())
    return np.array(found)


def batched(potential, case, points):
    """Energies from plain batches of whole structures."""
    return BatchedEvaluator(potential, case.structure, case.site).energies(points)


def operator(potential, case):
    """The frozen-lattice operator of a case."""
    crystal = case.structure
    return potential.scan_evaluator(
        crystal.cell, crystal.atomic_numbers, crystal.fractional_positions, case.site
    )


def with_best_batch(potential, case, points, budgets):
    """The potential with the batch size, in edges, that takes the least time on these points."""
    sized = [replace(potential, edges_per_batch=budget) for budget in budgets]
    batched(sized[0], case, points)
    times = [seconds(lambda each=each: batched(each, case, points)) for each in sized]
    return sized[int(np.argmin(times))]
