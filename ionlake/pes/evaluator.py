"""How a scan gets its energies from a potential."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray
from ionlake.potentials.interface import OffersScanEvaluator, Potential, ScanEvaluator
from ionlake.structures.record import StructureRecord

BATCHED: Final = "batched-1"


@dataclass(frozen=True)
class BatchedEvaluator:
    """Scan energies from batches of whole structures: works with every potential."""

    potential: Potential
    structure: StructureRecord
    site: int

    def energies(self, points: FloatArray) -> FloatArray:
        """Energies in eV with the ion at each fractional point; shape (n_points,)."""
        cell = self.structure.cell
        frames = np.tile(self.structure.fractional_positions @ cell, (len(points), 1, 1))
        frames[:, self.site] = points @ cell
        return self.potential.energies(cell, self.structure.atomic_numbers, frames)


def scan_evaluator(potential: Potential, structure: StructureRecord, site: int) -> ScanEvaluator:
    """The potential's own scan evaluator if it offers one, batches of structures otherwise."""
    if isinstance(potential, OffersScanEvaluator):
        return potential.scan_evaluator(
            structure.cell, structure.atomic_numbers, structure.fractional_positions, site
        )
    return BatchedEvaluator(potential, structure, site)


def evaluator_name(potential: Potential) -> str:
    """Code path and version that `scan_evaluator` picks for this potential."""
    if isinstance(potential, OffersScanEvaluator):
        return potential.scan_evaluator_name
    return BATCHED
