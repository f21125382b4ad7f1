"""Conductors and insulators among labelled rows, with the uncertainty of the measurement.

A row belongs to both classes with a probability each. The classes are those of the field for this
method: AIMD at 1000 K, AIMD extrapolated to 300 K, experiment at room temperature.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray

BoolArray = NDArray[np.bool_]

AIMD_POSITIVE_S_CM: Final = 0.1
AIMD_NEGATIVE_S_CM: Final = 0.01
EXTRAPOLATED_POSITIVE_LOG10: Final = -2.5
EXPERIMENT_POSITIVE_S_CM: Final = 5e-5
EXPERIMENT_NEGATIVE_S_CM: Final = 1e-5
MIN_TEMPERATURES: Final = 4
MAX_CHI2_NDOF: Final = 3.5
NEGLIGIBLE: Final = 1e-3


class Definition(StrEnum):
    """How classes are drawn."""

    AIMD_1000K = "aimd_1000k"
    AIMD_300K = "aimd_300k"
    EXPERIMENT = "experiment"


@dataclass(frozen=True)
class Classified:
    """Labelled rows with their classes; all arrays have shape (n,).

    Attributes:
        p_positive: Probability to be a conductor, not yet times the weight.
        p_negative: Probability to be an insulator, likewise.
        positive: Whether the number itself lies in the upper class.
        negative: Whether it lies in the lower class; rows between the two are neither.
        conductivity: What rank correlations order by, S/cm or its logarithm; NaN where unknown.
        weight: Share of the row in every count.
    """

    p_positive: FloatArray
    p_negative: FloatArray
    positive: BoolArray
    negative: BoolArray
    conductivity: FloatArray
    weight: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays of different lengths."""
        shapes = {name: np.shape(value) for name, value in vars(self).items()}
        if len(set(shapes.values())) > 1 or len(self.weight.shape) != 1:
            raise ValueError(f"arrays of one length are expected, got {shapes}: give one per row")

    @property
    def negligible(self) -> BoolArray:
        """Rows that the paper-style score drops: neither probability exceeds 10⁻³."""
        return (self.p_positive <= NEGLIGIBLE) & (self.p_negative <= NEGLIGIBLE)

    def take(self, rows: BoolArray) -> "Classified":
        """Some of the rows."""
        return Classified(**{name: value[rows] for name, value in vars(self).items()})


def probability_above(value: FloatArray, error: FloatArray, threshold: float) -> FloatArray:
    """Soft membership of the class at or above a threshold: erfc((threshold − x)/err)/2.

    There is no √2 in it, as the field uses it; so ``error`` is √2 standard deviations of the normal
    distribution that this stands for. Without an error (zero or NaN) it is 1 at or above the
    threshold and 0 below. Where there is no value it is 0.

    Args:
        value: x, shape (n,), NaN where there is none.
        error: Its error, shape (n,), in the unit of ``value``.
        threshold: Edge of the class.
    """
    return _membership(threshold - value, error)


def probability_below(value: FloatArray, error: FloatArray, threshold: float) -> FloatArray:
    """Soft membership of the class at or below a threshold: erfc((x − threshold)/err)/2.

    Arguments as for `probability_above`.
    """
    return _membership(value - threshold, error)


def classify_aimd_1000k(sigma_s_cm: FloatArray, sigma_err_s_cm: FloatArray) -> Classified:
    """AIMD at 1000 K: conductors from 0.1 S/cm, insulators up to 0.01 S/cm.

    Args:
        sigma_s_cm: Nernst-Einstein conductivity, S/cm, shape (n,).
        sigma_err_s_cm: Its standard error, S/cm; NaN where unknown.

    References:
        arXiv:2411.06804, evaluation against 116 materials with AIMD.
    """
    return Classified(
        p_positive=probability_above(sigma_s_cm, sigma_err_s_cm, AIMD_POSITIVE_S_CM),
        p_negative=probability_below(sigma_s_cm, sigma_err_s_cm, AIMD_NEGATIVE_S_CM),
        positive=sigma_s_cm >= AIMD_POSITIVE_S_CM,
        negative=sigma_s_cm <= AIMD_NEGATIVE_S_CM,
        conductivity=sigma_s_cm,
        weight=np.ones_like(sigma_s_cm),
    )


