"""Every descriptor's key, type, unit and meaning, spelled once.

Adding a key, or changing what one means, asks for a new ``DESCRIPTOR_VERSION``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ionlake.descriptors.free_volume import KINDS, MASKINGS
from ionlake.descriptors.percolation_energy import ROBUST_QUANTILES
from ionlake.descriptors.thresholds import THRESHOLDS_EV

DESCRIPTOR_VERSION: Final = 1

DIMENSIONS: Final = (1, 2, 3)
CELL_VOLUME: Final = "cell_volume"
MPE: Final = "mpe"
XI: Final = "Xi"
XI_THRESHOLD_EV: Final = 0.5

_MASKED_OUT: Final = dict(
    zip(
        MASKINGS,
        ("", ", without 1.5 Å around the minimum", ", without 1.5 Å around minimum and images"),
        strict=True,
    )
)
_OF_KIND: Final = {
    "disconnected": "below {} eV",
    "connected": "reached from the minimum below {} eV",
}


@dataclass(frozen=True)
class DescriptorKey:
    """One column of a descriptor table.

    Attributes:
        name: The key in the result of ``describe`` or ``describe_ions``.
        dtype: SQL type of the column.
        unit: Unit of the value, "1" for a pure number.
        description: One sentence for people who meet the column in a database.
    """

    name: str
    dtype: Literal["DOUBLE", "BOOLEAN", "INTEGER"]
    unit: str
    description: str


def volume_key(masking: str, threshold: float, kind: str, suffix: str = "") -> str:
    """Key of a free volume, as ``masked1p5_fv_0p5_connected_union``."""
    return f"{masking}fv_{_label(threshold, 1)}_{kind}{suffix}"


def low_pes_key(threshold: float) -> str:
    """Key of the warning that a landscape lies below the threshold altogether."""
    return f"fv_{_label(threshold, 1)}_WARNlowPES"


def robust_key(quantile: float) -> str:
    """Key of a robust minimum percolation energy, as ``mpe_robust_0p05``."""
    return f"mpe_robust_{_label(quantile, 2)}"


def barrier_key(dimension: int) -> str:
    """Key of a percolation barrier, as ``percolation_barrier_3d_ev``."""
    return f"percolation_barrier_{dimension}d_ev"


def above_cap_key(dimension: int) -> str:
    """Key of the flag that stands beside an absent percolation barrier."""
    return f"percolation_{dimension}d_above_cap"


def _label(number: float, decimals: int) -> str:
    return f"{number:.{decimals}f}".replace(".", "p")


def _volume_keys(threshold: float) -> Iterator[DescriptorKey]:
    for masking in MASKINGS:
        for kind in KINDS:
            of_points = f"points {_OF_KIND[kind].format(threshold)}{_MASKED_OUT[masking]}"
            name = volume_key(masking, threshold, kind)
            yield DescriptorKey(
                name, "DOUBLE", "1", f"Fraction of {of_points}, added up over the mobile ions."
            )
            yield DescriptorKey(
                f"{name}_rel", "DOUBLE", "1/Å³", f"Fraction of {of_points}, summed, per volume."
            )
        if not masking:
            yield DescriptorKey(
                low_pes_key(threshold),
                "BOOLEAN",
                "1",
                f"Whether some mobile ion's landscape nowhere rises to {threshold} eV.",
            )
        for kind in KINDS:
            of_points = f"points {_OF_KIND[kind].format(threshold)}{_MASKED_OUT[masking]}"
            yield DescriptorKey(
                volume_key(masking, threshold, kind, "_union"),
                "DOUBLE",
                "1",
                f"Fraction of {of_points}, free for at least one mobile ion.",
            )


def _mpe_keys() -> Iterator[DescriptorKey]:
    yield DescriptorKey(
        MPE, "DOUBLE", "eV", "Lowest energy that takes a mobile ion one lattice vector away."
    )
    for quantile in ROBUST_QUANTILES:
        yield DescriptorKey(
            robust_key(quantile),
            "DOUBLE",
            "eV",
            f"Lowest energy at which {quantile:.0%} of a face one lattice vector away is reached.",
        )


def _barrier_keys(whose: str) -> Iterator[DescriptorKey]:
    for dimension in DIMENSIONS:
        yield DescriptorKey(
            barrier_key(dimension),
            "DOUBLE",
            "eV",
            f"Lowest energy at which {whose} percolates in {dimension} dimension(s), null above "
            "6 eV.",
        )


def _flag_keys() -> Iterator[DescriptorKey]:
    for dimension in DIMENSIONS:
        yield DescriptorKey(
            above_cap_key(dimension),
            "BOOLEAN",
            "1",
            f"Whether no mobile ion percolates in {dimension} dimension(s) up to 6 eV.",
        )


DESCRIPTOR_KEYS: Final = (
    DescriptorKey(CELL_VOLUME, "DOUBLE", "Å³", "Volume of the cell that was scanned."),
    *(key for threshold in THRESHOLDS_EV for key in _volume_keys(threshold)),
    *_mpe_keys(),
    DescriptorKey(
        XI, "DOUBLE", "1", "Ranking score from 0 to 1: free volume at 0.5 eV, much of it connected."
    ),
    *_barrier_keys("a mobile ion"),
    *_flag_keys(),
)

MOBILE_ION: Final = "mobile_ion"
SITE_INDEX: Final = "site_index"
SEED_AXES: Final = ("seed_a", "seed_b", "seed_c")

ION_DESCRIPTOR_KEYS: Final = (
    DescriptorKey(MOBILE_ION, "INTEGER", "1", "Position of the ion among the mobile ions, from 0."),
    DescriptorKey(SITE_INDEX, "INTEGER", "1", "Index of the ion's site in the crystal, from 0."),
    *(
        DescriptorKey(name, "INTEGER", "1", f"Grid index of the ion's minimum along {name[-1]}.")
        for name in SEED_AXES
    ),
    DescriptorKey(MPE, "DOUBLE", "eV", "Lowest energy that takes the ion one lattice vector away."),
    *_barrier_keys("the ion"),
)
