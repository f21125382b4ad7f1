"""A landscape known in closed form, for tests, tutorials and dry runs. It is not physics.

Every mobile ion feels every framework atom through a short cosine series in their fractional
distance, so that barriers are known exactly, and the energy does not change when the crystal is
shifted, its atoms are listed in another order or an atom is replaced by its periodic image.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.interface import PotentialCard, as_batch

_AXES: Final = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@dataclass(frozen=True)
class CosineLandscape:
    """E = Σ_mobile Σ_framework Σ_k A_k (1 + cos 2π h_k·(f_mobile − f_framework)) / 2.

    With one framework atom and the default harmonics the minimum lies half a cell away from it on
    every axis, and the barrier along axis k is A_k.

    Attributes:
        mobile: Atomic number of the moving species.
        amplitudes_ev: A_k in eV, one per harmonic.
        harmonics: Integer wave vectors h_k.

    Raises:
        PotentialError: If there is not one amplitude for each harmonic.
    """

    mobile: int = 3
    amplitudes_ev: tuple[float, ...] = (0.3, 0.3, 0.3)
    harmonics: tuple[tuple[int, int, int], ...] = _AXES

    def __post_init__(self) -> None:
        """Check that amplitudes and harmonics belong together."""
        if len(self.amplitudes_ev) != len(self.harmonics):
            raise PotentialError(
                f"the cosine landscape got {len(self.amplitudes_ev)} amplitudes for "
                f"{len(self.harmonics)} harmonics: give one amplitude for each"
            )

    @property
    def card(self) -> PotentialCard:
        """Identity: the parameters of the series."""
        return PotentialCard(
            name="analytic",
            dtype="float64",
            cutoff_ang=None,
            atomic_numbers=None,
            parity=True,
            parameters={
                "mobile": self.mobile,
                "amplitudes_ev": self.amplitudes_ev,
                "harmonics": self.harmonics,
            },
        )

    def energies(self, cell: FloatArray, numbers: IntArray, positions: FloatArray) -> FloatArray:
        """Total energies of a batch; see `ionlake.potentials.interface.Potential`."""
        fractional = as_batch(positions, len(numbers)) @ np.linalg.inv(cell)
        phases = 2 * np.pi * (fractional @ np.array(self.harmonics, dtype=float).T)
        moving = np.asarray(numbers) == self.mobile
        mobile, framework = phases[:, moving], phases[:, ~moving]
        # Σ cos(x − y) = Σcos x Σcos y + Σsin x Σsin y: linear in the number of atoms.
        cosines = np.cos(mobile).sum(1) * np.cos(framework).sum(1)
        cosines += np.sin(mobile).sum(1) * np.sin(framework).sum(1)
        pairs = int(moving.sum()) * int((~moving).sum())
        result: FloatArray = 0.5 * (pairs + cosines) @ np.array(self.amplitudes_ev)
        return result

    def forces(self, cell: FloatArray, numbers: IntArray, positions: FloatArray) -> FloatArray:
        """Minus the gradient of the energy of one configuration.

        Args:
            cell: Lattice vectors as rows, Å, shape (3, 3).
            numbers: Atomic numbers, shape (n,).
            positions: Cartesian positions, Å, shape (n, 3).

        Returns:
            Forces in eV/Å, shape (n, 3).
        """
        inverse = np.linalg.inv(cell)
        waves = 2 * np.pi * np.array(self.harmonics, dtype=float)
        phases = positions @ inverse @ waves.T
        moving = np.asarray(numbers) == self.mobile
        sines, cosines = np.sin(phases), np.cos(phases)
        # Of atom i: Σ_j sin(x_i − x_j) over the atoms j of the other kind.
        others = (
            [sines[~moving].sum(0), cosines[~moving].sum(0)],
            [
                sines[moving].sum(0),
                cosines[moving].sum(0),
            ],
        )
        other_sines = np.where(moving[:, None], others[0][0], others[1][0])
        other_cosines = np.where(moving[:, None], others[0][1], others[1][1])
        pulls = sines * other_cosines - cosines * other_sines
        result: FloatArray = 0.5 * (pulls * np.array(self.amplitudes_ev)) @ waves @ inverse.T
        return result
