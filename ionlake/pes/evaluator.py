"""How a scan gets its energies from a potential, and what these are verified against."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ionlake.errors import GridError, PotentialError
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


def own_evaluator(potential: Potential, choice: str = "auto") -> OffersScanEvaluator | None:
    """The potential as one whose own scan evaluator is used, None where batches are.

    Args:
        potential: The potential.
        choice: ``ScanSettings.evaluator``: ``auto`` takes the potential's own evaluator if it
            offers one, ``batched`` never does.
    """
    if choice == "auto" and isinstance(potential, OffersScanEvaluator):
        return potential
    return None


def evaluator_name(potential: Potential, choice: str = "auto") -> str:
    """Code path and version that `scan_evaluator` picks; part of a scan's identity."""
    own = own_evaluator(potential, choice)
    return BATCHED if own is None else own.scan_evaluator_name


def reference_potential(potential: Potential, choice: str = "auto") -> Potential:
    """What the energies of a scan are verified against: the potential itself without shortcuts."""
    own = own_evaluator(potential, choice)
    return potential if own is None else own.reference()


def scan_evaluator(
    potential: Potential, structure: StructureRecord, site: int, choice: str = "auto"
) -> ScanEvaluator:
    """The potential's own scan evaluator if it offers one, batches of structures otherwise.

    The last evaluator of a potential's own is kept, because building one takes time and a scan is
    evaluated in blocks. Never more than one is kept: it may take a gigabyte.

    Args:
        potential: The potential.
        structure: The crystal.
        site: Site index of the moving ion.
        choice: ``ScanSettings.evaluator``.
    """
    own = own_evaluator(potential, choice)
    if own is None:
        return BatchedEvaluator(potential, structure, site)
    return _kept_evaluator(_Request(own, structure, site))


def release_evaluator() -> None:
    """Let go of the evaluator that `scan_evaluator` keeps."""
    _kept_evaluator.cache_clear()


def checked_energies(energies: FloatArray, points: FloatArray, formula: str) -> FloatArray:
    """Energies with the ion at fractional points, if there is a finite one for each.

    Raises:
        PotentialError: If there is not one energy for each point.
        GridError: If an energy is not finite.
    """
    if np.shape(energies) != (len(points),):
        raise PotentialError(
            f"the scan evaluator returned shape {np.shape(energies)}, expected ({len(points)},): "
            "it must give one energy for each point"
        )
    bad = np.flatnonzero(~np.isfinite(energies))
    if bad.size:
        raise GridError(
            f"the potential gave {bad.size} energies that are not finite in {formula}, first with "
            f"the ion at {points[bad[0]].round(4)}: use a potential that is defined at short "
            "distances, or a larger exclusion radius"
        )
    return energies


@dataclass(frozen=True, eq=False)
class _Request:
    """An evaluator asked for; equal for the same potential object, crystal and site."""

    potential: OffersScanEvaluator
    structure: StructureRecord
    site: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Request) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[int, str, int]:
        return id(self.potential), self.structure.structure_id, self.site


@lru_cache(maxsize=1)
def _kept_evaluator(request: _Request) -> ScanEvaluator:
    _kept_evaluator.cache_clear()  # before the next one is built, so that both never exist
    structure = request.structure
    return request.potential.scan_evaluator(
        structure.cell, structure.atomic_numbers, structure.fractional_positions, request.site
    )
