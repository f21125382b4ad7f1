"""Evaluate the potential energy surface of the mobile ions of one crystal."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.errors import GridError, PotentialError
from ionlake.geometry import FloatArray
from ionlake.pes.dataset import ScanResult, scan_dataset
from ionlake.pes.evaluator import evaluator_name, scan_evaluator
from ionlake.pes.grid import grid_fractional
from ionlake.pes.plan import (
    IonOrbit,
    OrbitPoints,
    ScanPlan,
    orbit_points,
    plan_scan,
    without_symmetry,
)
from ionlake.pes.settings import ScanSettings
from ionlake.pes.symmetry import image_indices
from ionlake.potentials.interface import Potential, ScanEvaluator, require_elements
from ionlake.structures.record import StructureRecord

Progress = Callable[[int, int], None]
"""Called with the number of points done and the number of points in all."""

CERTIFICATE_LIMIT_EV: Final = 1e-4
_CERTIFICATE_POINTS: Final = 6
_POINTS_PER_BLOCK: Final = 128


class CertificateError(GridError):
    """A symmetry copy whose energy the potential does not confirm."""


@dataclass(frozen=True, eq=False)
class OrbitEnergies:
    """Energies of one scanned ion at its irreducible points.

    Attributes:
        ion: The scanned mobile ion.
        energies: Total energies in eV, float64, in the order of `OrbitPoints.evaluated`.
        certificate_ev: Largest difference between copied energies and their re-evaluation on
            random points, eV; zero where nothing was copied.
        n_energies: Energies the potential was asked for.
        seconds: Time the evaluation took.
    """

    ion: int
    energies: FloatArray
    certificate_ev: float
    n_energies: int
    seconds: float


def scan_orbit(
    plan: ScanPlan, orbit: IonOrbit, potential: Potential, progress: Progress | None = None
) -> OrbitEnergies:
    """Evaluate one scanned ion and certify the copies made from it.

    Args:
        plan: The scan.
        orbit: One of its orbits.
        potential: The potential.
        progress: Called after each block of points.

    Raises:
        CertificateError: If a re-evaluated copy differs by more than 1e-4 eV (not with
            ``symmetry="all"`` and a potential without parity: that choice accepts it).
        GridError: If every point is too close to another atom, or an energy is not finite.
        PotentialError: If the potential does not give one energy for each point.
    """
    started = time.perf_counter()
    points = orbit_points(plan, orbit.ion)
    evaluator = scan_evaluator(potential, plan.structure, int(plan.sites[orbit.ion]))
    coordinates = grid_fractional(plan.shape, points.evaluated)
    energies = np.empty(len(coordinates))
    for first in range(0, len(coordinates), _POINTS_PER_BLOCK):
        block = slice(first, first + _POINTS_PER_BLOCK)
        energies[block] = _evaluate(evaluator, coordinates[block], plan)
        if progress is not None:
            progress(min(first + _POINTS_PER_BLOCK, len(coordinates)), len(coordinates))
    certificate, n_checked = _certify(plan, orbit, points, energies, potential)
    return OrbitEnergies(
        ion=orbit.ion,
        energies=energies,
        certificate_ev=certificate,
        n_energies=len(energies) + n_checked,
        seconds=time.perf_counter() - started,
    )


def base_energy(plan: ScanPlan, potential: Potential) -> float:
    """Energy of the crystal with every ion at its site, eV.

    Raises:
        GridError: If it is not finite.
    """
    structure = plan.structure
    positions = (structure.fractional_positions @ structure.cell)[None]
    energy = float(potential.energies(structure.cell, structure.atomic_numbers, positions)[0])
    if not np.isfinite(energy):
        raise GridError(
            f"the potential gave {energy} eV for {structure.formula} as it is, expected a finite "
            "energy: check the crystal and the potential"
        )
    return energy


def assemble(
    plan: ScanPlan, results: list[OrbitEnergies], base_ev: float, potential: Potential
) -> xr.Dataset:
    """Spread the energies of the scanned ions over the grids of all mobile ions.

    Args:
        plan: The scan.
        results: One result per orbit of the plan, in any order.
        base_ev: Energy of the crystal with every ion at its site, eV.
        potential: The potential the energies came from.

    Returns:
        The dataset described at `ionlake.pes.dataset.scan_dataset`.

    Raises:
        GridError: If an orbit has no result, or one that belongs to another plan.
    """
    by_ion = {result.ion: result for result in results}
    shape = (len(plan.sites), int(np.prod(plan.shape)))
    energies = np.full(shape, np.nan)
    evaluated = np.zeros(shape, dtype=bool)
    n_operations = []
    for orbit in plan.orbits:
        points = orbit_points(plan, orbit.ion)
        n_operations.append(points.n_operations)
        found = len(by_ion[orbit.ion].energies) if orbit.ion in by_ion else 0
        if found != len(points.evaluated):
            raise GridError(
                f"mobile ion {orbit.ion} of {plan.structure.formula} has {found} energies, "
                f"expected {len(points.evaluated)}: scan it again with this plan"
            )
        scanned = _spread(points, by_ion[orbit.ion].energies)
        energies[orbit.ion] = scanned
        evaluated[orbit.ion, points.evaluated] = True
        for ion, operation in orbit.copies:
            energies[ion, _images(plan, operation)] = scanned
    return scan_dataset(
        ScanResult(
            plan=plan,
            energies=energies.reshape(len(plan.sites), *plan.shape),
            evaluated=evaluated.reshape(len(plan.sites), *plan.shape),
            base_energy_ev=base_ev,
            card=potential.card,
            evaluator=evaluator_name(potential),
            certificate_ev=max(result.certificate_ev for result in results),
            framework_operations=tuple(n_operations),
        )
    )


def scan_structure(
    structure: StructureRecord,
    settings: ScanSettings,
    potential: Potential,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Scan one crystal in this process.

    If the potential does not confirm the symmetry copies, the crystal is scanned again without
    symmetry.

    Raises:
        PotentialError: If the potential does not know an element of the crystal, or does not give
            one energy for each point.
        StructureError: If the crystal has no ion of the mobile species.
        GridError: If every point of an ion is too close to another atom, or an energy is not
            finite.
    """
    require_elements(potential.card, structure.atomic_numbers)
    plan = plan_scan(structure, settings, parity=potential.card.parity)
    try:
        results = [scan_orbit(plan, orbit, potential, progress) for orbit in plan.orbits]
    except CertificateError:
        plan = without_symmetry(plan)
        results = [scan_orbit(plan, orbit, potential, progress) for orbit in plan.orbits]
    return assemble(plan, results, base_energy(plan, potential), potential)


