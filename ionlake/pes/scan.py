"""Evaluate the potential energy surface of the mobile ions of one crystal."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from ionlake.errors import GridError
from ionlake.geometry import FloatArray, IntArray
from ionlake.names import PointStatus
from ionlake.pes.dataset import ScanResult, scan_dataset
from ionlake.pes.evaluator import (
    checked_energies,
    evaluator_name,
    reference_potential,
    release_evaluator,
    scan_evaluator,
)
from ionlake.pes.grid import brick_order, grid_fractional
from ionlake.pes.plan import (
    IonOrbit,
    OrbitPoints,
    ScanPlan,
    orbit_points,
    plan_scan,
    without_symmetry,
)
from ionlake.pes.screening import screen
from ionlake.pes.settings import ScanSettings
from ionlake.pes.verification import (
    CertificateError,
    EvaluatorError,
    Verification,
    image_points,
    verify_orbit,
    worst,
)
from ionlake.potentials.interface import Potential, require_elements
from ionlake.structures.record import StructureRecord

__all__ = [
    "CertificateError",
    "EvaluatorError",
    "OrbitEnergies",
    "Progress",
    "Verification",
    "assemble",
    "base_energy",
    "evaluate_orbit",
    "evaluate_points",
    "scan_orbit",
    "scan_structure",
    "verify_orbit",
]

Progress = Callable[[int, int], None]
"""Called with the number of points done and the number of points in all."""

_POINTS_PER_BLOCK: Final = 128


@dataclass(frozen=True, eq=False)
class OrbitEnergies:
    """Energies of one scanned ion at its irreducible points.

    Attributes:
        ion: The scanned mobile ion.
        energies: Total energies in eV, float64, in the order of `OrbitPoints.evaluated`, NaN where
            screening skipped the point.
        verification: What a comparison of some of them with the plain potential found.
        seconds: Time the evaluation took.
    """

    ion: int
    energies: FloatArray
    verification: Verification
    seconds: float

    @property
    def n_energies(self) -> int:
        """Energies the potential was asked for, the verification included."""
        return int(np.isfinite(self.energies).sum()) + self.verification.n_energies


def evaluate_points(
    plan: ScanPlan,
    ion: int,
    flat: IntArray,
    potential: Potential,
    progress: Progress | None = None,
) -> FloatArray:
    """Evaluate some grid points of a mobile ion.

    Args:
        plan: The scan.
        ion: The mobile ion, as its position among the mobile ions.
        flat: Flat indices of grid points in C order, shape (n_points,).
        potential: The potential.
        progress: Called now and then with the points done and the points in all.

    Returns:
        Total energies in eV, float64, in the order of ``flat``, shape (n_points,). They do not
        depend on which points are asked for together beyond the rounding of the potential.

    Raises:
        GridError: If an energy is not finite.
        PotentialError: If the potential does not give one energy for each point.
    """
    order = brick_order(plan.shape, flat)
    coordinates = grid_fractional(plan.shape, flat[order])
    energies = np.empty(len(coordinates))
    evaluator = scan_evaluator(
        potential, plan.structure, int(plan.sites[ion]), plan.settings.evaluator
    )
    for first in range(0, len(coordinates), _POINTS_PER_BLOCK):
        block = coordinates[first : first + _POINTS_PER_BLOCK]
        energies[order[first : first + len(block)]] = checked_energies(
            evaluator.energies(block), block, plan.structure.formula
        )
        if progress is not None:
            progress(first + len(block), len(coordinates))
    return energies


def evaluate_orbit(
    plan: ScanPlan, ion: int, potential: Potential, progress: Progress | None = None
) -> FloatArray:
    """Evaluate a mobile ion at its irreducible points, or at those that screening wants.

    Args:
        plan: The scan.
        ion: The mobile ion, as its position among the mobile ions.
        potential: The potential.
        progress: Called now and then with the points done and the points there are.

    Returns:
        Total energies in eV, float64, in the order of ``orbit_points(plan, ion).evaluated``, NaN
        where screening skipped the point.

    Raises:
        GridError: If every point is too close to another atom, or an energy is not finite.
        PotentialError: If the potential does not give one energy for each point.
    """
    points = orbit_points(plan, ion)
    if plan.settings.accuracy == "full":
        return evaluate_points(plan, ion, points.evaluated, potential, progress)
    done = 0

    def evaluate(chosen: IntArray) -> FloatArray:
        nonlocal done
        energies = evaluate_points(plan, ion, points.evaluated[chosen], potential)
        done += len(chosen)
        if progress is not None:
            progress(done, len(points.evaluated))
        return energies

    site = plan.structure.fractional_positions[plan.sites[ion]]
    return screen(points, plan.shape, site, evaluate)


def scan_orbit(
    plan: ScanPlan, orbit: IonOrbit, potential: Potential, progress: Progress | None = None
) -> OrbitEnergies:
    """Evaluate one scanned ion and verify its energies and the copies made from them.

    Args:
        plan: The scan.
        orbit: One of its orbits.
        potential: The potential.
        progress: Called after each block of points.

    Raises:
        CertificateError: If a re-evaluated copy differs by more than 1e-4 eV (not with
            ``symmetry="all"`` and a potential without parity: that choice accepts it).
        EvaluatorError: If the potential's own scan evaluator is off by more than 1e-4 eV.
        GridError: If every point is too close to another atom, or an energy is not finite.
        PotentialError: If the potential does not give one energy for each point.
    """
    started = time.perf_counter()
    points = orbit_points(plan, orbit.ion)
    energies = evaluate_orbit(plan, orbit.ion, potential, progress)
    verification = verify_orbit(plan, orbit, points, energies, potential)
    return OrbitEnergies(orbit.ion, energies, verification, time.perf_counter() - started)


def base_energy(plan: ScanPlan, potential: Potential) -> float:
    """Energy of the crystal with every ion at its site, from the plain potential, eV.

    Raises:
        GridError: If it is not finite.
    """
    structure = plan.structure
    positions = (structure.fractional_positions @ structure.cell)[None]
    reference = reference_potential(potential, plan.settings.evaluator)
    energy = float(reference.energies(structure.cell, structure.atomic_numbers, positions)[0])
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
    status = np.full(shape, PointStatus.MISSING, dtype=np.uint8)
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
        copied = _copied_status(points, scanned)
        energies[orbit.ion], status[orbit.ion] = scanned, copied
        own = np.isfinite(by_ion[orbit.ion].energies)
        status[orbit.ion, points.evaluated[own]] = PointStatus.EVALUATED
        for ion, operation in orbit.copies:
            images = image_points(plan, operation)
            energies[ion, images], status[ion, images] = scanned, copied
    return scan_dataset(
        ScanResult(
            plan=plan,
            energies=energies.reshape(len(plan.sites), *plan.shape),
            status=status.reshape(len(plan.sites), *plan.shape),
            base_energy_ev=base_ev,
            card=potential.card,
            evaluator=evaluator_name(potential, plan.settings.evaluator),
            reference=reference_potential(potential, plan.settings.evaluator).card,
            verification=worst([result.verification for result in results]),
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
        EvaluatorError: If the potential's own scan evaluator is off by more than 1e-4 eV.
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
    finally:
        release_evaluator()
    return assemble(plan, results, base_energy(plan, potential), potential)


def _spread(points: OrbitPoints, energies: FloatArray) -> FloatArray:
    """Energies of all grid points from those of the irreducible ones, NaN where there is none."""
    spread = np.append(energies, np.nan)[points.source]
    result: FloatArray = spread
    return result


def _copied_status(points: OrbitPoints, spread: FloatArray) -> np.ndarray:
    """Status of all grid points as if each had its energy from another."""
    known = np.where(np.isfinite(spread), PointStatus.SYMMETRY_COPY, PointStatus.SKIPPED)
    return np.where(points.source < 0, PointStatus.EXCLUDED, known).astype(np.uint8)
