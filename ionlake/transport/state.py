"""The whole state of a run of molecular dynamics between two pieces.

What is not in the state does not influence what follows: a run that goes on from a stored state
gives the same numbers as one that was never stopped, bit by bit where the potential does.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray
from ionlake.structures.supercell import Supercell

_ARRAYS: Final = {
    "cell": "<f8",
    "numbers": "<i8",
    "positions": "<f8",
    "momenta": "<f8",
}


@dataclass(frozen=True, eq=False)
class MdState:
    """Where a run is.

    Attributes:
        step: Number of time steps done, those of the equilibration included.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        numbers: Atomic numbers, shape (n,).
        positions: Cartesian positions, never wrapped into the cell, Å, shape (n, 3).
        momenta: Momenta in ASE's units, sqrt(eV u), shape (n, 3).
        random: State of the random number generator (NumPy's PCG64).
        exchanged_ev: Energy that the thermostat has put in so far, eV; 0 where it keeps no count.
    """

    step: int
    cell: FloatArray
    numbers: NDArray[np.int64]
    positions: FloatArray
    momenta: FloatArray
    random: dict[str, Any]
    exchanged_ev: float = 0.0

    def to_text(self) -> str:
        """The state as JSON text that `from_text` turns back without losing a bit."""
        arrays = {
            name: {
                "shape": list(getattr(self, name).shape),
                "data": base64.b64encode(
                    np.ascontiguousarray(getattr(self, name), dtype=dtype).tobytes()
                ).decode("ascii"),
            }
            for name, dtype in _ARRAYS.items()
        }
        others = {"step": self.step, "random": self.random, "exchanged_ev": self.exchanged_ev}
        return json.dumps(arrays | others)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The state that `to_text` wrote.

        Raises:
            SettingsError: The text is not such a state.
        """
        try:
            content = json.loads(text)
            for name, dtype in _ARRAYS.items():
                stored = content[name]
                flat = np.frombuffer(base64.b64decode(stored["data"]), dtype=dtype)
                content[name] = flat.reshape(stored["shape"]).copy()
            return cls(**content)
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"this is no stored state of molecular dynamics ({error}): begin the run anew"
            ) from error


def initial_state(supercell: Supercell, temperature_k: float, seed: int) -> MdState:
    """Every atom on its site, with velocities of a temperature and no motion of the whole.

    Half of the kinetic energy goes into vibrations within the first 0.1 ps; the thermostat makes
    up for it during the equilibration.

    Args:
        supercell: The atoms.
        temperature_k: Temperature of the velocities, K.
        seed: Seed of the velocities and of everything random later on.
    """
    from ase import units
    from ase.data import atomic_masses

    random = np.random.default_rng(seed)
    masses = atomic_masses[supercell.numbers][:, None]
    momenta = np.sqrt(masses * units.kB * temperature_k) * random.standard_normal((len(masses), 3))
    momenta -= masses * (momenta.sum(axis=0) / masses.sum())
    return MdState(
        step=0,
        cell=supercell.cell,
        numbers=supercell.numbers,
        positions=supercell.positions,
        momenta=momenta,
        random=_generator_state(random),
    )


def generator(state: MdState) -> np.random.Generator:
    """A generator that goes on where the state's stood."""
    random = np.random.default_rng(0)
    random.bit_generator.state = state.random
    return random


def _generator_state(random: np.random.Generator) -> dict[str, Any]:
    return dict(random.bit_generator.state)
