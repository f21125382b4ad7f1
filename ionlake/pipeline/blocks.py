"""How work is cut up: large scans into blocks of points, small ones into bundles. Pure.

Blocks begin at multiples of one granule, which is a whole number of the batches in which a
potential evaluates points: however a scan is cut up, every point is evaluated in the same company,
so that its energy is the same to the last bit.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

GRANULE: Final = 512
"""Points by which blocks grow."""

BLOCK_SECONDS: Final = 45.0
"""Predicted time of a block, and of the largest scan that is one task."""

SHORTEST_BLOCK_SECONDS: Final = 5.0
"""Blocks get no shorter than this towards the end of a run."""

BUNDLE_SECONDS: Final = 8.0
"""Predicted time of a bundle of small materials."""

SHORTEST_BUNDLE_SECONDS: Final = 0.5
"""Bundles get no shorter than this towards the end of a run."""

SHORTEST_LARGE_SECONDS: Final = 2.0
"""No material that takes less is cut into blocks, not even towards the end of a run."""

LARGEST_BUNDLE: Final = 200
"""Materials in a bundle at most: so many results are lost if its worker is killed."""

_WHOLE: Final = 2**40 * GRANULE
_ROUNDS: Final = 4
"""Tasks each worker should still get from the work that is left."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, order=True)
class Block:
    """Consecutive points of one scanned ion.

    Attributes:
        ion: The mobile ion that moves.
        first: Place of the first point among the ion's evaluated points.
        n_points: Number of points.
    """

    ion: int
    first: int
    n_points: int

    @property
    def end(self) -> int:
        """Place after the last point."""
        return self.first + self.n_points


def task_seconds(remaining_s: float, workers: int, longest_s: float, shortest_s: float) -> float:
    """How long a task should be: long at first, shorter towards the end of the work.

    The last tasks decide how long some workers wait for others, so that every worker should get
    several more of what is left.

    Args:
        remaining_s: Predicted core-seconds of all that is left.
        workers: Number of workers.
        longest_s: Longest task.
        shortest_s: Shortest task worth sending.
    """
    return min(longest_s, max(shortest_s, remaining_s / (_ROUNDS * workers)))


def points_in(seconds: float, point_s: float, *, cut: bool = True) -> int:
    """Points of a block that takes about so long: whole granules, at least one.

    Args:
        seconds: Time the block should take.
        point_s: Time of one point, s.
        cut: False where one point decides on others, so that no ion's points can be cut up.
    """
    if not cut:
        return _WHOLE
    return max(1, int(seconds / (point_s * GRANULE))) * GRANULE if point_s > 0 else GRANULE


def missing_blocks(
    ion: int, n_points: int, staged: Iterable[Block], block_points: int
) -> list[Block]:
    """The points that no staged block holds, in blocks.

    Args:
        ion: The mobile ion.
        n_points: Number of its evaluated points.
        staged: Blocks of this ion whose energies are there already; they do not overlap.
        block_points: Points of a block at most, a multiple of `GRANULE`.
    """
    missing: list[Block] = []
    reached = 0
    for block in [*sorted(staged), Block(ion, n_points, 0)]:
        missing += _cut(ion, reached, block.first, block_points)
        reached = max(reached, block.end)
    return missing


def covers(n_points: int, blocks: Iterable[Block]) -> bool:
    """Whether blocks of one ion hold every one of its points exactly once."""
    reached = 0
    for block in sorted(blocks):
        if block.first != reached:
            return False
        reached = block.end
    return reached == n_points


def take_bundle(
    waiting: deque[_Item], seconds: Callable[[_Item], float], budget_s: float
) -> list[_Item]:
    """Take small pieces of work from the front of a queue until they fill a budget of time.

    Args:
        waiting: The queue, not empty; what is taken leaves it.
        seconds: Predicted time of a piece, s.
        budget_s: Time the bundle may take; its first piece may be longer.
    """
    bundle = [waiting.popleft()]
    total = seconds(bundle[0])
    while waiting and len(bundle) < LARGEST_BUNDLE and total + seconds(waiting[0]) <= budget_s:
        total += seconds(waiting[0])
        bundle.append(waiting.popleft())
    return bundle


def _cut(ion: int, first: int, end: int, block_points: int) -> list[Block]:
    """A gap in nearly equal blocks of whole granules."""
    if end <= first:
        return []
    granules = -(-(end - first) // GRANULE)
    pieces = -(-granules * GRANULE // block_points)
    cuts = [first + granules * piece // pieces * GRANULE for piece in range(pieces)] + [end]
    return [Block(ion, here, there - here) for here, there in pairwise(cuts)]
