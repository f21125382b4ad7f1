"""How promising a crystal looks before it is scanned. Pure.

Only the order of work follows from it, never a number of the lake: what is promising for its cost
comes first, so that a ranking is worth looking at early.
"""

import math
from functools import cache
from typing import Final

from ionlake.structures.record import StructureRecord

XI_PROMISING: Final = 0.1
"""A crystal was called promising above this Ξ when the numbers below were fitted."""

_BASE: Final = 0.22
_PER_MOBILE_SHARE: Final = 4.5
_PER_ELECTRONEGATIVITY: Final = -1.48
"""Logistic regression on the Ξ by SevenNet-0 of 621 small lithium compounds of the Materials
Project without transition metals; area under the ROC curve 0.82 in tenfold cross-validation. Much
lithium, and anions that do not hold it fast: what a chemist would look at too."""


def promise(structure: StructureRecord, mobile_species: str) -> float:
    """Probability, roughly, that a scan finds the crystal promising, between 0 and 1.

    Args:
        structure: The crystal.
        mobile_species: Element that moves.
    """
    mobile = len(structure.mobile_sites(mobile_species)) / structure.n_sites
    strongest = max(_electronegativity(symbol) for symbol in structure.elements)
    evidence = _BASE + _PER_MOBILE_SHARE * mobile + _PER_ELECTRONEGATIVITY * strongest
    return 1.0 / (1.0 + math.exp(-evidence))


@cache
def _electronegativity(symbol: str) -> float:
    """Pauling's; zero for elements without one."""
    from pymatgen.core import Element

    value = Element(symbol).data.get("X")
    return float(value) if isinstance(value, int | float) else 0.0
