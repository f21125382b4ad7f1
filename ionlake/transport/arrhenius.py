"""Conductivity at room temperature from runs at high temperatures.

ln(σT) = ln A − E_a / (k_B T). The errors of the points are those of ln D; where the points scatter
more than these say, the fit's errors grow with the scatter. An extrapolation says nothing about
phases that form between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import norm, t

from ionlake.transport.conductivity import BOLTZMANN_EV_PER_K

ROOM_TEMPERATURE_K: Final = 300.0
_PROBABILITY: Final = 0.975
_SMALLEST_ERROR: Final = 1e-6


@dataclass(frozen=True)
class ConductivityPoint:
    """The conductivity of one run.

    Attributes:
        temperature_k: Temperature, K.
        conductivity_s_cm: σ, S/cm; None where the run is censored.
        log_error: Standard deviation of ln σ; None where the run is censored.
        upper_s_cm: σ is below this with a probability of 95 %, S/cm.
    """

    temperature_k: float
    conductivity_s_cm: float | None
    log_error: float | None
    upper_s_cm: float


@dataclass(frozen=True)
class Extrapolation:
    """What the runs of one material say together.

    Attributes:
        activation_energy_ev: E_a, eV; None where fewer than two temperatures have a value.
        activation_energy_interval_ev: 95 % interval of E_a, eV.
        room_s_cm: σ at 300 K, S/cm; None where it is censored.
        room_interval_s_cm: 95 % interval of σ at 300 K, S/cm.
        room_upper_s_cm: Bound of σ at 300 K, S/cm, that holds for any activation energy >= 0.
        chi2_per_dof: Scatter about the line over what the errors say; None for two points.
        n_used: Points in the fit.
        n_censored: Points with an upper bound only.
        censored: No value at 300 K may be reported, only the bound: fewer than two temperatures
            have a value, or the line runs above the bound of a censored run.
    """

    activation_energy_ev: float | None
    activation_energy_interval_ev: tuple[float, float] | None
    room_s_cm: float | None
    room_interval_s_cm: tuple[float, float] | None
    room_upper_s_cm: float
    chi2_per_dof: float | None
    n_used: int
    n_censored: int
    censored: bool


def extrapolate(points: Sequence[ConductivityPoint]) -> Extrapolation:
    """Fit the Arrhenius law and extrapolate to 300 K.

    Weighted least squares of ln(σT) over 1/T. The covariance of the two parameters is scaled by
    χ² per degree of freedom where that exceeds 1, and Student's t widens the intervals then.

    Args:
        points: At least one run; several at one temperature count separately.
    """
    upper = min(each.upper_s_cm * each.temperature_k for each in points) / ROOM_TEMPERATURE_K
    used = [each for each in points if each.conductivity_s_cm is not None]
    n_censored = len(points) - len(used)
    if len({each.temperature_k for each in used}) < 2:
        return Extrapolation(
            None, None, None, None, upper, None, len(used), n_censored, censored=True
        )
    fit = fit_line(used)
    energy, energy_error = -fit.slope * BOLTZMANN_EV_PER_K, fit.slope_error * BOLTZMANN_EV_PER_K
    censored = any(
        each.conductivity_s_cm is None
        and fit.at(each.temperature_k) > np.log(each.upper_s_cm * each.temperature_k)
        for each in points
    )
    room, error = fit.at(ROOM_TEMPERATURE_K), fit.error_at(ROOM_TEMPERATURE_K)
    low, middle, high = (
        float(np.exp(room + way * fit.reach * error) / ROOM_TEMPERATURE_K) for way in (-1, 0, 1)
    )
    return Extrapolation(
        activation_energy_ev=energy,
        activation_energy_interval_ev=(
            energy - fit.reach * energy_error,
            energy + fit.reach * energy_error,
        ),
        room_s_cm=None if censored else middle,
        room_interval_s_cm=None if censored else (low, high),
        room_upper_s_cm=upper,
        chi2_per_dof=fit.chi2_per_dof,
        n_used=len(used),
        n_censored=n_censored,
        censored=censored,
    )


@dataclass(frozen=True)
class ArrheniusLine:
    """ln(σT) = intercept + slope / T, σ in S/cm and T in K.

    Attributes:
        intercept: ln A, A in S K/cm.
        slope: −E_a / k_B, K.
        covariance: Of intercept and slope.
        reach: Standard errors from the line to the ends of its 95 % interval.
        chi2_per_dof: Scatter about the line over what the errors say; None for two points.
    """

    intercept: float
    slope: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    reach: float
    chi2_per_dof: float | None

    @property
    def slope_error(self) -> float:
        """Standard error of the slope, K."""
        return float(np.sqrt(self.covariance[1][1]))

    def at(self, temperature_k: float) -> float:
        """ln(σT) at a temperature in K."""
        return self.intercept + self.slope / temperature_k

    def error_at(self, temperature_k: float) -> float:
        """Standard error of ln(σT) at a temperature in K."""
        where = np.array([1.0, 1.0 / temperature_k])
        return float(np.sqrt(where @ np.array(self.covariance) @ where))


def fit_line(points: Sequence[ConductivityPoint]) -> ArrheniusLine:
    """The Arrhenius line through the conductivities of some runs.

    Args:
        points: Runs with a value, at two temperatures or more.
    """
    temperature = np.array([each.temperature_k for each in points])
    y = np.log(np.array([each.conductivity_s_cm for each in points], dtype=float) * temperature)
    errors = np.array([each.log_error for each in points], dtype=float)
    weights = 1 / np.maximum(errors, _SMALLEST_ERROR) ** 2
    # Centred, because 1/T hardly varies against its size.
    x = 1 / temperature
    centre = float(np.average(x, weights=weights))
    total, spread = float(weights.sum()), float(weights @ (x - centre) ** 2)
    slope = float(weights @ ((x - centre) * y)) / spread
    middle = float(np.average(y, weights=weights))
    dof = len(points) - 2
    chi2 = float(weights @ (y - middle - slope * (x - centre)) ** 2)
    scale = max(1.0, chi2 / dof) if dof else 1.0
    reach = float(t.ppf(_PROBABILITY, dof)) if scale > 1 else float(norm.ppf(_PROBABILITY))
    variance, level = scale / spread, scale / total
    return ArrheniusLine(
        intercept=middle - slope * centre,
        slope=slope,
        covariance=(
            (level + variance * centre**2, -variance * centre),
            (-variance * centre, variance),
        ),
        reach=reach,
        chi2_per_dof=chi2 / dof if dof else None,
    )
