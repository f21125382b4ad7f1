"""The ranking descriptor Xi."""

import math


def xi(connected_union: float, disconnected_union: float) -> float:
    """Score between 0 and 1 that asks for much free volume and much of it connected.

    Xi = s(10 (log10 FV_connected + 2)) s(10 (log10 FV_disconnected + 1.15)), s(x) = 1/(1+exp(-x)).

    Args:
        connected_union: Connected free volume at 0.5 eV, union over ions, fraction of the cell.
        disconnected_union: Disconnected free volume at 0.5 eV, union over ions, fraction.

    Returns:
        Xi; 0 when either volume is zero, the limit of the formula.

    References:
        arXiv:2411.06804, the descriptor Xi.
    """
    connected, disconnected = xi_factors(connected_union, disconnected_union)
    return connected * disconnected


def xi_factors(connected_union: float, disconnected_union: float) -> tuple[float, float]:
    """The two factors of Xi, of the connected and of the disconnected free volume."""
    return _soft_step(connected_union, 2.0), _soft_step(disconnected_union, 1.15)


def _soft_step(fraction: float, offset: float) -> float:
    """s(10 (log10 f + offset)), written without the logarithm so that f = 0 gives 0."""
    power: float = fraction ** (10.0 / math.log(10.0))
    return power / (power + math.exp(-10.0 * offset))
