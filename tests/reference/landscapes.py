"""Landscapes to test on: random ones on triclinic cells, and sums of cosines."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

TRICLINIC = np.array([[4.1, 0.0, 0.0], [-1.3, 3.6, 0.0], [0.9, 1.1, 5.2]])


@dataclass(frozen=True)
class Landscape:
    energy: np.ndarray
    cell: np.ndarray
    seed: tuple[int, int, int]

    @property
    def filled(self):
        return np.where(np.isnan(self.energy), np.nanmax(self.energy), self.energy)


cells = hnp.arrays(np.float64, (3, 3), elements=st.floats(-2.0, 2.0, width=16)).map(
    lambda skew: np.diag([3.0, -4.0, 5.0]) + np.tril(skew, -1)
)
shapes = st.tuples(*[st.integers(1, 5)] * 3)


@st.composite
def landscapes(draw, shape=shapes):
    """Energies with ties and excluded points on an arbitrary cell, the minimum at zero."""
    size = draw(shape)
    heights = st.one_of(st.floats(0.0, 8.0, width=16), st.integers(0, 4).map(float))
    energy = draw(hnp.arrays(np.float64, size, elements=heights, fill=st.nothing()))
    excluded = draw(hnp.arrays(np.bool_, size, elements=st.sampled_from([False, False, True])))
    excluded.flat[np.argmin(energy)] = False
    energy = np.where(excluded, np.nan, energy - energy.min())
    seed = np.unravel_index(np.nanargmin(energy), size)
    return Landscape(energy, draw(cells), tuple(int(s) for s in seed))


def cosines(shape, heights):
    """E = sum of A_k (1 - cos 2 pi x_k) / 2: minimum at the origin, saddles A_k, even sizes."""
    axes = np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij")
    return sum(
        a * (1.0 - np.cos(2.0 * np.pi * x)) / 2.0 for a, x in zip(heights, axes, strict=True)
    )


def rough(shape, seed, highest=5.0, excluded=0.1):
    """A continuous random landscape without ties, some of its points excluded, minimum zero."""
    rng = np.random.default_rng(seed)
    energy = highest * rng.random(shape) ** 2
    energy -= energy.min()
    energy[(rng.random(shape) < excluded) & (energy > 0)] = np.nan
    return energy


def scan(energies, cell=TRICLINIC, sites=None):
    """The dataset of a scan of as many mobile ions as landscapes are given."""
    energies = np.array(energies)
    sites = np.linspace(0.05, 0.95, 3 * len(energies)).reshape(-1, 3) if sites is None else sites
    framework = [[0.5, 0.5, 0.5]]
    return xr.Dataset(
        {"energy": (("mobile_ion", "a", "b", "c"), energies)},
        attrs={
            "cell": np.array(cell).tolist(),
            "fractional_positions": framework + np.array(sites).tolist(),
            "mobile_site_indices": list(range(1, len(energies) + 1)),
        },
    )
