"""How much to measure."""

from dataclasses import dataclass

_SMALL_CELL = 10


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Attributes:
        small_points: Grid points timed for cells of at most ten atoms; a scan asks for 128 at once.
        large_points: Grid points timed for larger cells.
        single_points: How many of these are evaluated one by one.
        small_repeats: Timed rounds for cells of at most ten atoms.
        large_repeats: Timed rounds for larger cells.
        edges_per_batch: Batch sizes of which plain SevenNet gets the best.
        md_steps: Timed steps of molecular dynamics.
        scan_limit_s: Scans that would take longer are predicted from the time per point.
        most_points: Largest number of points at which the linearity in their number is tested.
        stretch: Points of a round of the two-process test, in multiples of those timed.
    """

    small_points: int
    large_points: int
    single_points: int
    small_repeats: int
    large_repeats: int
    edges_per_batch: tuple[int, ...]
    md_steps: int
    scan_limit_s: float
    most_points: int
    stretch: int

    def points(self, n_atoms):
        """Timed grid points for a cell of so many atoms."""
        return self.small_points if n_atoms <= _SMALL_CELL else self.large_points

    def repeats(self, n_atoms):
        """Timed rounds for a cell of so many atoms."""
        return self.small_repeats if n_atoms <= _SMALL_CELL else self.large_repeats


FULL = Effort(
    small_points=128,
    large_points=128,
    single_points=64,
    small_repeats=5,
    large_repeats=3,
    edges_per_batch=(1, 300, 750, 1500, 3000, 6000),
    md_steps=10,
    scan_limit_s=90.0,
    most_points=2048,
    stretch=12,
)
QUICK = Effort(
    small_points=128,
    large_points=128,
    single_points=24,
    small_repeats=3,
    large_repeats=1,
    edges_per_batch=(300, 1500),
    md_steps=5,
    scan_limit_s=10.0,
    most_points=256,
    stretch=8,
)
