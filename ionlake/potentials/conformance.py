"""Checks that any potential can be put through before it is trusted with a lake.

`check_potential` asks the potential for energies of slightly displaced copies of a crystal and
verifies what every physical energy must obey. Use it on your own adapter: a potential that fails
one of these will give wrong grids.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.interface import OffersScanEvaluator, Potential

_DISPLACEMENT_ANG: Final = 0.1
_FRAMES: Final = 5
_Crystal = tuple[FloatArray, IntArray, FloatArray]


def check_potential(
    potential: Potential,
    cell: FloatArray,
    numbers: IntArray,
    positions: FloatArray,
    *,
    tolerance_ev: float = 1e-4,
    seed: int = 0,
) -> dict[str, float]:
    """Put a potential through the conformance suite on one crystal.

    Energies must not change when the crystal is translated or rotated, atoms are replaced by their
    periodic images or listed in another order, configurations are evaluated one by one instead of
    in a batch, or the question is asked again; nor under a mirror, if the card claims parity. If
    the potential offers a scan evaluator of its own, its energies must be those of the reference,
    and the reference's those of the potential.

    Args:
        potential: The potential.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        numbers: Atomic numbers, shape (n_atoms,), at least two atoms, better several species.
        positions: Cartesian positions, Å, shape (n_atoms, 3).
        tolerance_ev: Largest difference of energies that must be equal, eV.
        seed: Seed of the random displacements.

    Returns:
        The largest difference found by each check, eV.

    Raises:
        PotentialError: If a difference exceeds the tolerance, the energies have a wrong shape or
            type, are not finite or do not depend on the positions, or the crystal has one atom
            only, which proves nothing.
    """
    cell, numbers = np.asarray(cell, dtype=np.float64), np.asarray(numbers, dtype=np.int64)
    if len(numbers) < 2:
        raise PotentialError(
            f"the conformance suite got a crystal of {len(numbers)} atoms: use one of at least two"
        )
    random = np.random.default_rng(seed)
    frames = positions + random.uniform(
        -_DISPLACEMENT_ANG, _DISPLACEMENT_ANG, (_FRAMES, *np.shape(positions))
    )
    energies = potential.energies(cell, numbers, frames)
    _require_valid(potential, energies, tolerance_ev)
    differences = {
        name: _largest(potential.energies(*variant(cell, numbers, frames, random)), energies)
        for name, variant in _variants(potential).items()
    }
    singles = [potential.energies(cell, numbers, frame[None])[0] for frame in frames]
    differences["batch_equals_single"] = _largest(np.array(singles), energies)
    differences["repeatable"] = max(
        _largest(potential.energies(cell, numbers, frames), energies),
        _largest(potential.energies(cell, numbers, frames[:1]), np.array(singles[:1])),
    )
    if isinstance(potential, OffersScanEvaluator):
        reference = potential.reference()
        differences["reference"] = _largest(reference.energies(cell, numbers, frames), energies)
        differences["scan_evaluator"] = _scan_difference(potential, cell, numbers, frames[0])
    failed = {name: value for name, value in differences.items() if not value <= tolerance_ev}
    if failed:
        listed = ", ".join(f"{name} {value:.2e} eV" for name, value in failed.items())
        raise PotentialError(
            f"potential {potential.card.name} breaks: {listed}; allowed {tolerance_ev:.0e} eV: "
            "mend the adapter before using it"
        )
    return differences


def _require_valid(potential: Potential, energies: FloatArray, tolerance_ev: float) -> None:
    name = potential.card.name
    if not isinstance(energies, np.ndarray) or energies.dtype != np.float64:
        found = getattr(energies, "dtype", type(energies).__name__)
        raise PotentialError(
            f"potential {name} returned {found}, expected a numpy array of float64: convert it"
        )
    if energies.shape != (_FRAMES,):
        raise PotentialError(
            f"potential {name} returned shape {energies.shape}, expected ({_FRAMES},): give one "
            "energy for each configuration"
        )
    if not np.isfinite(energies).all():
        raise PotentialError(
            f"potential {name} returned energies that are not finite: check the crystal's units"
        )
    if np.ptp(energies) <= tolerance_ev:
        raise PotentialError(
            f"potential {name} does not depend on the positions: energies of displaced crystals "
            f"differ by {np.ptp(energies):.1e} eV only"
        )


def _largest(energies: FloatArray, expected: FloatArray) -> float:
    """Largest difference in eV; infinite where the shapes differ."""
    if np.shape(energies) != np.shape(expected):
        return float("inf")
    return float(np.abs(energies - expected).max())


def _scan_difference(
    potential: OffersScanEvaluator, cell: FloatArray, numbers: IntArray, frame: FloatArray
) -> float:
    """Difference of a scan evaluator for the first atom from the reference, eV.

    Asked for several points at once and for one alone.
    """
    steps = np.array([[0.0, 0.0, 0.0], [0.03, -0.02, 0.01], [1.0, -2.0, 0.0], [-0.02, 0.01, 0.04]])
    frames = np.tile(frame, (len(steps), 1, 1))
    frames[:, 0] += steps @ cell
    points = frames[:, 0] @ np.linalg.inv(cell)
    evaluator = potential.scan_evaluator(cell, numbers, frame @ np.linalg.inv(cell), 0)
    expected = potential.reference().energies(cell, numbers, frames)
    return max(
        _largest(evaluator.energies(points), expected),
        _largest(evaluator.energies(points[1:2]), expected[1:2]),
    )


def _translated(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, random: np.random.Generator
) -> _Crystal:
    return cell, numbers, frames + random.uniform(-3, 3, 3)


def _periodic_images(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, random: np.random.Generator
) -> _Crystal:
    return cell, numbers, frames + random.integers(-2, 3, (len(numbers), 3)) @ cell


def _permuted(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, random: np.random.Generator
) -> _Crystal:
    order = random.permutation(len(numbers))
    if np.array_equal(order, np.arange(len(numbers))):
        order = order[::-1]
    return cell, numbers[order], frames[:, order]


def _rotated(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, random: np.random.Generator
) -> _Crystal:
    axes, _ = np.linalg.qr(random.normal(size=(3, 3)))
    rotation = axes * np.sign(np.linalg.det(axes))
    return cell @ rotation, numbers, frames @ rotation


def _mirrored(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, _random: np.random.Generator
) -> _Crystal:
    mirror = np.array([1.0, 1.0, -1.0])
    return cell * mirror, numbers, frames * mirror


def _variants(potential: Potential) -> dict[str, Callable[..., _Crystal]]:
    """The ways to describe the same crystal again that this potential must not notice."""
    variants: dict[str, Callable[..., _Crystal]] = {
        "translation": _translated,
        "periodic_images": _periodic_images,
        "permutation": _permuted,
        "rotation": _rotated,
    }
    if potential.card.parity:
        variants["mirror"] = _mirrored
    return variants
