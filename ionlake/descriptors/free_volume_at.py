"""Free volumes of a material at any threshold."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ionlake.descriptors.free_volume import fold_faces
from ionlake.descriptors.scan_input import ScanInput, read_scan
from ionlake.descriptors.thresholds import SMOOTHING_EV
from ionlake.geometry import FloatArray
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import level_map
from ionlake.pes.seed import find_seed


def free_volumes_at(dataset: xr.Dataset, thresholds_ev: Sequence[float]) -> xr.Dataset:
    """Share of the cell that some mobile ion finds below a threshold: the ``union`` free volumes.

    Args:
        dataset: A scan.
        thresholds_ev: Thresholds in eV.

    Returns:
        ``disconnected`` and ``connected`` over ``threshold_ev``, fractions of the cell; NaN where
        a screened scan does not tell. At the thresholds of the descriptors they equal
        ``fv_..._disconnected_union`` and ``fv_..._connected_union``.

    Raises:
        GridError: The dataset is not a scan.

    References:
        arXiv:2411.06804, free volume.
    """
    scan = read_scan(dataset)
    thresholds = np.asarray(thresholds_ev, dtype=np.float64)
    values = {
        kind: _means_below(lowest, thresholds, scan.valid_below_ev)
        for kind, lowest in zip(("disconnected", "connected"), _lowest_of_ions(scan), strict=True)
    }
    meanings = {
        "disconnected": "share of points below the threshold for some ion",
        "connected": "share of points of the doubled cell that some ion reaches below it",
    }
    return xr.Dataset(
        {
            kind: ("threshold_ev", share, {"units": "1", "long_name": meanings[kind]})
            for kind, share in values.items()
        },
        coords={"threshold_ev": ("threshold_ev", thresholds, {"units": "eV"})},
    )


def _lowest_of_ions(scan: ScanInput) -> tuple[FloatArray, FloatArray]:
    """Lowest energy and lowest level of any ion: over the cell, and over the doubled cell."""
    offsets = neighbour_offsets(scan.cell, scan.shape)
    energies = np.full(scan.shape, np.inf)
    levels = np.full([2 * n for n in scan.shape], np.inf)
    for energy, site in zip(scan.landscapes(), scan.sites, strict=True):
        seed = find_seed(energy, scan.cell, site)
        filled = np.where(np.isnan(energy), np.nanmax(energy), energy)
        np.minimum(energies, filled, out=energies)
        box = fold_faces(level_map(filled, seed, offsets))
        np.minimum(levels, np.roll(box, seed, axis=(0, 1, 2)), out=levels)
    return energies, levels


def _means_below(values: FloatArray, thresholds: FloatArray, valid_below_ev: float) -> FloatArray:
    ordered = np.sort(values, axis=None)
    edges = thresholds[:, None] + np.array(SMOOTHING_EV)
    means = np.searchsorted(ordered, edges, side="left").mean(axis=1) / ordered.size
    return np.where(edges.max(axis=1, initial=-np.inf) <= valid_below_ev, means, np.nan)
