"""Whether a device gives the processor's energies, measured where the work is done."""

from typing import Final

import numpy as np

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray
from ionlake.pes.evaluator import reference_potential, scan_evaluator
from ionlake.potentials.interface import Potential
from ionlake.potentials.load import load_potential
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled

DEVICE_LIMIT_EV: Final = 1e-4
"""Energies of a device may differ so much from the plain network in float64 on the processor."""

_CRYSTAL: Final = "LiF-225"
_N_POINTS: Final = 6
_WITHIN_ANG: Final = 0.5


def device_error_ev(potential: Potential, name: str) -> float | None:
    """Largest difference of a potential's device from the processor, eV; None on the processor.

    Measured at some points of a small crystal: a driver or a library that computes something else
    shows there.

    Args:
        potential: The potential.
        name: Its name.

    Raises:
        PotentialError: The difference is more than `DEVICE_LIMIT_EV`.
    """
    device = getattr(potential, "device", "cpu")
    if device == "cpu":
        return None
    crystal = load_bundled(_CRYSTAL)
    error_ev = largest_error_ev(potential, name, crystal, points_near(crystal, 0, _N_POINTS))
    if not error_ev <= DEVICE_LIMIT_EV:
        raise PotentialError(
            f"{name} on {device} is off by {error_ev:.1e} eV from the processor, allowed"
            f" {DEVICE_LIMIT_EV:.0e} eV: run ionlake doctor on this machine, or use device cpu"
        )
    return error_ev


def largest_error_ev(
    potential: Potential, name: str, crystal: StructureRecord, points: FloatArray
) -> float:
    """Largest difference of a potential from itself, plain and in float64 on the processor, eV.

    Args:
        potential: The potential, on some device.
        name: Its name.
        crystal: A crystal whose first atom moves.
        points: Fractional points of this atom, shape (n, 3).
    """
    found = scan_evaluator(potential, crystal, 0).energies(points)
    frames = np.tile(crystal.fractional_positions @ crystal.cell, (len(points), 1, 1))
    frames[:, 0] = points @ crystal.cell
    plain = reference_potential(load_potential(name, device="cpu"))
    exact = plain.energies(crystal.cell, crystal.atomic_numbers, frames)
    return float(np.abs(found - exact).max())


def points_near(crystal: StructureRecord, site: int, count: int) -> FloatArray:
    """Fractional points around a site, the same every time, shape (count, 3)."""
    moves = np.random.default_rng(0).uniform(-_WITHIN_ANG, _WITHIN_ANG, (count, 3))
    near: FloatArray = crystal.fractional_positions[site] + moves @ np.linalg.inv(crystal.cell)
    return near
