"""A real scan evaluator at work on one device, for long enough to see how fast it is."""

import time
from dataclasses import dataclass
from typing import Final

from ionlake.errors import IonlakeError
from ionlake.pes.evaluator import scan_evaluator
from ionlake.pipeline.device import DEVICE_LIMIT_EV, largest_error_ev, points_near
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.bundled import load_bundled

CRYSTAL: Final = "LiFePO4-62"
"""With 28 atoms as large as the crystals that take most of the time of a database."""

_COMPARED: Final = 4
_ROUND: Final = {"cpu": 128, "cuda": 4096}


@dataclass(frozen=True)
class Trial:
    """What was found on one device.

    Attributes:
        device: ``cpu`` (one thread) or ``cuda:N``.
        name: Name of the processor or the GPU.
        points_per_s: Energies a second of one ion of `CRYSTAL`, None where it did not work.
        preparing_s: Time that collapsing the frozen lattice took, s.
        error_ev: Largest difference from the plain network in float64 on the processor, eV.
        problem: Why it did not work, None where it did.
    """

    device: str
    name: str
    points_per_s: float | None = None
    preparing_s: float | None = None
    error_ev: float | None = None
    problem: str | None = None


def try_device(device: str, name: str, seconds: float, potential: str = "sevennet-0") -> Trial:
    """Evaluate points of one ion on a device for some seconds, and check some of them.

    Args:
        device: ``cpu`` or ``cuda:N``.
        name: Its name.
        seconds: How long it shall work.
        potential: Name of the potential.
    """
    try:
        return _tried(device, name, seconds, potential)
    except (IonlakeError, RuntimeError, OSError) as error:
        return Trial(device, name, problem=f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _tried(device: str, name: str, seconds: float, potential: str) -> Trial:
    import torch

    torch.set_num_threads(1)
    crystal = load_bundled(CRYSTAL)
    loaded = load_potential(potential, device=device)
    started = time.perf_counter()
    evaluator = scan_evaluator(loaded, crystal, 0)
    preparing_s = time.perf_counter() - started
    points = points_near(crystal, 0, _ROUND[device.partition(":")[0]])
    evaluator.energies(points)  # the first round compiles
    n_points, started = 0, time.perf_counter()
    while (worked := time.perf_counter() - started) < seconds:
        evaluator.energies(points)
        n_points += len(points)
    error_ev = largest_error_ev(loaded, potential, crystal, points[:_COMPARED])
    problem = None
    if not error_ev <= DEVICE_LIMIT_EV:
        problem = f"energies are off by {error_ev:.1e} eV, allowed {DEVICE_LIMIT_EV:.0e} eV"
    return Trial(device, name, n_points / worked, preparing_s, error_ev, problem)
