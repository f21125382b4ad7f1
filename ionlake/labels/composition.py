"""Comparing compositions that may hold partial amounts."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ionlake.errors import LabelError

TOLERANCE: Final = 1e-3
"""Largest difference in an element's share of the atoms between compositions that are the same."""


@lru_cache(maxsize=4096)
def fractions(formula: str) -> Mapping[str, float]:
    """Each element's share of the atoms, by symbol.

    Args:
        formula: Such as ``Li6PS5Cl``, ``Li7.0Bi1.0O6.0`` or ``Li10Ge(PS6)2``.

    Raises:
        LabelError: It is no formula.
    """
    from pymatgen.core import Composition, Element

    try:
        shares = Composition(formula).fractional_composition
    except (ValueError, KeyError, ZeroDivisionError):
        shares = {}
    if not shares or not all(Element.is_valid_symbol(each.symbol) for each in shares):
        raise LabelError(
            f"formula is {formula!r}, expected a composition such as Li6PS5Cl or Li6.5P0.5S5:"
            " correct it or leave it out"
        )
    return {element.symbol: float(share) for element, share in shares.items()}


def same_composition(one: str, other: str) -> bool:
    """Whether two formulas have the same elements in the same shares, within 10⁻³."""
    first, second = fractions(one), fractions(other)
    return first.keys() == second.keys() and all(
        abs(share - second[symbol]) <= TOLERANCE for symbol, share in first.items()
    )


def chemical_system(formula: str) -> str:
    """Element symbols in alphabetical order, joined by hyphens."""
    return "-".join(sorted(fractions(formula)))
