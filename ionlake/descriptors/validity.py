"""Which descriptors hold when energies are known only below a limit.

A screened scan knows every energy below its limit, and of the other points only that they lie
above. Free volumes whose smoothed threshold stays below the limit count the same points as those
of a full scan, and so do the minimum percolation energy and the percolation barriers where they
come out below the limit. Anything else would be a guess, and is null.
"""

import math
from typing import Final

from ionlake.descriptors.free_volume import KINDS, MASKINGS
from ionlake.descriptors.keys import (
    DIMENSIONS,
    MPE,
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
from ionlake.descriptors.thresholds import SMOOTHING_EV, THRESHOLDS_EV

_ENERGIES: Final = (MPE, *(barrier_key(dimension) for dimension in DIMENSIONS))
_VOLUME_SUFFIXES: Final = ("", "_rel", "_union")


def certain(row: Row, valid_below_ev: float) -> Row:
    """A row with null for every value that energies above the limit could change.

    Args:
        row: Descriptors of a material or of an ion, computed as if the energies that are not known
            were high.
        valid_below_ev: Every energy below this is known, eV; infinite for full scans.
    """
    if math.isinf(valid_below_ev):
        return row
    unknown = _uncertain(valid_below_ev)
    unknown |= {name for name in _ENERGIES if not _is_below(row.get(name), valid_below_ev)}
    unknown |= {above_cap_key(d) for d in DIMENSIONS if barrier_key(d) in unknown}
    return {name: None if name in unknown else value for name, value in row.items()}


def _uncertain(valid_below_ev: float) -> set[str]:
    """Names of values that no outcome makes certain."""
    names = {robust_key(quantile) for quantile in ROBUST_QUANTILES}
    for threshold in THRESHOLDS_EV:
        if threshold + max(SMOOTHING_EV) > valid_below_ev:
            names.add(low_pes_key(threshold))
            names |= {
                volume_key(masking, threshold, kind, suffix)
                for masking in MASKINGS
                for kind in KINDS
                for suffix in _VOLUME_SUFFIXES
            }
    if XI_THRESHOLD_EV + max(SMOOTHING_EV) > valid_below_ev:
        names.add(XI)
    return names


def _is_below(value: float | bool | None, limit: float) -> bool:
    return value is not None and value < limit
