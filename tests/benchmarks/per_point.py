"""Milliseconds per grid point, and how far the energies are from plain float64 ones."""

from dataclasses import dataclass

import numpy as np

from tests.benchmarks.arithmetic import distinct_fixed_pairs, flops_per_point
from tests.benchmarks.contenders import batched, one_by_one, operator, with_best_batch
from tests.benchmarks.timing import warm_medians


@dataclass(frozen=True)
class PerPoint:
    """What one point of one crystal costs.

    Attributes:
        crystal: Name.
        atoms: Atoms in the cell.
        pairs: Directed pairs within the cut-off.
        points: Points timed, the same for all.
        closest_ang: Shortest contact among them, Å.
        edges_per_batch: Best batch size of plain SevenNet.
        one_by_one_ms: Sevenn's ASE calculator, with forces.
        batched_ms: Plain SevenNet in batches, energies only.
        operator_ms: The frozen-lattice operator.
        batched_error_ev: Largest difference of batched float32 energies from float64.
        operator_error_ev: Largest difference of the operator's energies from float64.
        operator_gflops: Arithmetic that the operator gets done, GFLOP/s.
    """

    crystal: str
    atoms: int
    pairs: int
    points: int
    closest_ang: float
    edges_per_batch: int
    one_by_one_ms: float
    batched_ms: float
    operator_ms: float
    batched_error_ev: float
    operator_error_ev: float
    operator_gflops: float

    @property
    def over_batched(self):
        """Batched over operator."""
        return self.batched_ms / self.operator_ms

    @property
    def over_one_by_one(self):
        """One by one over operator."""
        return self.one_by_one_ms / self.operator_ms


def measure_per_point(case, potential, calculator, effort):
    """Time the three contenders in turns on the same points, or one by one on some of them."""
    points, closest = case.points(effort.points(case.structure.n_sites))
    best = with_best_batch(potential, case, points, effort.edges_per_batch)
    collapsed = operator(potential, case)
    some = points[:: max(1, len(points) // effort.single_points)]
    times = warm_medians(
        {
            "one by one": lambda: one_by_one(calculator, case, some),
            "batched": lambda: batched(best, case, points),
            "operator": lambda: collapsed.energies(points),
        },
        effort.repeats(case.structure.n_sites),
    )
    counts = {"one by one": len(some)}
    ms = {name: 1e3 * time / counts.get(name, len(points)) for name, time in times.items()}
    exact = batched(potential.reference(), case, points)
    n_atoms, cutoff = case.structure.n_sites, potential.card.cutoff_ang
    flops = flops_per_point(potential.parts, n_atoms, distinct_fixed_pairs(case, cutoff))
    return PerPoint(
        crystal=case.name,
        atoms=n_atoms,
        pairs=case.pairs(cutoff),
        points=len(points),
        closest_ang=closest,
        edges_per_batch=best.edges_per_batch,
        one_by_one_ms=ms["one by one"],
        batched_ms=ms["batched"],
        operator_ms=ms["operator"],
        batched_error_ev=float(np.abs(batched(best, case, points) - exact).max()),
        operator_error_ev=float(np.abs(collapsed.energies(points) - exact).max()),
        operator_gflops=1e-6 * flops / ms["operator"],
    )
