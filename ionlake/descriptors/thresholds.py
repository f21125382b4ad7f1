"""Energy thresholds of the free volumes."""

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray

THRESHOLDS_EV: Final = (
    *(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    *(1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
)
SMOOTHING_EV: Final = (-0.04, -0.02, 0.0, 0.02, 0.04)

_EDGES_EV: Final = np.array([t + d for t, d in itertools.product(THRESHOLDS_EV, SMOOTHING_EV)])
ABOVE_ALL: Final = len(_EDGES_EV)

EnergyClasses = NDArray[np.uint8]


def energy_classes(energy: FloatArray) -> EnergyClasses:
    """Number of smoothed thresholds at or below each energy.

    A free volume changes only where an energy crosses one of the 80 smoothed thresholds, so this
    byte holds all that the free volumes need of an energy. It keeps order: the class of the lower
    of two energies is the lower of their classes.

    Args:
        energy: Energies or levels in eV, any shape, no NaN.

    Returns:
        Classes from 0 (below all thresholds) to ``ABOVE_ALL``; same shape.
    """
    return np.searchsorted(_EDGES_EV, energy, side="right").astype(np.uint8)


def counts_below(classes: EnergyClasses) -> FloatArray:
    """Mean number of points strictly below each threshold.

    The free volume is a step function of the threshold; the paper evens the steps out by the mean
    over five thresholds, 0.04 eV to either side of the nominal one.

    Args:
        classes: Energy classes of the points, any shape.

    Returns:
        Mean counts, shape (16,), in the order of ``THRESHOLDS_EV``.

    References:
        arXiv:2411.06804, free volume.
    """
    histogram = np.bincount(classes.ravel(), minlength=ABOVE_ALL + 1)
    below = histogram[:ABOVE_ALL].cumsum()
    means: FloatArray = below.reshape(len(THRESHOLDS_EV), len(SMOOTHING_EV)).mean(axis=1)
    return means
