"""One row of descriptors per material, and one per mobile ion."""

from collections.abc import Iterator, Sequence

import xarray as xr

from ionlake.descriptors.free_volume import KINDS, MASKINGS, FreeVolumes
from ionlake.descriptors.ions import IonDescriptors, describe_landscapes
from ionlake.descriptors.keys import (
    CELL_VOLUME,
    DESCRIPTOR_KEYS,
    DIMENSIONS,
    MOBILE_ION,
    MPE,
    SEED_AXES,
    SITE_INDEX,
    XI,
    XI_THRESHOLD_EV,
    above_cap_key,
    barrier_key,
    low_pes_key,
    robust_key,
    volume_key,
)
from ionlake.descriptors.percolation_energy import ROBUST_QUANTILES
from ionlake.descriptors.row import Row
from ionlake.descriptors.scan_input import read_scan
from ionlake.descriptors.thresholds import THRESHOLDS_EV
from ionlake.descriptors.validity import certain
from ionlake.descriptors.xi import xi
from ionlake.geometry import volume


def describe(dataset: xr.Dataset) -> Row:
    """Descriptors of a material; see :func:`describe_all`."""
    return describe_all(dataset)[0]


def describe_ions(dataset: xr.Dataset) -> list[Row]:
    """Descriptors of the mobile ions of a material; see :func:`describe_all`."""
    return describe_all(dataset)[1]


def describe_all(dataset: xr.Dataset) -> tuple[Row, list[Row]]:
    """Descriptors of a material and of each of its mobile ions, in one pass over the landscapes.

    Args:
        dataset: A scan: variable ``energy`` (mobile_ion, a, b, c) in eV relative to each ion's own
            minimum, NaN where not evaluated; attributes ``cell`` (lattice vectors as rows, Å),
            ``fractional_positions`` (all sites) and ``mobile_site_indices`` (of each mobile ion).

    Returns:
        The material's values by the names and in the order of ``DESCRIPTOR_KEYS``, and for each
        mobile ion those of ``ION_DESCRIPTOR_KEYS``. Plain Python numbers, never infinite or NaN;
        None for a percolation barrier above 6 eV, and for whatever a screened scan
        (``valid_below_ev``) does not tell.

    Raises:
        GridError: If the dataset is not a scan, or an ion of it has no evaluated point.

    References:
        arXiv:2411.06804, under the names of the authors' tables. The levels are exact here, where
        theirs rise in steps of 0.1 eV; the percolation barriers are ionlake's own.
    """
    scan = read_scan(dataset)
    ions, volumes = describe_landscapes(scan.landscapes(), scan.shape, scan.cell, scan.sites)
    values = certain(material_values(ions, volumes, volume(scan.cell)), scan.valid_below_ev)
    row = {key.name: values[key.name] for key in DESCRIPTOR_KEYS}
    return row, [
        certain(_ion_values(number, site, ion), scan.valid_below_ev)
        for number, (site, ion) in enumerate(zip(scan.site_indices, ions, strict=True))
    ]


def material_values(
    ions: Sequence[IonDescriptors], volumes: FreeVolumes, cell_volume: float
) -> Row:
    """Values of the material by key, from those of its ions.

    Args:
        ions: Numbers of each mobile ion.
        volumes: Free volumes of the material.
        cell_volume: Å³.
    """
    free = dict(_volume_values(volumes, cell_volume))
    robust = zip(*(ion.mpe_robust for ion in ions), strict=True)
    connected, disconnected = (
        free[volume_key("", XI_THRESHOLD_EV, kind, "_union")]
        for kind in ("connected", "disconnected")
    )
    return {
        CELL_VOLUME: cell_volume,
        **free,
        **{low_pes_key(t): any(ion.highest < t for ion in ions) for t in THRESHOLDS_EV},
        MPE: min(ion.mpe for ion in ions),
        **{
            robust_key(q): min(of_ions) for q, of_ions in zip(ROBUST_QUANTILES, robust, strict=True)
        },
        XI: xi(connected, disconnected),
        **_lowest_barriers(ions),
    }


def _volume_values(volumes: FreeVolumes, cell_volume: float) -> Iterator[tuple[str, float]]:
    for m, masking in enumerate(MASKINGS):
        for k, kind in enumerate(KINDS):
            for t, threshold in enumerate(THRESHOLDS_EV):
                summed = float(volumes.summed[m, k, t])
                yield volume_key(masking, threshold, kind), summed
                yield volume_key(masking, threshold, kind, "_rel"), summed / cell_volume
                yield volume_key(masking, threshold, kind, "_union"), float(volumes.union[m, k, t])


def _lowest_barriers(ions: Sequence[IonDescriptors]) -> Row:
    """The lowest percolation barrier of any ion per dimension, with the flag of its absence."""
    row: Row = {}
    for dimension in DIMENSIONS:
        barriers = [b for ion in ions if (b := ion.barriers[dimension - 1]) is not None]
        row[barrier_key(dimension)] = min(barriers, default=None)
        row[above_cap_key(dimension)] = not barriers
    return row


def _ion_values(number: int, site: int, ion: IonDescriptors) -> Row:
    return {
        MOBILE_ION: number,
        SITE_INDEX: site,
        **dict(zip(SEED_AXES, ion.seed, strict=True)),
        MPE: ion.mpe,
        **{barrier_key(d): ion.barriers[d - 1] for d in DIMENSIONS},
    }
