"""Displacements relative to the framework, and what they say without any model."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray
from ionlake.transport.trajectory import Trajectory

_WINDOW: Final = 0.1
"""Positions at the ends of a run are means over this share of it, which takes vibrations out."""


def framework_drift(trajectory: Trajectory) -> FloatArray:
    """How far the framework as a whole has moved since the first frame.

    The framework is every atom that is not a mobile ion; in a crystal without any, it is all
    atoms, so that only the motion of the whole is taken out.

    Returns:
        Mean displacement in Å, shape (f, 3).
    """
    framework = _framework(trajectory)
    moved = trajectory.positions[:, framework] - trajectory.positions[:1, framework].astype(float)
    drift: FloatArray = moved.mean(axis=1)
    return drift


def mobile_displacements(trajectory: Trajectory) -> FloatArray:
    """Displacements of the mobile ions since the first frame, relative to the framework.

    Returns:
        Å, shape (f, m, 3).
    """
    mobile = trajectory.mobile
    moved = trajectory.positions[:, mobile] - trajectory.positions[:1, mobile].astype(float)
    relative: FloatArray = moved - framework_drift(trajectory)[:, None, :]
    return relative


def mean_squared_displacement(
    displacements: FloatArray, intervals: NDArray[np.int64]
) -> FloatArray:
    """Mean over ions and time origins of the squared displacement in an interval.

    Args:
        displacements: From `mobile_displacements`, shape (f, m, 3).
        intervals: Intervals in frames, each below f.

    Returns:
        Å², shape of ``intervals``.
    """
    means = [
        np.mean(np.sum((displacements[n:] - displacements[:-n]) ** 2, axis=-1)) for n in intervals
    ]
    return np.array(means)


def net_squared_displacements(displacements: FloatArray) -> FloatArray:
    """Squared distance of each ion between the ends of the run, vibrations averaged out.

    Args:
        displacements: From `mobile_displacements`, shape (f, m, 3).

    Returns:
        Å², shape (m,).
    """
    window = _window(len(displacements))
    net = displacements[-window:].mean(axis=0) - displacements[:window].mean(axis=0)
    squared: FloatArray = np.sum(net**2, axis=-1)
    return squared


def framework_departure(trajectory: Trajectory) -> float:
    """How far the framework has left its sites at the end of the run.

    For each element of the framework the root mean square distance from the reference, vibrations
    averaged out and the motion of the whole removed; the smallest of these counts. In a melt all
    elements leave. Where anions turn about the atoms they are bound to, these stay.

    Returns:
        Å; 0 where there is no framework.
    """
    if trajectory.mobile.all():
        return 0.0
    window = _window(len(trajectory.positions))
    framework = ~trajectory.mobile
    moved = trajectory.positions[-window:, framework].mean(axis=0, dtype=float)
    moved -= trajectory.reference[framework]
    moved -= moved.mean(axis=0)
    squared, numbers = np.sum(moved**2, axis=-1), trajectory.numbers[framework]
    return float(min(np.sqrt(squared[numbers == z].mean()) for z in np.unique(numbers)))


def _framework(trajectory: Trajectory) -> NDArray[np.bool_]:
    return ~trajectory.mobile if not trajectory.mobile.all() else trajectory.mobile


def _window(n_frames: int) -> int:
    return max(1, round(_WINDOW * n_frames))
