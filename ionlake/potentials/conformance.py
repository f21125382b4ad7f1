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
from ionlake.potentials.interface import Potential

_DISPLACEMENT_ANG: Final = 0.1
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

    Args:
        potential: The potential.
        cell: Lattice vectors as rows, Å.
        numbers: Atomic numbers, shape (n_atoms,).
        positions: Cartesian positions, Å, shape (n_atoms, 3).
        tolerance_ev: Largest difference of energies that must be equal.
        seed: Seed of the random displacements.

    Returns:
        The largest difference found by each check, eV.

    Raises:
        PotentialError: If a difference exceeds the tolerance, or the energies have a wrong shape
            or type, are not finite or do not depend on the positions.
    """
    random = np.random.default_rng(seed)
    frames = positions + random.uniform(
        -_DISPLACEMENT_ANG, _DISPLACEMENT_ANG, (5, *np.shape(positions))
    )
    energies = potential.energies(cell, numbers, frames)
    _require_valid(potential, energies, len(frames))
    differences = {}
    for name, variant in _VARIANTS.items():
        new_cell, new_numbers, new_frames = variant(cell, numbers, frames, random)
        other = potential.energies(new_cell, new_numbers, new_frames)
        differences[name] = float(np.abs(other - energies).max())
    singles = [potential.energies(cell, numbers, frame[None])[0] for frame in frames]
    differences["batch_equals_single"] = float(np.abs(np.array(singles) - energies).max())
    again = potential.energies(cell, numbers, frames[:1])
    differences["repeatable"] = float(abs(again[0] - singles[0]))
    failed = {name: value for name, value in differences.items() if not value <= tolerance_ev}
    if failed:
        listed = ", ".join(f"{name} {value:.2e} eV" for name, value in failed.items())
        raise PotentialError(
            f"potential {potential.card.name} breaks: {listed}; allowed {tolerance_ev:.0e} eV: "
            "mend the adapter before using it"
        )
    return differences


def _require_valid(potential: Potential, energies: FloatArray, n_frames: int) -> None:
    name = potential.card.name
    if not isinstance(energies, np.ndarray) or energies.dtype != np.float64:
        raise PotentialError(f"potential {name} must return a float64 array of energies")
    if energies.shape != (n_frames,):
        raise PotentialError(
            f"potential {name} returned shape {energies.shape}, expected ({n_frames},)"
        )
    if not np.isfinite(energies).all():
        raise PotentialError(f"potential {name} returned energies that are not finite")
    if np.ptp(energies) == 0.0:
        raise PotentialError(f"potential {name} does not depend on the positions")


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
    return cell, np.asarray(numbers)[order], frames[:, order]


def _rotated(
    cell: FloatArray, numbers: IntArray, frames: FloatArray, random: np.random.Generator
) -> _Crystal:
    axes, _ = np.linalg.qr(random.normal(size=(3, 3)))
    rotation = axes * np.sign(np.linalg.det(axes))
    return cell @ rotation, numbers, frames @ rotation


_VARIANTS: Final[dict[str, Callable[..., _Crystal]]] = {
    "translation": _translated,
    "periodic_images": _periodic_images,
    "permutation": _permuted,
    "rotation": _rotated,
}
