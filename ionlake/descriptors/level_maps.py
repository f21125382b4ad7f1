"""The level maps of all mobile ions of a scan, in its cell."""

import numpy as np
import xarray as xr

from ionlake.descriptors.scan_input import read_scan
from ionlake.levels.folding import levels_in_cell
from ionlake.names import AXES, GRID_DIMS, LEVEL, MOBILE_ION
from ionlake.pes.seed import find_seed


def level_maps(dataset: xr.Dataset) -> xr.Dataset:
    """The least energy with which each ion reaches each point of the cell, or an image of it.

    An ion's map lives in the doubled box around its minimum, one lattice vector to every side; here
    each point has the lowest level of its images in that box, so that a map has the points of the
    scan.

    Args:
        dataset: A scan.

    Returns:
        ``level`` over (mobile_ion, a, b, c), float32, eV above the ion's minimum, NaN where the
        scan has no energy and, in a screened scan, at and above the energy below which it is
        complete; ``seed`` over (mobile_ion, axis), the grid indices of the minima. Coordinates and
        attributes are those of the scan.

    Raises:
        GridError: The dataset is not a scan.

    References:
        arXiv:2411.06804, level map; `ionlake.levels.level_map` gives the box itself.
    """
    scan = read_scan(dataset)
    levels = np.empty(scan.energy.shape, dtype=np.float32)
    seeds = []
    for ion, (energy, site) in enumerate(zip(scan.landscapes(), scan.sites, strict=True)):
        in_cell = levels_in_cell(energy, scan.cell, site)
        unknown = np.isnan(energy) | (in_cell >= scan.valid_below_ev)
        levels[ion] = np.where(unknown, np.nan, in_cell)
        seeds.append(find_seed(energy, scan.cell, site))
    return xr.Dataset(
        {
            LEVEL: (
                GRID_DIMS,
                levels,
                {
                    "units": "eV",
                    "long_name": "lowest energy above its minimum with which the ion gets there",
                },
            ),
            "seed": (
                (MOBILE_ION, "axis"),
                np.array(seeds),
                {"units": "1", "long_name": "grid indices of the minimum of the ion"},
            ),
        },
        coords={**dataset.coords, "axis": ("axis", list(AXES), {"long_name": "lattice vector"})},
        attrs=dataset.attrs,
    )
