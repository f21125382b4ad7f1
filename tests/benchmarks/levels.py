"""Level map and percolation barriers against the plain references of the tests."""

from dataclasses import dataclass

import numpy as np

from ionlake.levels import level_map, neighbour_offsets, percolation_barriers
from ionlake.pes.seed import find_seed
from tests.benchmarks.timing import seconds, warm_medians
from tests.reference.minimax import slow_level_map
from tests.reference.percolation import slow_percolation_barriers


@dataclass(frozen=True)
class Levels:
    """Times of one ion's landscape.

    Attributes:
        crystal: Name.
        points: Grid points.
        level_map_ms: The level map.
        plain_level_map_ms: The same by Dijkstra's algorithm in plain Python.
        percolation_ms: The percolation barriers.
        plain_percolation_ms: The same by bisection in plain Python.
        same: Whether the results agree exactly.
    """

    crystal: str
    points: int
    level_map_ms: float
    plain_level_map_ms: float
    percolation_ms: float
    plain_percolation_ms: float
    same: bool


def measure_levels(name, dataset):
    """Time both on the landscape of the first ion of a scan; the references only once."""
    cell = np.array(dataset.attrs["cell"])
    energy = dataset.energy.values[0].astype(np.float64)
    site = np.array(dataset.attrs["fractional_positions"])[dataset.attrs["mobile_site_indices"][0]]
    seed, offsets = find_seed(energy, cell, site), neighbour_offsets(cell, energy.shape)
    filled = np.where(np.isnan(energy), np.nanmax(energy), energy)
    fast = warm_medians(
        {
            "levels": lambda: level_map(filled, seed, offsets),
            "barriers": lambda: percolation_barriers(energy, seed, offsets),
        },
        repeats=9,
    )
    found = {}
    slow_levels = seconds(lambda: found.update(levels=slow_level_map(filled, seed, offsets)))
    slow_barriers = seconds(
        lambda: found.update(barriers=slow_percolation_barriers(energy, seed, offsets))
    )
    return Levels(
        crystal=name,
        points=energy.size,
        level_map_ms=1e3 * fast["levels"],
        plain_level_map_ms=1e3 * slow_levels,
        percolation_ms=1e3 * fast["barriers"],
        plain_percolation_ms=1e3 * slow_barriers,
        same=np.array_equal(found["levels"], level_map(filled, seed, offsets))
        and found["barriers"] == percolation_barriers(energy, seed, offsets),
    )
