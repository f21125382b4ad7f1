"""Proof by sample that the energies of a scan are those of the potential.

Two things can be wrong with an energy that was not evaluated plainly: a potential's own scan
evaluator may take a shortcut that does not hold (the guard looks for it at evaluated points), and
a symmetry copy may belong to a symmetry that the potential does not have (the certificate looks
for it at copied points). Both are compared with the plain potential in one batch.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ionlake.errors import GridError
from ionlake.geometry import FloatArray, IntArray
from ionlake.pes.evaluator import checked_energies, own_evaluator, reference_potential
from ionlake.pes.exclusion import contact_distances
from ionlake.pes.grid import grid_fractional
from ionlake.pes.plan import IonOrbit, OrbitPoints, ScanPlan
from ionlake.pes.symmetry import image_indices
from ionlake.potentials.interface import Potential

EVALUATOR_LIMIT_EV: Final = 1e-4
CERTIFICATE_LIMIT_EV: Final = 1e-4
_MOST_OF_A_KIND: Final = 6
_POINTS_PER_STEP: Final = 1500
"""The samples grow with the number of evaluated points, in steps of so many: an energy of the plain
potential may cost as much as a hundred of a scan evaluator's."""


class EvaluatorError(GridError):
    """A scan evaluator whose energies the plain potential does not confirm."""


class CertificateError(GridError):
    """A symmetry copy whose energy the potential does not confirm."""


@dataclass(frozen=True)
class Verification:
    """What a comparison with the plain potential found.

    Attributes:
        evaluator_error_ev: Largest difference between energies of the potential's own scan
            evaluator and of the plain potential at the same points, eV; None without such an
            evaluator.
        certificate_ev: Largest difference between copied energies and those of the plain potential
            at the points they were copied to, eV; zero where nothing was copied.
        n_energies: Energies the plain potential was asked for.
    """

    evaluator_error_ev: float | None = None
    certificate_ev: float = 0.0
    n_energies: int = 0


@dataclass(frozen=True, eq=False)
class _Sample:
    """Points to ask again: the moved ion, where it is put, and whose energy was given to it.

    Attributes:
        ions: Mobile ion of each point, shape (k,).
        flat: Flat grid index of each point.
        sources: Position of its energy among those of the scanned ion.
    """

    ions: IntArray
    flat: IntArray
    sources: IntArray

    def __add__(self, other: "_Sample") -> "_Sample":
        """Both samples, one after the other."""
        return _Sample(
            np.concatenate([self.ions, other.ions]),
            np.concatenate([self.flat, other.flat]),
            np.concatenate([self.sources, other.sources]),
        )


def verify_orbit(
    plan: ScanPlan, orbit: IonOrbit, points: OrbitPoints, energies: FloatArray, potential: Potential
) -> Verification:
    """Compare some energies of one orbit with the plain potential.

    The guard asks for the lowest point, the one of closest contact and random ones, if the
    potential's own scan evaluator was used; the certificate asks for random copied points of the
    scanned ion and of one of its copies, which tests the evaluator at their sources too. Each asks
    for two points in small scans and up to six in large ones; the guard for two more where nothing
    is copied, the certificate always for six where the energies are the plain potential's. The
    choice is the same whenever the plan and the energies are.

    Args:
        plan: The scan.
        orbit: One of its orbits.
        points: The grid points of its scanned ion.
        energies: Energies in eV in the order of ``points.evaluated``, NaN where skipped.
        potential: The potential they came from.

    Raises:
        EvaluatorError: If the potential's own scan evaluator is off by more than 1e-4 eV.
        CertificateError: If a copy is off by more than 1e-4 eV (not with ``symmetry="all"`` and a
            potential without parity: that choice accepts it).
        GridError: If an energy of the plain potential is not finite.
        PotentialError: If it does not give one energy for each structure.
    """
    random = np.random.default_rng(orbit.ion)
    own = own_evaluator(potential, plan.settings.evaluator) is not None
    steps = int(np.isfinite(energies).sum()) // _POINTS_PER_STEP
    n_copies = min(2 + 2 * steps, _MOST_OF_A_KIND) if own else _MOST_OF_A_KIND
    copies = _copies(plan, orbit, points, energies, n_copies, random)
    n_guarded = min((2 if copies.flat.size else 4) + steps, _MOST_OF_A_KIND) if own else 0
    guard = _guard(plan, orbit.ion, points, energies, n_guarded, random)
    off = _differences(plan, guard + copies, energies, potential)
    on_guard, on_copies = off[: guard.flat.size], off[guard.flat.size :]
    _require_exact(plan, guard, on_guard)
    certificate = float(on_copies.max(initial=0.0))
    accepted = plan.settings.symmetry == "all" and not potential.card.parity
    if certificate > CERTIFICATE_LIMIT_EV and not accepted:
        if own:
            sources = _evaluated(orbit.ion, points, copies.sources)
            _require_exact(plan, sources, _differences(plan, sources, energies, potential))
        raise CertificateError(
            f"symmetry copies of mobile ion {orbit.ion} in {plan.structure.formula} differ by "
            f"{certificate:.1e} eV from their re-evaluation, allowed {CERTIFICATE_LIMIT_EV:.0e} "
            "eV: scan without symmetry"
        )
    return Verification(float(on_guard.max()) if own else None, certificate, len(off))


