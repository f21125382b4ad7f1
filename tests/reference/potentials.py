"""Potentials for tests: one with the symmetries of physics, one with an evaluator of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ionlake.geometry import lattice_shifts
from ionlake.pes.evaluator import BatchedEvaluator
from ionlake.potentials.interface import PotentialCard, as_batch
from ionlake.structures.record import StructureRecord


@dataclass(frozen=True)
class PairPotential:
    """E = sum over pairs of A_ij (1 - r²/c²)³ within the cut-off c, plus a chiral term.

    The chiral term is the triple product of three differently weighted sums of the vectors to an
    atom's neighbours: it keeps its value under proper rotations and changes its sign in a mirror.
    """

    cutoff: float = 3.0
    chirality: float = 0.0

    @property
    def card(self):
        return PotentialCard(
            name="pairs",
            dtype="float64",
            cutoff_ang=self.cutoff,
            atomic_numbers=None,
            parity=self.chirality == 0,
            parameters={"cutoff": self.cutoff, "chirality": self.chirality},
        )

    def energies(self, cell, numbers, positions):
        fractional = as_batch(positions, len(numbers)) @ np.linalg.inv(cell)
        difference = fractional[:, None, :, :] - fractional[:, :, None, :]
        difference -= np.round(difference)
        strength = np.sqrt(np.asarray(numbers, dtype=float))
        pairs = np.zeros(len(fractional))
        sums = np.zeros((3, *fractional.shape))
        for shift in lattice_shifts(cell, self.cutoff, difference=0.5):
            vectors = (difference + shift) @ cell
            squared = (vectors**2).sum(axis=-1)
            near = np.clip(1.0 - squared / self.cutoff**2, 0.0, None) ** 3
            if not shift.any():
                near[:, np.arange(len(numbers)), np.arange(len(numbers))] = 0.0
            pairs += np.einsum("fij,i,j->f", near, strength, strength)
            if self.chirality:
                for power in range(3):
                    weights = near * strength ** (power + 1) * squared**power
                    sums[power] += np.einsum("fij,fijk->fik", weights, vectors)
        triple = np.einsum("fik,fik->fi", sums[0], np.cross(sums[1], sums[2]))
        return 0.5 * pairs + self.chirality * (triple * strength).sum(axis=1)


def exact(_site, _points, energies):
    """No error."""
    return energies


@dataclass(frozen=True)
class OwnEvaluator:
    """A potential with a scan evaluator of its own, exact or with an error put into it.

    Attributes:
        error: From the site, the fractional points and their true energies to those given out.
        inner: The plain potential.
        on_build: Called with the site before an evaluator is made.
        built: The sites evaluators were made for.
    """

    error: Callable = exact
    inner: object = field(default_factory=PairPotential)
    on_build: Callable = id
    scan_evaluator_name: str = "own-7"
    built: list[int] = field(default_factory=list)

    @property
    def card(self):
        return self.inner.card

    def reference(self):
        return self.inner

    def energies(self, cell, numbers, positions):
        return self.inner.energies(cell, numbers, positions)

    def scan_evaluator(self, cell, numbers, fractional, site):
        self.on_build(site)
        self.built.append(site)
        record = StructureRecord(cell, numbers, fractional)
        return _Own(BatchedEvaluator(self.inner, record, site), self.error)


@dataclass(frozen=True)
class _Own:
    inner: BatchedEvaluator
    error: Callable

    def energies(self, points):
        return self.error(self.inner.site, points, self.inner.energies(points))
