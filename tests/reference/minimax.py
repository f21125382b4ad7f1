"""Level map by Dijkstra's algorithm, point by point."""

import heapq
import itertools

import numpy as np


def slow_level_map(energy, seed, offsets):
    """Minimax levels of the doubled box; points that no path reaches get the highest energy."""
    shape = energy.shape
    box_shape = tuple(2 * n + 1 for n in shape)

    def height(point):
        return energy[tuple((p - n + s) % n for p, n, s in zip(point, shape, seed, strict=True))]

    levels = np.full(box_shape, energy.max() - energy[seed])
    queue = [(energy[seed], shape)]
    settled = set()
    while queue:
        level, point = heapq.heappop(queue)
        if point in settled:
            continue
        settled.add(point)
        levels[point] = level - energy[seed]
        for offset in offsets:
            target = tuple(int(p + d) for p, d in zip(point, offset, strict=True))
            if all(0 <= t < n for t, n in zip(target, box_shape, strict=True)):
                heapq.heappush(queue, (max(level, height(target)), target))
    return levels


def slow_fold(levels):
    """The lowest of the levels that the periodicity of the doubled cell makes one point."""
    sizes = [n - 1 for n in levels.shape]
    folded = np.empty(sizes)
    for point in np.ndindex(*sizes):
        ends = [(0, n) if p == 0 else (p,) for p, n in zip(point, sizes, strict=True)]
        folded[point] = min(levels[same] for same in itertools.product(*ends))
    return folded
