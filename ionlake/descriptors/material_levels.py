"""One level map for a whole material."""

from typing import Final

import numpy as np
import xarray as xr

from ionlake.descriptors.free_volume import fold_faces
from ionlake.descriptors.scan_input import read_scan
from ionlake.errors import GridError
from ionlake.geometry import FloatArray
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import level_map
from ionlake.pes.seed import GridIndex, find_seed

_DOUBLED: Final = 2


def material_levels(dataset: xr.Dataset, below_ev: float) -> FloatArray:
    """The lowest level that any mobile ion, or any image of one, needs to reach a point.

    Each ion's map lives in a doubled box around its own minimum. In the crystal every image of the
    ion has the same map around itself, so the maps are brought to the common origin and folded into
    the cell, the lowest level counting. The region below a threshold is then what all ions
    together can visit, and it is periodic.

    Args:
        dataset: A scan.
        below_ev: Levels below this must be known, eV; matters for screened scans.

    Returns:
        Levels in eV at the points of the grid, shape (n_a, n_b, n_c).

    Raises:
        GridError: The dataset is no scan, or was screened at a lower energy.

    References:
        arXiv:2411.06804, Fig. 2, where connected free volumes are drawn.
    """
    scan = read_scan(dataset)
    if below_ev > scan.valid_below_ev:
        raise GridError(
            f"the scan was screened: its energies are known below {scan.valid_below_ev:g} eV, got "
            f"a threshold of {below_ev:g} eV: lower it, or scan with accuracy: full"
        )
    offsets = neighbour_offsets(scan.cell, scan.shape)
    lowest: FloatArray = np.full(scan.shape, np.inf)
    for energy, site in zip(scan.landscapes(), scan.sites, strict=True):
        seed = find_seed(energy, scan.cell, site)
        filled = np.where(np.isnan(energy), np.nanmax(energy), energy)
        np.minimum(lowest, _in_cell(level_map(filled, seed, offsets), seed), out=lowest)
    return lowest


def _in_cell(levels: FloatArray, seed: GridIndex) -> FloatArray:
    """Fold a doubled box around its seed into the cell at the grid's origin."""
    doubled = fold_faces(levels)
    n_a, n_b, n_c = (size // _DOUBLED for size in doubled.shape)
    split = doubled.reshape(_DOUBLED, n_a, _DOUBLED, n_b, _DOUBLED, n_c)
    return np.roll(split.min(axis=(0, 2, 4)), seed, axis=(0, 1, 2))
