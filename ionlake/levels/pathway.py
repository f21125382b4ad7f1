"""The paths by which an ion reaches its own periodic images at the percolation barriers."""

import heapq
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ionlake.geometry import FloatArray, IntArray
from ionlake.levels.compiled import compiled
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.lattice_steps import last_is_independent, target
from ionlake.levels.minimax import Int32Array
from ionlake.levels.percolation import Barriers
from ionlake.pes.seed import GridIndex

LENGTH_TIE_ANG = 1e-9


@dataclass(frozen=True, eq=False)
class Pathway:
    """A path of grid steps from an ion's minimum to the same minimum in another cell.

    Attributes:
        direction: The lattice vector it leads along, as multiples of the cell's three.
        points: Grid indices of its m points, not wrapped into the cell, shape (m, 3): first the
            seed, last the seed's image ``direction`` away.
        energies: Energies of the points above the seed, eV, shape (m,).
        shape: Grid sizes (n_a, n_b, n_c).
        length_ang: Its length, step by step, Å.
    """

    direction: tuple[int, int, int]
    points: IntArray
    energies: FloatArray
    shape: tuple[int, ...]
    length_ang: float

    @cached_property
    def bottleneck(self) -> int:
        """Place on the path of the point with the highest energy, the first of equal ones."""
        return int(np.argmax(self.energies))

    @property
    def barrier_ev(self) -> float:
        """Energy of the bottleneck above the seed, eV."""
        return float(self.energies[self.bottleneck])

    @property
    def fractional(self) -> FloatArray:
        """Fractional coordinates of the points, not wrapped into the cell, shape (m, 3)."""
        unwrapped: FloatArray = self.points / np.array(self.shape)
        return unwrapped


def migration_paths(
    energy: FloatArray, cell: FloatArray, seed: GridIndex, barriers: Barriers
) -> tuple[Pathway | None, Pathway | None, Pathway | None]:
    """One path along each independent direction in which the ion percolates.

    The first leads along any lattice vector, the second along one that is independent of the
    first's, the third along one independent of both. Of all such paths whose highest energy is the
    percolation barrier of one, two and three dimensions, each is a shortest; no path of these
    directions has a lower highest energy. The highest energy equals the barrier bit by bit.

    A shortest loop from the seed around the crystal that does not lie in a given subspace consists
    of two shortest paths from the seed and one step between their ends: any other loop is a product
    of such loops, none of them longer, and one of them leaves the subspace. So one search from the
    seed over the points at or below the barrier is enough for each direction.

    Args:
        energy: Energies in eV, shape (n_a, n_b, n_c), NaN where not evaluated (walls).
        cell: Lattice vectors as rows, Å, shape (3, 3).
        seed: Grid indices of the seed.
        barriers: The ion's percolation barriers from `percolation_barriers`, eV.

    Returns:
        The paths, None where the barrier is None. Of a path and its reverse the one is given whose
        direction begins with a positive number. Equal lengths are decided by the order of points
        and steps as seen from the seed, so that the choice does not depend on the grid's origin.

    References:
        ionlake's own; the steps are those of the level map, see `neighbour_offsets`.
    """
    from_seed = np.roll(energy - energy[seed], [-index for index in seed], axis=(0, 1, 2))
    offsets = neighbour_offsets(cell, energy.shape)
    lengths = np.linalg.norm(offsets @ (cell / np.array(energy.shape)[:, None]), axis=1)
    directions = np.zeros((3, 3), dtype=np.int64)
    paths: list[Pathway | None] = [None, None, None]
    tree, barrier = None, None
    for dimension, level in enumerate(barriers):
        if level is None:
            break
        if tree is None or level != barrier:
            with np.errstate(invalid="ignore"):
                passable = (from_seed <= level).ravel()
            tree, barrier = _shortest_tree(passable, from_seed.shape, offsets, lengths), level
        path = _loop_path(from_seed, tree, offsets, lengths, directions, dimension)
        directions[dimension] = path.direction
        paths[dimension] = replace(path, points=path.points + np.array(seed))
    one, two, three = paths
    return one, two, three