def worst(verifications: list[Verification]) -> Verification:
    """One verification for all: the largest differences, and the energies of all."""
    errors = [
        each.evaluator_error_ev for each in verifications if each.evaluator_error_ev is not None
    ]
    return Verification(
        evaluator_error_ev=max(errors, default=None),
        certificate_ev=max((each.certificate_ev for each in verifications), default=0.0),
        n_energies=sum(each.n_energies for each in verifications),
    )


def image_points(plan: ScanPlan, operation: int) -> IntArray:
    """Flat index of the image of every grid point under an operation of the crystal."""
    images: IntArray = image_indices(
        plan.operations.rotations[operation], plan.operations.translations[operation], plan.shape
    )
    return images


def _evaluated(ion: int, points: OrbitPoints, sources: IntArray) -> _Sample:
    return _Sample(np.full(len(sources), ion), points.evaluated[sources], sources)


def _guard(
    plan: ScanPlan,
    ion: int,
    points: OrbitPoints,
    energies: FloatArray,
    count: int,
    random: np.random.Generator,
) -> _Sample:
    """The lowest point, the closest contact and random evaluated points, ``count`` in all."""
    if not count:
        return _evaluated(ion, points, np.empty(0, dtype=np.int64))
    known = np.flatnonzero(np.isfinite(energies))
    always = [int(np.nanargmin(energies)), int(known[_closest_contact(plan, ion, points, known)])]
    order = np.concatenate([always, random.permutation(known)[:count]])
    _, first = np.unique(order, return_index=True)
    return _evaluated(ion, points, order[np.sort(first)][:count])


def _closest_contact(plan: ScanPlan, ion: int, points: OrbitPoints, known: IntArray) -> int:
    """Which of the points with known energies is nearest to any frozen atom."""
    cell = plan.structure.cell
    _, framework = plan.framework(ion)
    radius = plan.settings.exclusion_radius_ang
    while True:
        radius += plan.settings.spacing_ang
        distances = contact_distances(cell, framework, plan.shape, radius).reshape(-1)
        near = distances[points.evaluated[known]]
        if np.isfinite(near).any():
            return int(near.argmin())


def _copies(
    plan: ScanPlan,
    orbit: IonOrbit,
    points: OrbitPoints,
    energies: FloatArray,
    count: int,
    random: np.random.Generator,
) -> _Sample:
    """Random copied points of the scanned ion and of one ion that copies it, ``count`` in all."""
    known = np.append(np.isfinite(energies), False)[points.source]
    own = known.copy()
    own[points.evaluated] = False
    targets = [(orbit.ion, np.arange(own.size), np.flatnonzero(own))]
    if orbit.copies:
        ion, operation = orbit.copies[random.integers(len(orbit.copies))]
        targets.append((ion, image_points(plan, operation), np.flatnonzero(known)))
    targets = [target for target in targets if target[2].size]
    copies = _evaluated(orbit.ion, points, np.empty(0, dtype=np.int64))
    for ion, images, usable in targets:
        chosen = random.choice(usable, min(count // len(targets), usable.size), replace=False)
        copies += _Sample(np.full(chosen.size, ion), images[chosen], points.source[chosen])
    return copies


def _differences(
    plan: ScanPlan, sample: _Sample, energies: FloatArray, potential: Potential
) -> FloatArray:
    """Differences from the plain potential at the sampled points, eV."""
    if not sample.flat.size:
        return np.empty(0)
    structure = plan.structure
    places = grid_fractional(plan.shape, sample.flat)
    frames: Any = np.tile(structure.fractional_positions @ structure.cell, (len(sample.flat), 1, 1))
    frames[np.arange(len(frames)), plan.sites[sample.ions]] = places @ structure.cell
    reference = reference_potential(potential, plan.settings.evaluator)
    again = reference.energies(structure.cell, structure.atomic_numbers, frames)
    again = checked_energies(again, places, structure.formula)
    off: FloatArray = np.abs(again - energies[sample.sources])
    return off


def _require_exact(plan: ScanPlan, sample: _Sample, off: FloatArray) -> None:
    """Refuse energies of a scan evaluator that differ from the plain potential's."""
    if not off.size or off.max() <= EVALUATOR_LIMIT_EV:
        return
    point = grid_fractional(plan.shape, sample.flat[off.argmax()][None])[0]
    raise EvaluatorError(
        f"the scan evaluator is off by {off.max():.1e} eV from the plain potential in "
        f"{plan.structure.formula}, with mobile ion {sample.ions[0]} at {point.round(4)}; allowed "
        f'{EVALUATOR_LIMIT_EV:.0e} eV: scan with evaluator "batched", or the potential in '
        "float64, and report it"
    )