def _spread(points: OrbitPoints, energies: FloatArray) -> FloatArray:
    """Energies of all grid points from those of the irreducible ones, NaN where excluded."""
    spread = np.append(energies, np.nan)[points.source]
    result: FloatArray = spread
    return result


def _images(plan: ScanPlan, operation: int) -> Any:
    return image_indices(
        plan.operations.rotations[operation], plan.operations.translations[operation], plan.shape
    )


def _certify(
    plan: ScanPlan,
    orbit: IonOrbit,
    points: OrbitPoints,
    energies: FloatArray,
    potential: Potential,
) -> tuple[float, int]:
    """Re-evaluate random copied points of the scanned ion and of one of its copies."""
    random = np.random.default_rng(0)
    scanned = _spread(points, energies)
    copied = points.source >= 0
    copied[points.evaluated] = False
    targets = [(orbit.ion, np.arange(scanned.size), copied)]
    if orbit.copies:
        ion, operation = orbit.copies[random.integers(len(orbit.copies))]
        targets.append((ion, _images(plan, operation), points.source >= 0))
    worst, count = 0.0, 0
    for ion, images, usable in targets:
        candidates = np.flatnonzero(usable)
        if not candidates.size:
            continue
        chosen = random.choice(candidates, min(_CERTIFICATE_POINTS, candidates.size), replace=False)
        evaluator = scan_evaluator(potential, plan.structure, int(plan.sites[ion]))
        again = _evaluate(evaluator, grid_fractional(plan.shape, images[chosen]), plan)
        worst = max(worst, float(np.abs(again - scanned[chosen]).max()))
        count += chosen.size
    accepted = plan.settings.symmetry == "all" and not potential.card.parity
    if worst > CERTIFICATE_LIMIT_EV and not accepted:
        raise CertificateError(
            f"symmetry copies of mobile ion {orbit.ion} in {plan.structure.formula} differ by "
            f"{worst:.1e} eV from their re-evaluation, allowed {CERTIFICATE_LIMIT_EV:.0e} eV: scan "
            "without symmetry"
        )
    return worst, count


def _evaluate(evaluator: ScanEvaluator, points: FloatArray, plan: ScanPlan) -> FloatArray:
    """Energies at fractional points, checked."""
    energies = evaluator.energies(points)
    if np.shape(energies) != (len(points),):
        raise PotentialError(
            f"the scan evaluator returned shape {np.shape(energies)}, expected ({len(points)},): "
            "it must give one energy for each point"
        )
    bad = np.flatnonzero(~np.isfinite(energies))
    if bad.size:
        raise GridError(
            f"the potential gave {bad.size} energies that are not finite in "
            f"{plan.structure.formula}, first with the ion at {points[bad[0]].round(4)}: "
            "use a potential that is defined at short distances, or a larger exclusion radius"
        )
    return energies
