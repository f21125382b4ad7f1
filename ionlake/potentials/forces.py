"""Forces for dynamics, from the same potential that scans use.

Scans need energies only, and their networks are stripped of forces. Dynamics takes an ASE
calculator of the same weights: sevenn's own for SevenNet, the wrapped one for
`ionlake.potentials.ase`, a closed form for the analytic landscape.
"""

import hashlib
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ionlake.errors import PotentialError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.ase import AsePotential
from ionlake.potentials.interface import Potential, PotentialCard
from ionlake.potentials.load import load_potential, resolve_device, split_modality
from ionlake.potentials.sevennet import BUILDING, checkpoint_path


@dataclass(frozen=True)
class ForceField:
    """An ASE calculator and what identifies the potential behind it.

    Attributes:
        card: The card of the potential that scans use.
        calculator: Gives energies and forces.
    """

    card: PotentialCard
    calculator: Any


def load_force_field(
    potential: str | Potential, *, device: str = "auto", dtype: str = "float32"
) -> ForceField:
    """Load a potential with forces.

    Args:
        potential: As `ionlake.potentials.load.load_potential` takes it.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``auto``; for SevenNet.
        dtype: ``float32``; sevenn's calculator knows no other.

    Raises:
        PotentialError: The potential cannot be loaded, has no forces, or is not the same
            checkpoint as that of the scans.
        SettingsError: Device or dtype is unknown.
    """
    loaded = load_potential(potential, device="cpu", dtype=dtype)
    if isinstance(loaded, CosineLandscape):
        return ForceField(loaded.card, landscape_calculator(loaded))
    if isinstance(loaded, AsePotential):
        return ForceField(loaded.card, loaded.calculator)
    if not isinstance(potential, str):
        raise PotentialError(
            f"the potential {loaded.card.name} gives energies only, dynamics needs forces: name a "
            "SevenNet checkpoint, or wrap an ASE calculator with "
            "ionlake.potentials.ase.from_calculator"
        )
    if loaded.card.dtype != "float32":
        raise PotentialError(
            f"dynamics with {loaded.card.name} was asked for in {loaded.card.dtype}; sevenn's "
            "calculator works in float32: set dtype to float32"
        )
    return _sevennet(potential, loaded.card, resolve_device(device))


def landscape_calculator(landscape: CosineLandscape) -> Any:
    """The analytic landscape as an ASE calculator.

    Args:
        landscape: Its gradient is known in closed form.
    """
    from ase.calculators.calculator import Calculator, all_changes

    class LandscapeCalculator(Calculator):  # type: ignore[misc]
        """Energies and forces of a cosine landscape."""

        implemented_properties = ("energy", "forces")

        def calculate(
            self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes
        ) -> None:
            """Fill in the results for these atoms."""
            super().calculate(atoms, properties, system_changes)
            cell, numbers = np.array(self.atoms.cell), self.atoms.numbers
            positions = self.atoms.positions
            energy = landscape.energies(cell, numbers, positions[None])[0]
            self.results = {
                "energy": float(energy),
                "forces": landscape.forces(cell, numbers, positions),
            }

    return LandscapeCalculator()


def _sevennet(potential: str, card: PotentialCard, device: str) -> ForceField:
    checkpoint, modality = split_modality(potential)
    path = checkpoint_path(checkpoint)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != card.checkpoint_sha256 or modality != card.modality:
        raise PotentialError(
            f"the checkpoint {path.name} has the SHA-256 {found[:12]}… and modality {modality}, the"
            f" scans' {str(card.checkpoint_sha256)[:12]}… and {card.modality}: it changed while it"
            " was read, run again"
        )
    logging.getLogger("sevenn").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sevenn.calculator import SevenNetCalculator

        with BUILDING:
            calculator = SevenNetCalculator(str(path), modal=modality, device=device)
    return ForceField(card, calculator)
