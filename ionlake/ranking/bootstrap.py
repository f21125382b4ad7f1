"""Resampling: how much a score owes to which rows happened to be measured."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray

N_RESAMPLES: Final = 1000
SEED: Final = 20241106
QUANTILES: Final = (0.16, 0.50, 0.84)


@dataclass(frozen=True)
class Interval:
    """A score and its bootstrap quantiles; NaN where it is not defined.

    Attributes:
        value: The score of all rows.
        q16: 16 % of the resamples score less.
        q50: Median of the resamples.
        q84: 84 % of the resamples score less.
    """

    value: float
    q16: float
    q50: float
    q84: float


def multiplicities(n_rows: int, n_resamples: int = N_RESAMPLES, seed: int = SEED) -> FloatArray:
    """How often each row is drawn: first all rows once, then resamples with replacement.

    Scores of several descriptors on the same multiplicities can be compared resample by resample.

    Args:
        n_rows: Number of rows.
        n_resamples: Number of resamples.
        seed: Seed of the draws.

    Returns:
        Shape (n_resamples + 1, n_rows); every line adds up to ``n_rows``.

    Raises:
        SettingsError: If there are less than no resamples.
    """
    if n_resamples < 0:
        raise SettingsError(f"n_resamples is {n_resamples}; expected 0 or more")
    everything = np.ones((1, n_rows))
    if not n_rows:
        return np.ones((n_resamples + 1, 0))
    drawn = np.random.default_rng(seed).multinomial(
        n_rows, np.full(n_rows, 1.0 / n_rows), size=n_resamples
    )
    return np.concatenate([everything, drawn])


def interval(samples: FloatArray) -> Interval:
    """The score of all rows with the quantiles of its resamples.

    Args:
        samples: Scores on the lines of `multiplicities`, shape (n_resamples + 1,). Resamples on
            which the score is not defined (a class that was not drawn) do not count.
    """
    defined = samples[1:][~np.isnan(samples[1:])]
    if np.isnan(samples[0]) or not defined.size:
        return Interval(float(samples[0]), *[float("nan")] * len(QUANTILES))
    return Interval(float(samples[0]), *(float(q) for q in np.quantile(defined, QUANTILES)))
