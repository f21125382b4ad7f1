"""Percolation barriers by bisection: at each trial energy, walk the component of the seed."""

from collections import deque

import numpy as np


def slow_percolation_barriers(energy, seed, offsets, cap=6.0):
    """The lowest of the occurring energies at which the component spans 1, 2 and 3 dimensions."""
    above_seed = energy - energy[seed]
    candidates = np.unique(above_seed[(above_seed >= 0) & (above_seed <= cap)])
    return tuple(
        _lowest_spanning(above_seed, candidates, seed, offsets, dimension)
        for dimension in (1, 2, 3)
    )


def _lowest_spanning(above_seed, candidates, seed, offsets, dimension):
    low, high = 0, len(candidates)
    while low < high:
        middle = (low + high) // 2
        if spanned_dimensions(above_seed <= candidates[middle], seed, offsets) >= dimension:
            high = middle
        else:
            low = middle + 1
    return float(candidates[low]) if low < len(candidates) else None


def spanned_dimensions(passable, seed, offsets):
    """Rank of the lattice vectors that join the seed to its images through passable points."""
    shape = np.array(passable.shape)
    cell_of = {tuple(seed): np.zeros(3, dtype=int)}
    loops = [np.zeros(3, dtype=int)]
    queue = deque(cell_of)
    while queue:
        point = queue.popleft()
        for offset in offsets:
            crossed, target = np.divmod(np.array(point) + offset, shape)
            target = tuple(int(t) for t in target)
            if not passable[target]:
                continue
            cell = cell_of[point] + crossed
            if target not in cell_of:
                cell_of[target] = cell
                queue.append(target)
            else:
                loops.append(cell - cell_of[target])
    return int(np.linalg.matrix_rank(np.unique(loops, axis=0)))
