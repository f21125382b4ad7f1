"""How well predictions of time have held, on scans that are finished, and what GPUs do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

_FEWEST: Final = 10
_TAIL: Final = 0.1


@dataclass(frozen=True)
class Held:
    """Measured over predicted times.

    Attributes:
        scans: Finished scans that were compared; none where nothing could be.
        factor: Sum of measured over sum of predicted times; 1 without scans.
        low: Four fifths of the scans, by their time, lie above this ratio and below the next.
        high: See ``low``.
    """

    scans: int
    factor: float
    low: float
    high: float


NOT_COMPARED: Final = Held(0, 1.0, 0.5, 2.0)
"""On a processor the model was not fitted on, a factor of two is to be expected."""


@dataclass(frozen=True)
class GpuWorth:
    """How many cores one GPU stands for, between two bounds.

    Attributes:
        low: At least.
        high: At most.
        told: Whether somebody has measured it.
    """

    low: float
    high: float
    told: bool


ASSUMED_WORTH: Final = GpuWorth(27.0, 160.0, told=False)
"""From a tenth to six tenths of the 19.5 TFLOP/s (float32) of an NVIDIA A100, over the 72 GFLOP/s
of the core that times are predicted for. `ionlake doctor` measures it."""


def told_worth(cores: float) -> GpuWorth:
    """What was measured on a crystal of 28 atoms; small cells may keep a GPU half as busy.

    Args:
        cores: Energies a second of one GPU over those of one core.
    """
    return GpuWorth(cores / 2.0, cores, told=True)


def compare(predicted_s: Sequence[float], measured_s: Sequence[float]) -> Held:
    """Compare predictions with what was measured.

    Args:
        predicted_s: Of each finished scan, core-seconds.
        measured_s: Of the same scans.
    """
    if len(predicted_s) < _FEWEST:
        return NOT_COMPARED
    predicted, measured = np.array(predicted_s), np.array(measured_s)
    ratios = measured / predicted
    order = np.argsort(ratios)
    share = np.cumsum(predicted[order]) / predicted.sum()
    low, high = (float(ratios[order][np.searchsorted(share, at)]) for at in (_TAIL, 1.0 - _TAIL))
    return Held(len(ratios), float(measured.sum() / predicted.sum()), low, high)
