"""Free volumes: the share of the cell that an ion finds below a threshold.

Everything is counted in the doubled box of two cells along each axis, where the levels and the
masks around the seed live. Regions are counted in three ways (all points, without the surroundings
of the seed, without those of its images too) and two kinds (below the threshold at all, connected
to the seed below the threshold).
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ionlake.descriptors.masks import near_seed, near_seed_images
from ionlake.descriptors.thresholds import (
    ABOVE_ALL,
    THRESHOLDS_EV,
    EnergyClasses,
    counts_below,
    energy_classes,
)
from ionlake.geometry import FloatArray
from ionlake.pes.seed import GridIndex

MASKINGS: Final = ("", "masked1p5_", "Wmasked1p5_")
KINDS: Final = ("disconnected", "connected")

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class FreeVolumes:
    """Free volumes of a material, fractions of the cell, shape (3 maskings, 2 kinds, 16).

    Attributes:
        summed: Fractions of the single ions added up, each of the points its mask leaves.
        union: Fraction of all points that are free for at least one ion.
    """

    summed: FloatArray
    union: FloatArray


class FreeVolumeTally:
    """Running free volumes of the ions of one material.

    Takes one ion after the other, so that only one ion's doubled box is ever held; for the union it
    keeps one byte per point, masking and kind.

    Args:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        shape: Grid sizes (n_a, n_b, n_c).
    """

    def __init__(self, cell: FloatArray, shape: tuple[int, ...]) -> None:
        doubled = tuple(2 * n for n in shape)
        nothing = np.zeros(doubled, dtype=np.bool_)
        self._masks = (nothing, near_seed(cell, shape), near_seed_images(cell, shape))
        self._summed = np.zeros((len(MASKINGS), len(KINDS), len(THRESHOLDS_EV)))
        self._lowest = np.full((len(MASKINGS), len(KINDS), *doubled), ABOVE_ALL, dtype=np.uint8)

    def add(self, energy: FloatArray, levels: FloatArray, seed: GridIndex) -> None:
        """Count one ion in.

        Args:
            energy: Filled energies relative to the ion's minimum, eV, shape (n_a, n_b, n_c).
            levels: Level map of the ion in the box of 2n+1 points, eV.
            seed: Grid indices of the seed.
        """
        landscapes = (
            np.tile(energy_classes(energy), (2, 2, 2)),
            _at_origin(energy_classes(fold_faces(levels)), seed),
        )
        for masking, mask in enumerate(self._masks):
            hidden = _at_origin(mask, seed)
            for kind, classes in enumerate(landscapes):
                self._count(masking, kind, np.where(hidden, np.uint8(ABOVE_ALL), classes))

    def result(self) -> FreeVolumes:
        """The free volumes of the ions counted so far."""
        union = np.array([[counts_below(classes) for classes in row] for row in self._lowest])
        return FreeVolumes(self._summed.copy(), union / self._masks[0].size)

    def _count(self, masking: int, kind: int, classes: EnergyClasses) -> None:
        visible = int(np.count_nonzero(~self._masks[masking]))
        self._summed[masking, kind] += counts_below(classes) / max(visible, 1)
        lowest = self._lowest[masking, kind]
        np.minimum(lowest, classes, out=lowest)


def fold_faces(levels: FloatArray) -> FloatArray:
    """Make a level map periodic over the doubled cell.

    Opposite faces of the box of 2n+1 points are the same points of the doubled cell, reached on
    different paths: the lower level counts, on edges and corners the lowest of four or eight.

    Args:
        levels: Levels in eV, shape (2 n_a + 1, 2 n_b + 1, 2 n_c + 1).

    Returns:
        Levels without the last plane of each axis, shape (2 n_a, 2 n_b, 2 n_c).

    References:
        arXiv:2411.06804, connected free volume.
    """
    folded = levels
    for axis in range(3):
        ahead = np.moveaxis(folded, axis, 0)
        periodic = ahead[:-1].copy()
        np.minimum(ahead[0], ahead[-1], out=periodic[0])
        folded = np.moveaxis(periodic, 0, axis)
    return folded


def _at_origin(box: NDArray[Scalar], seed: GridIndex) -> NDArray[Scalar]:
    """Move a doubled box from the frame of its seed to that of the grid, the same for all ions."""
    return np.roll(box, seed, axis=(0, 1, 2))
