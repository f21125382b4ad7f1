"""Energies at which the ion's basin joins its own periodic images."""

import numpy as np

from ionlake.geometry import FloatArray, IntArray
from ionlake.levels.compiled import compiled
from ionlake.levels.lattice_steps import last_is_independent, target
from ionlake.levels.minimax import RESOLVED_UP_TO_EV, Int32Array
from ionlake.pes.seed import GridIndex

Barriers = tuple[float | None, float | None, float | None]


def percolation_barriers(
    energy: FloatArray, seed: GridIndex, offsets: IntArray, cap: float = RESOLVED_UP_TO_EV
) -> Barriers:
    """Lowest energies at which the seed's component is connected in 1, 2 and 3 dimensions.

    At a given energy the points at or below it that the seed reaches by grid steps, across the
    faces of the cell too, form a component of the infinite crystal. It percolates in d dimensions
    when it holds images of the seed along d linearly independent lattice vectors.

    The flood from the seed gives each point the lattice shift by which it was reached; a step
    between two points of the component whose shifts disagree closes a loop around the crystal, and
    the rank of all such loops is d.

    Args:
        energy: Energies in eV, shape (n_a, n_b, n_c), NaN where not evaluated (walls).
        seed: Grid indices of the seed, an evaluated point.
        offsets: Grid steps, integers, shape (m, 3), with each its opposite.
        cap: Highest barrier looked for, eV above the seed.

    Returns:
        The 1D, 2D and 3D barriers in eV above the seed; None where there is none up to the cap.

    References:
        ionlake's own, stricter companion of the minimum percolation energy of arXiv:2411.06804,
        which a dead end satisfies and to which excluded points are not walls.
    """
    above_seed = (energy - energy[seed]).ravel()
    with np.errstate(invalid="ignore"):
        passable = np.flatnonzero(above_seed <= cap)
    order = passable[np.argsort(above_seed[passable])]
    ranks = np.full(energy.size, -1, dtype=np.int32)
    ranks[order] = np.arange(order.size, dtype=np.int32)
    reached = _loop_ranks(ranks.reshape(energy.shape), np.array(seed), offsets, order.size)
    one, two, three = (float(above_seed[order[rank]]) if rank >= 0 else None for rank in reached)
    return one, two, three


@compiled
def _loop_ranks(ranks: Int32Array, seed: IntArray, offsets: IntArray, n_ranks: int) -> Int32Array:
    """Energy ranks at which the loops span 1, 2 and 3 dimensions; -1 where they never do.

    Steps to a point that waits for a higher level are left for later: that point will look back.
    """
    flat = ranks.ravel()
    waiting = np.full(n_ranks, -1, dtype=np.int32)
    next_waiting = np.full(flat.size, -1, dtype=np.int32)
    entered = np.zeros(flat.size, dtype=np.bool_)
    shifts = np.zeros((flat.size, 3), dtype=np.int32)
    loops = np.zeros((3, 3), dtype=np.int64)
    found = np.full(3, -1, dtype=np.int32)
    dimension = 0
    start, _, _, _ = target(0, seed, ranks.shape)
    level = flat[start]
    waiting[level] = start
    entered[start] = True
    while level < n_ranks and dimension < 3:
        point = waiting[level]
        if point < 0:
            level += 1
            continue
        waiting[level] = next_waiting[point]
        for step in offsets:
            neighbour, cells_a, cells_b, cells_c = target(point, step, ranks.shape)
            rank = flat[neighbour]
            if rank < 0 or (entered[neighbour] and rank > level):
                continue
            shift_a = shifts[point, 0] + cells_a
            shift_b = shifts[point, 1] + cells_b
            shift_c = shifts[point, 2] + cells_c
            if not entered[neighbour]:
                entered[neighbour] = True
                shifts[neighbour, 0] = shift_a
                shifts[neighbour, 1] = shift_b
                shifts[neighbour, 2] = shift_c
                rank = max(rank, level)
                next_waiting[neighbour] = waiting[rank]
                waiting[rank] = neighbour
            elif dimension < 3:
                loops[dimension, 0] = shift_a - shifts[neighbour, 0]
                loops[dimension, 1] = shift_b - shifts[neighbour, 1]
                loops[dimension, 2] = shift_c - shifts[neighbour, 2]
                if last_is_independent(loops, dimension):
                    found[dimension] = level
                    dimension += 1
    return found
