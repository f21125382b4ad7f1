"""Any ASE calculator as a potential, one configuration at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.interface import PotentialCard, as_batch


@dataclass(frozen=True)
class AsePotential:
    """A potential that asks an ASE calculator. Build it with `from_calculator`.

    Attributes:
        card: What it is.
        calculator: The calculator.
        device: Where it computes, as far as that is known here.
    """

    card: PotentialCard
    calculator: Any
    device: str = "cpu"

    def energies(self, cell: FloatArray, numbers: IntArray, positions: FloatArray) -> FloatArray:
        """Total energies of a batch; see `ionlake.potentials.interface.Potential`."""
        from ase import Atoms

        atoms = Atoms(numbers=numbers, cell=cell, pbc=True)
        atoms.calc = self.calculator
        results = np.empty(len(positions))
        for index, frame in enumerate(as_batch(positions, len(numbers))):
            atoms.positions = frame
            results[index] = self._energy(atoms)
        return results

    def _energy(self, atoms: Any) -> float:
        try:
            return float(atoms.get_potential_energy())
        except Exception as error:
            raise PotentialError(
                f"the calculator {self.card.name} failed on {atoms.symbols}: "
                f"{type(error).__name__}: {error}; check that it covers these elements and "
                "periodic cells"
            ) from error


def from_calculator(
    calculator: Any,
    name: str | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    atomic_numbers: frozenset[int] | None = None,
    cutoff_ang: float | None = None,
    dtype: str = "float64",
    parity: bool = False,
) -> AsePotential:
    """Wrap an ASE calculator.

    Name and parameters are the calculator's identity in the lake: two calculators of equal name
    and parameters are taken to give equal energies. Many machine-learned calculators keep no
    parameters: name those after their checkpoint.

    Args:
        calculator: An ASE calculator for periodic crystals.
        name: Name to show and to identify it by; the class's name by default, if the calculator
            has parameters of its own.
        parameters: Whatever changes its energies; the calculator's own ``parameters`` by default.
        atomic_numbers: Elements it covers; None if not known.
        cutoff_ang: Interaction radius, Å; None if not known.
        dtype: Precision of its arithmetic.
        parity: True if it is known to give mirror images equal energies.

    Raises:
        PotentialError: If nothing tells the calculator from others of its class, or a parameter
            cannot be written as JSON.
    """
    own = parameters if parameters is not None else getattr(calculator, "parameters", None) or {}
    if name is None and not own:
        raise PotentialError(
            f"the calculator {type(calculator).__name__} has no parameters to identify it by: "
            "give a name or parameters that stand for its weights and settings"
        )
    card = PotentialCard(
        name=name or type(calculator).__name__,
        dtype=dtype,
        cutoff_ang=cutoff_ang,
        atomic_numbers=atomic_numbers,
        parity=parity,
        parameters=own,
    )
    return AsePotential(card, calculator)
