"""How the operator's cost grows with the crystal, and with the number of points."""

from dataclasses import dataclass

import numpy as np

from tests.benchmarks.contenders import operator
from tests.benchmarks.timing import warm_median, warm_medians


@dataclass(frozen=True)
class Cost:
    """Milliseconds per point of one crystal."""

    crystal: str
    atoms: int
    pairs: int
    ms: float


@dataclass(frozen=True)
class Fit:
    """Milliseconds per point as per_atom · atoms + per_pair · pairs + constant.

    Attributes:
        per_atom_ms: a.
        per_pair_ms: b.
        constant_ms: c.
        rms_share: Root mean square of the relative errors.
        crystals: Number of crystals.
        smallest: Fewest atoms.
        largest: Most atoms.
    """

    per_atom_ms: float
    per_pair_ms: float
    constant_ms: float
    rms_share: float
    crystals: int
    smallest: int
    largest: int


@dataclass(frozen=True)
class Linearity:
    """Milliseconds per point at several numbers of points of one crystal."""

    crystal: str
    points: tuple[int, ...]
    ms: tuple[float, ...]


def measure_cost(case, potential, effort):
    """Time the operator on one crystal."""
    points, _ = case.points(effort.points(case.structure.n_sites))
    collapsed = operator(potential, case)
    time = warm_median(lambda: collapsed.energies(points), effort.repeats(case.structure.n_sites))
    pairs = case.pairs(potential.card.cutoff_ang)
    return Cost(case.name, case.structure.n_sites, pairs, 1e3 * time / len(points))


def fit(costs):
    """Least squares of the relative errors."""
    ms = np.array([each.ms for each in costs])
    sizes = np.array([[each.atoms, each.pairs, 1.0] for each in costs]) / ms[:, None]
    parameters, *_ = np.linalg.lstsq(sizes, np.ones(len(ms)))
    errors = sizes @ parameters - 1.0
    atoms = [each.atoms for each in costs]
    return Fit(
        *map(float, parameters),
        rms_share=float(np.sqrt(np.mean(errors**2))),
        crystals=len(costs),
        smallest=min(atoms),
        largest=max(atoms),
    )


def measure_linearity(case, potential, effort):
    """Time the operator on 64, 128, ... points of one crystal, repeated where it has fewer."""
    few, _ = case.points(effort.most_points)
    points = np.tile(few, (-(-effort.most_points // len(few)), 1))
    collapsed = operator(potential, case)
    counts = [64]
    while 2 * counts[-1] <= effort.most_points:
        counts.append(2 * counts[-1])
    works = {n: lambda n=n: collapsed.energies(points[:n]) for n in counts}
    times = warm_medians(works, effort.small_repeats)
    return Linearity(case.name, tuple(counts), tuple(1e3 * times[n] / n for n in counts))
