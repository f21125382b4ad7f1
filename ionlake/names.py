"""Dimensions, variables and flags of a PES dataset, spelled once."""

from enum import IntEnum
from typing import Final

MOBILE_ION: Final = "mobile_ion"
AXES: Final = ("a", "b", "c")
GRID_DIMS: Final = (MOBILE_ION, *AXES)

ENERGY: Final = "energy"
LEVEL: Final = "level"
STATUS: Final = "status"
MINIMUM_ENERGY: Final = "minimum_energy_ev"
BASE_ENERGY: Final = "base_energy_ev"


class PointStatus(IntEnum):
    """How a grid point got its energy; the values of the variable ``status``."""

    MISSING = 0
    EVALUATED = 1
    SYMMETRY_COPY = 2
    EXCLUDED = 3
    SKIPPED = 4
