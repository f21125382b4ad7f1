"""Which descriptors are judged, and which end of each means a conductor."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from ionlake.descriptors import keys
from ionlake.descriptors.free_volume import KINDS, MASKINGS
from ionlake.descriptors.percolation_energy import ROBUST_QUANTILES
from ionlake.descriptors.thresholds import THRESHOLDS_EV

COMBINATIONS: Final = ("", "_rel", "_union")


@dataclass(frozen=True)
class Predictor:
    """One descriptor as a predictor of conduction.

    Attributes:
        name: Column of the descriptor table.
        family: What it is apart from its threshold; the name itself where it has none.
        ascending: Whether the lowest value is the best: energies are, free volumes and Ξ are not.
        threshold_ev: Energy threshold of the descriptor, eV; None where it has none.
        above_cap: Column with the flag that an absent value means "above every value there is".
    """

    name: str
    family: str
    ascending: bool
    threshold_ev: float | None = None
    above_cap: str | None = None


MAIN: Final = (
    keys.XI,
    keys.MPE,
    keys.robust_key(0.05),
    *(keys.barrier_key(dimension) for dimension in keys.DIMENSIONS),
    keys.volume_key("", keys.XI_THRESHOLD_EV, "connected", "_union"),
    keys.volume_key("", keys.XI_THRESHOLD_EV, "disconnected", "_union"),
)
"""Names of the descriptors that people look at first."""


@cache
def predictors() -> tuple[Predictor, ...]:
    """Every descriptor that ranks materials; those people look at first come first."""
    by_name = {predictor.name: predictor for predictor in _all()}
    return (*(by_name.pop(name) for name in MAIN), *by_name.values())


def _all() -> Iterator[Predictor]:
    yield Predictor(keys.XI, keys.XI, ascending=False)
    for name in (keys.MPE, *map(keys.robust_key, ROBUST_QUANTILES)):
        yield Predictor(name, name, ascending=True)
    for dimension in keys.DIMENSIONS:
        name = keys.barrier_key(dimension)
        flag = keys.above_cap_key(dimension)
        yield Predictor(name, name, ascending=True, above_cap=flag)
    for masking in MASKINGS:
        for kind in KINDS:
            for combination in COMBINATIONS:
                for threshold in THRESHOLDS_EV:
                    name = keys.volume_key(masking, threshold, kind, combination)
                    family = f"{masking}fv_{kind}{combination}"
                    yield Predictor(name, family, ascending=False, threshold_ev=threshold)