def classify_aimd_300k(
    sigma_s_cm: FloatArray,
    sigma_err_s_cm: FloatArray,
    log10_sigma_300k: FloatArray,
    log10_sigma_300k_err: FloatArray,
    n_temperatures: FloatArray,
    chi2_ndof: FloatArray,
) -> Classified:
    """AIMD extrapolated to 300 K: conductors from log10 σ = −2.5, insulators still those of 1000 K.

    An extrapolation counts where at least four temperatures fit a line with chi²/ndof <= 3.5; a
    row without one is no conductor, but may be an insulator.

    Args:
        sigma_s_cm: Conductivity at 1000 K, S/cm, shape (n,); NaN where unknown.
        sigma_err_s_cm: Its standard error, S/cm.
        log10_sigma_300k: log10 of the extrapolated conductivity in S/cm.
        log10_sigma_300k_err: Error of that logarithm from the fit.
        n_temperatures: Temperatures in the fit.
        chi2_ndof: chi² of the fit per degree of freedom.

    References:
        arXiv:2411.06804, evaluation against AIMD extrapolated to room temperature.
    """
    kept = (n_temperatures >= MIN_TEMPERATURES) & (chi2_ndof <= MAX_CHI2_NDOF)
    extrapolated = np.where(kept, log10_sigma_300k, np.nan)
    return Classified(
        p_positive=probability_above(
            extrapolated, log10_sigma_300k_err, EXTRAPOLATED_POSITIVE_LOG10
        ),
        p_negative=probability_below(sigma_s_cm, sigma_err_s_cm, AIMD_NEGATIVE_S_CM),
        positive=extrapolated >= EXTRAPOLATED_POSITIVE_LOG10,
        negative=(sigma_s_cm <= AIMD_NEGATIVE_S_CM)
        & ~(extrapolated >= EXTRAPOLATED_POSITIVE_LOG10),
        conductivity=extrapolated,
        weight=np.ones_like(sigma_s_cm),
    )


def classify_experiment(sigma_s_cm: FloatArray, weight: FloatArray) -> Classified:
    """Experiment at room temperature: conductors from 5·10⁻⁵ S/cm, insulators up to 10⁻⁵ S/cm.

    A measured conductivity has a relative error of 1: its error is the conductivity itself. Upper
    bounds count as the bound.

    Args:
        sigma_s_cm: Conductivity or its upper bound, S/cm, shape (n,).
        weight: One over the number of rows that share the row's structure.

    References:
        arXiv:2411.06804, evaluation against experiment.
    """
    return Classified(
        p_positive=probability_above(sigma_s_cm, sigma_s_cm, EXPERIMENT_POSITIVE_S_CM),
        p_negative=probability_below(sigma_s_cm, sigma_s_cm, EXPERIMENT_NEGATIVE_S_CM),
        positive=sigma_s_cm >= EXPERIMENT_POSITIVE_S_CM,
        negative=sigma_s_cm <= EXPERIMENT_NEGATIVE_S_CM,
        conductivity=sigma_s_cm,
        weight=weight,
    )


def shared_weights(groups: NDArray[np.str_] | list[str]) -> FloatArray:
    """One over the number of rows of each row's group, shape (n,).

    Args:
        groups: What the rows share, such as their structure.
    """
    _, place, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[place], dtype=np.float64)


def _membership(distance: FloatArray, error: FloatArray) -> FloatArray:
    """erfc(distance/error)/2; without an error the step it tends to, 0 without a distance."""
    soft = error > 0
    scaled = distance / np.where(soft, error, 1.0)
    chance = np.where(soft, _erfc(scaled) / 2, (distance <= 0).astype(np.float64))
    return np.where(np.isnan(distance), 0.0, chance)


def _erfc(values: FloatArray) -> FloatArray:
    return np.array([math.erfc(value) for value in values], dtype=np.float64)
