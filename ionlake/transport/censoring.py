"""Whether ions diffused at all, and what can be said where they did not.

A run of some tens of picoseconds cannot see a D below one hop in all of it. There a fit still
gives a number, made of noise; what is known is an upper bound.

References:
    X. He, Y. Zhu, A. Epstein, Y. Mo, npj Comput. Mater. 4, 18 (2018), on counting hops.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import chi2

from ionlake.geometry import FloatArray
from ionlake.transport.diffusion import UPPER, Diffusion
from ionlake.transport.displacement import net_squared_displacements
from ionlake.transport.settings import AnalysisSettings

_ANG2_PER_PS_IN_CM2_PER_S: Final = 1e-4
_NEAR_ZERO: Final = 0.02
"""An interval that begins below this share of its median holds zero for all purposes."""


@dataclass(frozen=True)
class Censoring:
    """Whether a value of D may be reported.

    Attributes:
        censored: The ions did not diffuse beyond vibration: only the upper bound counts.
        hops: Net displacements of all ions, in hops.
        upper_cm2_s: D is below this with a probability of 95 %, cm²/s.
    """

    censored: bool
    hops: float
    upper_cm2_s: float


def censor(
    displacements: FloatArray, length_ps: float, diffusion: Diffusion, settings: AnalysisSettings
) -> Censoring:
    """Decide whether D was measured or only bounded.

    Hops are counted as the sum over the ions of (net displacement / hop length)², so that an ion
    that jumps to and fro does not count and one that vibrates does not either. The bound is the
    larger one of the fit's and of the hop count's: a hop frequency that gives so few hops with a
    probability of 5 % (Poisson), times hop length² / 6.

    Args:
        displacements: Relative to the framework, Å, shape (f, m, 3).
        length_ps: Length of the run, ps.
        diffusion: What the fit gives.
        settings: Hop length and the fewest hops.
    """
    squared_hop = settings.hop_length_ang**2
    hops = float(net_squared_displacements(displacements).sum() / squared_hop)
    low, _ = diffusion.interval_cm2_s
    censored = hops < settings.fewest_hops or low < _NEAR_ZERO * diffusion.value_cm2_s
    most_hops = chi2.ppf(UPPER, 2 * (np.floor(hops) + 1)) / 2
    counted = most_hops * squared_hop / (6 * displacements.shape[1] * length_ps)
    bound = max(diffusion.upper_cm2_s, float(counted) * _ANG2_PER_PS_IN_CM2_PER_S)
    return Censoring(censored=bool(censored), hops=hops, upper_cm2_s=float(bound))
