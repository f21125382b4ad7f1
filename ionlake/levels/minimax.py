"""Level map: the least energy an ion must be given to reach each point around its minimum."""

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray, IntArray
from ionlake.levels.compiled import compiled
from ionlake.pes.seed import GridIndex

RESOLVED_UP_TO_EV = 6.0

Int32Array = NDArray[np.int32]


def level_map(energy: FloatArray, seed: GridIndex, offsets: IntArray) -> FloatArray:
    """Exact minimax levels in the doubled box around the seed.

    The landscape is repeated periodically into a box of (2 n_a + 1, 2 n_b + 1, 2 n_c + 1) points
    with the seed in its centre: one lattice vector to every side, both ends included. The level of
    a point is the smallest possible maximum of the energy along a path of grid steps from the seed
    to it that stays inside the box, less the energy of the seed.

    The search is a flood from the seed in the order of the energies. As every energy of the box is
    one of the n_a n_b n_c energies of the grid, the queue needs no heap: one list of waiting points
    per rank of the energy.

    Args:
        energy: Energies in eV, shape (n_a, n_b, n_c), without NaN: excluded points filled.
        seed: Grid indices of the seed.
        offsets: Grid steps, integers, shape (m, 3).

    Returns:
        Levels in eV, float64, shape (2 n_a + 1, 2 n_b + 1, 2 n_c + 1), without a cap; points that
        no path of these steps reaches have the highest energy less that of the seed.

    References:
        arXiv:2411.06804, level map. The authors raise the level in steps of 0.1 eV, so that their
        levels can lie up to 0.1 eV above these.
    """
    order = np.argsort(energy, axis=None)
    ranks = np.empty(energy.shape, dtype=np.int32)
    ranks.ravel()[order] = np.arange(energy.size, dtype=np.int32)
    padding = np.abs(offsets).max(axis=0, initial=0)
    box = _doubled_box(ranks, np.array(seed), padding)
    strides = np.array([box.shape[1] * box.shape[2], box.shape[2], 1])
    centre = int((np.array(energy.shape) + padding) @ strides)
    _flood(box.ravel(), centre, offsets @ strides, energy.size)
    inside = tuple(slice(p, size - p) for p, size in zip(padding, box.shape, strict=True))
    reached = box[inside]
    final = np.where(reached < 0, -1 - reached, energy.size - 1)
    above_seed = energy.ravel()[order] - energy[seed]
    levels: FloatArray = above_seed[final]
    return levels


def cap_levels(levels: FloatArray, highest: float) -> FloatArray:
    """Levels as the paper resolves them: above 6 eV all are the highest.

    Args:
        levels: Levels in eV, any shape.
        highest: Largest energy of the landscape less that of the seed, eV.

    Returns:
        The levels, those above 6 eV replaced by ``highest``; same shape.

    References:
        arXiv:2411.06804, where the search stops at 6 eV.
    """
    return np.where(levels > RESOLVED_UP_TO_EV, highest, levels)


@compiled
def _doubled_box(ranks: Int32Array, seed: IntArray, padding: IntArray) -> Int32Array:
    """Repeat the ranks around the seed inside a wall of -1 as thick as the longest step."""
    n_a, n_b, n_c = ranks.shape
    pad_a, pad_b, pad_c = padding
    box = np.full(
        (2 * (n_a + pad_a) + 1, 2 * (n_b + pad_b) + 1, 2 * (n_c + pad_c) + 1), -1, dtype=np.int32
    )
    for i in range(2 * n_a + 1):
        for j in range(2 * n_b + 1):
            row = ranks[(seed[0] + i) % n_a, (seed[1] + j) % n_b]
            k_grid = seed[2]
            for k in range(2 * n_c + 1):
                box[pad_a + i, pad_b + j, pad_c + k] = row[k_grid]
                k_grid += 1
                if k_grid == n_c:
                    k_grid = 0
    return box


@compiled
def _flood(box: Int32Array, centre: int, steps: IntArray, n_ranks: int) -> None:
    """Turn the rank of every reached point, in place, into -1 minus the rank of its level.

    A point enters the list of its level once, when its first neighbour is settled: no later
    neighbour has a lower level. Negative entries are walls or points already entered.
    """
    first_waiting = np.full(n_ranks, -1, dtype=np.int32)
    next_waiting = np.empty(box.size, dtype=np.int32)
    level = box[centre]
    first_waiting[level] = centre
    next_waiting[centre] = -1
    box[centre] = -1 - level
    while level < n_ranks:
        point = first_waiting[level]
        if point < 0:
            level += 1
            continue
        first_waiting[level] = next_waiting[point]
        for step in steps:
            neighbour = point + step
            rank = box[neighbour]
            if rank < 0:
                continue
            rank = max(rank, level)
            box[neighbour] = -1 - rank
            next_waiting[neighbour] = first_waiting[rank]
            first_waiting[rank] = neighbour
