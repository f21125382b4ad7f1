"""Self-diffusion coefficients with credible intervals, by kinisi.

The mean squared displacements of different intervals are strongly correlated, and their scatter is
no measure of the error of the slope. kinisi models that correlation.

References:
    A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. 21, 79 (2025).
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import pinvh
from scipy.stats import norm, truncnorm

from ionlake.errors import MissingExtraError, SettingsError
from ionlake.geometry import FloatArray
from ionlake.transport.settings import AnalysisSettings

INTERVAL: Final = (0.025, 0.975)
"""Quantiles between which a value lies with a probability of 95 %."""

UPPER: Final = 0.95
"""Quantile that a value does not exceed with a probability of 95 %."""

_ANG2_PER_PS_IN_CM2_PER_S: Final = 1e-4
_STILL_ANG: Final = 1e-5
"""Ions that never move so far stand still, and have no covariance to fit with."""

_AT_REST_CM2_S: Final = 1e-20
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True)
class Diffusion:
    """What a trajectory says about D: a normal distribution cut off at zero.

    Attributes:
        mean_cm2_s: Mean before the cut, cm²/s; may be negative where nothing diffuses.
        error_cm2_s: Standard deviation before the cut, cm²/s.
    """

    mean_cm2_s: float
    error_cm2_s: float

    def quantile_cm2_s(self, probability: float) -> float:
        """The value that D does not exceed with a probability, cm²/s.

        Args:
            probability: Between 0 and 1.
        """
        cut = -self.mean_cm2_s / self.error_cm2_s
        return float(
            truncnorm.ppf(probability, cut, np.inf, loc=self.mean_cm2_s, scale=self.error_cm2_s)
        )

    @property
    def value_cm2_s(self) -> float:
        """Median, cm²/s."""
        return self.quantile_cm2_s(0.5)

    @property
    def interval_cm2_s(self) -> tuple[float, float]:
        """95 % credible interval, cm²/s."""
        low, high = INTERVAL
        return self.quantile_cm2_s(low), self.quantile_cm2_s(high)

    @property
    def upper_cm2_s(self) -> float:
        """One-sided 95 % upper bound, cm²/s."""
        return self.quantile_cm2_s(UPPER)

    @property
    def log_error(self) -> float:
        """Standard deviation of ln D, from the quantiles one standard deviation away."""
        low, high = (self.quantile_cm2_s(float(norm.cdf(way))) for way in (-1, 1))
        return float(np.log(high / low) / 2)


def require_kinisi() -> None:
    """Check that kinisi is there.

    Raises:
        MissingExtraError: It is not installed.
    """
    if find_spec("kinisi") is None:
        raise MissingExtraError(
            "diffusion coefficients need kinisi, which is not installed: pip install 'ionlake[md]'"
        )


def fit_intervals(n_frames: int, frame_ps: float, settings: AnalysisSettings) -> NDArray[np.int64]:
    """The time intervals of the fit, in frames.

    Args:
        n_frames: Number of frames.
        frame_ps: Time from one to the next, ps.
        settings: First and longest interval and their number.

    Raises:
        SettingsError: The run is too short for three different intervals.
    """
    first = max(1, int(np.ceil(settings.fit_from_ps / frame_ps - 1e-9)))
    last = int(settings.longest_interval * (n_frames - 1))
    intervals = np.unique(np.round(np.linspace(first, last, settings.n_intervals)).astype(np.int64))
    if last <= first or len(intervals) < 3:
        raise SettingsError(
            f"a run of {n_frames} frames of {frame_ps:g} ps leaves no intervals between "
            f"{settings.fit_from_ps:g} ps and {settings.longest_interval:g} of its length: "
            "record longer, or fit from a shorter time (fit_from_ps)"
        )
    return intervals


def self_diffusion(
    displacements: FloatArray, frame_ps: float, settings: AnalysisSettings
) -> Diffusion:
    """D of the mobile ions, from the slope of the mean squared displacement: D = slope / 6.

    kinisi gives the mean squared displacements and their covariance matrix C. With its model, a
    straight line of slope >= 0 and any intercept, the distribution of the slope is a normal one,
    cut off at zero, that generalised least squares gives exactly: covariance (XᵀC⁻¹X)⁻¹ and mean
    (XᵀC⁻¹X)⁻¹XᵀC⁻¹y. kinisi itself samples that distribution, beginning at an intercept of zero
    that its walkers take hundreds of steps to leave.

    Args:
        displacements: Relative to the framework, Å, shape (f, m, 3), frame 0 being the start.
        frame_ps: Time from one frame to the next, ps.
        settings: Which intervals the fit uses.

    Raises:
        MissingExtraError: kinisi is not installed.
        SettingsError: The run is too short.
    """
    require_kinisi()
    intervals = fit_intervals(len(displacements), frame_ps, settings)
    if np.abs(displacements).max() < _STILL_ANG:
        return Diffusion(0.0, _AT_REST_CM2_S)
    with _quiet_and_reproducible():
        regression = observe(displacements, frame_ps, intervals)
        # One step, for the covariance matrix alone.
        regression.bayesian_regression(
            regression.dg["da"].coords["time interval"][0] * (1 - 1e-6),
            n_samples=1,
            n_burn=0,
            n_thin=1,
            progress=False,
        )
    line = np.column_stack([intervals * frame_ps, np.ones(len(intervals))])
    inverse = pinvh(regression.covariance_matrix.values)
    covariance = np.linalg.inv(line.T @ inverse @ line)
    slope, _ = covariance @ line.T @ inverse @ regression.dg["da"].values
    in_cm2_s = _ANG2_PER_PS_IN_CM2_PER_S / 6
    return Diffusion(float(slope) * in_cm2_s, float(np.sqrt(covariance[0, 0])) * in_cm2_s)


def observe(displacements: FloatArray, frame_ps: float, intervals: NDArray[np.int64]) -> Any:
    """The mean squared displacements as kinisi's regression takes them.

    Args:
        displacements: Relative to the framework, Å, shape (f, m, 3), frame 0 being the start.
        frame_ps: Time from one frame to the next, ps.
        intervals: From `fit_intervals`.

    Returns:
        A ``kinisi.diffusion.Diffusion``.
    """
    import scipp as sc
    from kinisi.diffusion import Diffusion as Regression
    from kinisi.displacement import calculate_msd

    # kinisi counts independent observations by its last interval, the length of the run.
    steps = np.append(intervals, len(displacements) - 1)
    parsed = SimpleNamespace(
        displacements=sc.array(
            dims=["obs", "particle", "dimension"], values=displacements[1:], unit="angstrom"
        ),
        dt_index=sc.array(dims=["time interval"], values=steps),
        dt=sc.array(dims=["time interval"], values=steps * frame_ps, unit="ps"),
        dimensionality=3 * sc.units.dimensionless,
    )
    observed = calculate_msd(parsed, progress=False)
    observed["da"] = observed["da"]["time interval", : len(intervals)].copy()
    return Regression(observed)


@contextmanager
def _quiet_and_reproducible() -> Iterator[None]:
    """Kinisi and emcee draw from NumPy's global generator; it is put back as it was."""
    with _ONE_AT_A_TIME:
        before = np.random.get_state()  # noqa: NPY002 - it is the one they use
        np.random.seed(0)  # noqa: NPY002
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            np.random.set_state(before)  # noqa: NPY002