Tree = tuple[FloatArray, Int32Array, Int32Array]


def _loop_path(
    from_seed: FloatArray,
    tree: Tree,
    offsets: IntArray,
    lengths: FloatArray,
    directions: IntArray,
    n_directions: int,
) -> Pathway:
    """The shortest loop along a direction that is independent of the first ``n_directions``."""
    shape = np.array(from_seed.shape)
    distances, came_by, shifts = tree
    point, step = _shortest_loop(
        distances, shifts, from_seed.shape, offsets, lengths, directions.copy(), n_directions
    )
    end = target(point, offsets[step], from_seed.shape)[0]

    def branch(leaf: int) -> list[IntArray]:
        """Points from a leaf of the tree back to the seed."""
        place = np.array(np.unravel_index(leaf, from_seed.shape)) + shifts[leaf] * shape
        points = [place]
        while (by := came_by[np.ravel_multi_index(tuple(place % shape), from_seed.shape)]) >= 0:
            place = place - offsets[by]
            points.append(place)
        return points

    there, back = branch(point)[::-1], branch(end)
    around = there[-1] + offsets[step] - back[0]
    points = np.array([*there, *(place + around for place in back)])
    direction = around // shape
    if tuple(direction) < (0, 0, 0):
        points, direction = points[::-1] - around, -direction
    a, b, c = (int(n) for n in direction)
    energies = from_seed[tuple((points % shape).T)]
    length = distances[point] + lengths[step] + distances[end]
    return Pathway((a, b, c), points, energies, from_seed.shape, float(length))


@compiled
def _shortest_tree(
    passable: NDArray[np.bool_], shape: tuple[int, ...], offsets: IntArray, lengths: FloatArray
) -> Tree:
    """Shortest paths from the first point of the grid to all others, across the cell's faces too.

    Returns:
        Of each point the distance in Å (infinite where it is not reached), the step by which it was
        reached (-1 without one), and the lattice shift with which it was reached.
    """
    distances = np.full(passable.size, np.inf)
    came_by = np.full(passable.size, -1, dtype=np.int32)
    shifts = np.zeros((passable.size, 3), dtype=np.int32)
    distances[0] = 0.0
    queue = [(0.0, 0)]
    while len(queue) > 0:
        distance, point = heapq.heappop(queue)
        if distance > distances[point]:
            continue
        for step in range(len(offsets)):
            neighbour, cells_a, cells_b, cells_c = target(point, offsets[step], shape)
            further = distance + lengths[step]
            if passable[neighbour] and further < distances[neighbour]:
                distances[neighbour] = further
                came_by[neighbour] = step
                shifts[neighbour, 0] = shifts[point, 0] + cells_a
                shifts[neighbour, 1] = shifts[point, 1] + cells_b
                shifts[neighbour, 2] = shifts[point, 2] + cells_c
                heapq.heappush(queue, (further, neighbour))
    return distances, came_by, shifts


@compiled
def _shortest_loop(
    distances: FloatArray,
    shifts: Int32Array,
    shape: tuple[int, ...],
    offsets: IntArray,
    lengths: FloatArray,
    directions: IntArray,
    n_directions: int,
) -> tuple[int, int]:
    """Point and step that close the shortest loop out of the span of the first directions."""
    best, best_point, best_step = np.inf, -1, -1
    for point in range(distances.size):
        if distances[point] + lengths.min() >= best:
            continue
        for step in range(len(offsets)):
            neighbour, cells_a, cells_b, cells_c = target(point, offsets[step], shape)
            length = distances[point] + lengths[step] + distances[neighbour]
            if not length < best - LENGTH_TIE_ANG:
                continue
            directions[n_directions, 0] = shifts[point, 0] + cells_a - shifts[neighbour, 0]
            directions[n_directions, 1] = shifts[point, 1] + cells_b - shifts[neighbour, 1]
            directions[n_directions, 2] = shifts[point, 2] + cells_c - shifts[neighbour, 2]
            if last_is_independent(directions, n_directions):
                best, best_point, best_step = length, point, step
    return best_point, best_step
