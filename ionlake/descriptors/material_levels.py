"""One level map for a whole material."""

import numpy as np
import xarray as xr

from ionlake.descriptors.scan_input import read_scan
from ionlake.errors import GridError
from ionlake.geometry import FloatArray
from ionlake.levels.folding import levels_in_cell


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
    lowest: FloatArray = np.full(scan.shape, np.inf)
    for energy, site in zip(scan.landscapes(), scan.sites, strict=True):
        np.minimum(lowest, levels_in_cell(energy, scan.cell, site), out=lowest)
    return lowest
