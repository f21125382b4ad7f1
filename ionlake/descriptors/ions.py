"""What one mobile ion's landscape says, and the walk over all ions of a material."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ionlake.descriptors.free_volume import FreeVolumes, FreeVolumeTally
from ionlake.descriptors.percolation_energy import mpe, mpe_robust
from ionlake.geometry import FloatArray
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import level_map
from ionlake.levels.percolation import Barriers, percolation_barriers
from ionlake.pes.seed import GridIndex, find_seed


@dataclass(frozen=True)
class IonDescriptors:
    """Numbers of one mobile ion, energies in eV.

    Attributes:
        seed: Grid indices of the ion's minimum.
        highest: Largest evaluated energy relative to the ion's minimum.
        mpe: Minimum percolation energy.
        mpe_robust: Its robust variants, in the order of ``ROBUST_QUANTILES``.
        barriers: 1D, 2D and 3D percolation barriers; None where above the cap.
    """

    seed: GridIndex
    highest: float
    mpe: float
    mpe_robust: tuple[float, ...]
    barriers: Barriers


def describe_landscapes(
    landscapes: Iterable[FloatArray],
    shape: tuple[int, ...],
    cell: FloatArray,
    sites: FloatArray,
    seeds: Sequence[GridIndex] | None = None,
) -> tuple[list[IonDescriptors], FreeVolumes]:
    """Descriptors of all ions of a material, holding the maps of one ion at a time.

    Args:
        landscapes: For each mobile ion its energies in eV relative to their minimum, float64, shape
            (n_a, n_b, n_c); NaN where not evaluated.
        shape: Grid sizes (n_a, n_b, n_c).
        cell: Lattice vectors as rows, Å, shape (3, 3).
        sites: Fractional coordinates of the mobile ions, shape (ions, 3).
        seeds: Grid indices of the seeds; by default those of the rule in :func:`find_seed`.

    Returns:
        The numbers of each ion in the order given, and the free volumes of the material.

    Raises:
        GridError: If an ion has no evaluated point.
    """
    ions = []
    tally = FreeVolumeTally(cell, shape)
    for index, energy in enumerate(landscapes):
        seed = seeds[index] if seeds is not None else find_seed(energy, cell, sites[index])
        ions.append(_describe_ion(energy, cell, seed, tally))
    return ions, tally.result()


def _describe_ion(
    energy: FloatArray, cell: FloatArray, seed: GridIndex, tally: FreeVolumeTally
) -> IonDescriptors:
    """Numbers of one ion; its maps are added to the tally and let go.

    Excluded points count with the ion's highest energy in the paper's quantities, and are walls in
    the percolation barriers.
    """
    offsets = neighbour_offsets(cell, energy.shape)
    highest = float(np.nanmax(energy))
    filled = np.where(np.isnan(energy), highest, energy)
    levels = level_map(filled, seed, offsets)
    tally.add(filled, levels, seed)
    return IonDescriptors(
        seed=seed,
        highest=highest,
        mpe=mpe(levels),
        mpe_robust=mpe_robust(levels, highest - float(energy[seed])),
        barriers=percolation_barriers(energy, seed, offsets),
    )
