"""One trajectory from displacements to conductivity, with its flags."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.geometry import FloatArray, volume
from ionlake.transport.arrhenius import ConductivityPoint
from ionlake.transport.censoring import censor
from ionlake.transport.conductivity import conductivity_s_cm, ion_charge
from ionlake.transport.diffusion import fit_intervals, self_diffusion
from ionlake.transport.displacement import (
    framework_departure,
    framework_drift,
    mean_squared_displacement,
    mobile_displacements,
)
from ionlake.transport.settings import AnalysisSettings
from ionlake.transport.trajectory import Trajectory

_FEWEST_FIT_STARTS: Final = 5
_SUBDIFFUSIVE: Final = 0.7


@dataclass(frozen=True)
class RunAnalysis:
    """What one run says.

    Attributes:
        diffusivity_cm2_s: D, cm²/s; None where the run is censored.
        diffusivity_interval_cm2_s: 95 % credible interval, cm²/s; None where censored.
        diffusivity_upper_cm2_s: D is below this with a probability of 95 %, cm²/s.
        diffusivity_log_error: Standard deviation of ln D; None where censored.
        conductivity_s_cm: Nernst–Einstein conductivity, S/cm; None where censored.
        conductivity_interval_s_cm: Its 95 % credible interval, S/cm; None where censored.
        conductivity_upper_s_cm: Bound of the conductivity, S/cm.
        censored: The ions did not diffuse beyond vibration, or the framework is molten, so that
            no D of ions in a crystal exists.
        hops: Net displacements of all mobile ions, in hops.
        msd_exponent: Slope of log MSD over log interval: 1 for diffusion, 0 for vibration.
        framework_departure_ang: How far the framework has left its sites, Å.
        framework_drift_ang: How far it has moved as a whole, Å.
        molten: Flag: the framework has left its sites.
        drifted: Flag: it moved as a whole; the motion is taken out all the same.
        too_short: Flag: ions diffuse, but the run is shorter than five times the first interval of
            the fit, or the mean squared displacement does not grow in proportion to time.
    """

    diffusivity_cm2_s: float | None
    diffusivity_interval_cm2_s: tuple[float, float] | None
    diffusivity_upper_cm2_s: float
    diffusivity_log_error: float | None
    conductivity_s_cm: float | None
    conductivity_interval_s_cm: tuple[float, float] | None
    conductivity_upper_s_cm: float
    censored: bool
    hops: float
    msd_exponent: float
    framework_departure_ang: float
    framework_drift_ang: float
    molten: bool
    drifted: bool
    too_short: bool

    def point(self, temperature_k: float) -> ConductivityPoint:
        """The run as a point of an Arrhenius fit.

        Args:
            temperature_k: Its temperature, K.
        """
        return ConductivityPoint(
            temperature_k,
            self.conductivity_s_cm,
            self.diffusivity_log_error,
            self.conductivity_upper_s_cm,
        )


def analyse(trajectory: Trajectory, species: str, settings: AnalysisSettings) -> RunAnalysis:
    """Diffusion and conductivity of the mobile ions of a trajectory.

    Args:
        trajectory: The frames.
        species: The mobile ion; decides its charge.
        settings: How the fit is made and what is flagged.

    Raises:
        MissingExtraError: kinisi is not installed.
        SettingsError: The run is too short to fit anything, or the ion's charge is not known.
    """
    moved, frame_ps = mobile_displacements(trajectory), trajectory.frame_ps
    charge, n_ions = ion_charge(species), moved.shape[1]
    diffusion = self_diffusion(moved, frame_ps, settings)
    verdict = censor(moved, trajectory.length_ps, diffusion, settings)
    departure = framework_departure(trajectory)
    drift = float(np.linalg.norm(framework_drift(trajectory), axis=-1).max())
    molten = departure > settings.molten_ang
    censored = verdict.censored or molten
    exponent = _exponent(moved, frame_ps, settings)
    short = trajectory.length_ps < _FEWEST_FIT_STARTS * settings.fit_from_ps

    def sigma(diffusivity: float) -> float:
        size = volume(trajectory.cell)
        return conductivity_s_cm(diffusivity, n_ions, size, charge, trajectory.temperature_k)

    low, high = diffusion.interval_cm2_s
    return RunAnalysis(
        diffusivity_cm2_s=None if censored else diffusion.value_cm2_s,
        diffusivity_interval_cm2_s=None if censored else (low, high),
        diffusivity_upper_cm2_s=verdict.upper_cm2_s,
        diffusivity_log_error=None if censored else diffusion.log_error,
        conductivity_s_cm=None if censored else sigma(diffusion.value_cm2_s),
        conductivity_interval_s_cm=None if censored else (sigma(low), sigma(high)),
        conductivity_upper_s_cm=sigma(verdict.upper_cm2_s),
        censored=censored,
        hops=verdict.hops,
        msd_exponent=exponent,
        framework_departure_ang=departure,
        framework_drift_ang=drift,
        molten=molten,
        drifted=drift > settings.drifted_ang,
        too_short=not censored and (short or exponent < _SUBDIFFUSIVE),
    )


def _exponent(moved: FloatArray, frame_ps: float, settings: AnalysisSettings) -> float:
    """Slope of log MSD over log interval, from the fit's first interval to its last."""
    intervals = fit_intervals(len(moved), frame_ps, settings)[[0, -1]]
    first, last = np.log(np.maximum(mean_squared_displacement(moved, intervals), 1e-12))
    return float((last - first) / np.log(intervals[1] / intervals[0]))
