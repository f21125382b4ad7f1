"""Shortest loops by Dijkstra's algorithm in the crystal itself, cell by cell."""

import heapq

import numpy as np


def slow_shortest_loop(energy, cell, seed, offsets, barrier, directions):
    """Length of the shortest path of steps from the seed to an image of it outside a span.

    Only points at most ``barrier`` above the seed; outside the span of ``directions``. The search
    walks the points of all cells, so that it knows nothing of loops and trees.
    """
    shape = np.array(energy.shape)
    lengths = np.linalg.norm(offsets @ (cell / shape[:, None]), axis=1)
    passable = energy - energy[seed] <= barrier
    queue, done = [(0.0, tuple(seed))], set()
    while queue:
        distance, point = heapq.heappop(queue)
        if point in done:
            continue
        done.add(point)
        cells = (np.array(point) - seed) // shape
        at_image = (np.array(point) - seed == cells * shape).all()
        if at_image and np.linalg.matrix_rank([*directions, cells]) > len(directions):
            return distance
        for offset, length in zip(offsets, lengths, strict=True):
            target = tuple(int(i) for i in np.array(point) + offset)
            if target not in done and passable[tuple(np.array(target) % shape)]:
                heapq.heappush(queue, (distance + length, target))
    return None
