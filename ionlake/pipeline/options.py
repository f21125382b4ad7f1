"""What may be asked of one run beside its recipe."""

from dataclasses import dataclass
from pathlib import Path

from ionlake.pipeline.shard import WHOLE, Shard


@dataclass(frozen=True)
class RunOptions:
    """How far a run goes.

    Attributes:
        mirror: Mark materials that have left their source as gone. Without it a run only adds, so
            that trying a recipe with a narrower selection takes nothing out of the rankings.
        failed_only: Compute only materials that failed before, quarantined ones included.
        retry: Try quarantined materials again beside the others.
        max_seconds: Stop after this time, s; what is done by then is kept.
        limit: Compute at most so many materials, the first of the order of work, each with all
            potentials of an ensemble; those that share a structure count as one.
        shard: The share of the source's materials that this run looks at; it leaves all others
            alone, as if neither the source nor the lake had them.
        profile: Page to write about where the time goes, see `ionlake.pipeline.profile`.
    """

    mirror: bool = False
    failed_only: bool = False
    retry: bool = False
    max_seconds: float | None = None
    limit: int | None = None
    shard: Shard = WHOLE
    profile: Path | None = None
