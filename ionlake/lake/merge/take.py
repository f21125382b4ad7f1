"""Taking over what another lake has.

What was cut off is simply done again: what was taken over by then is not taken over twice, and
files without a row are garbage as ever.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ionlake.errors import LakeError
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.location import is_remote
from ionlake.lake.lock import LakeLockedError, active_holder, locked_error, writer_lock
from ionlake.lake.merge.holdings import Holdings, read_holdings
from ionlake.lake.merge.merging import Merging
from ionlake.lake.merge.plan import MergeRefusedError, plan_merge, standing_failures
from ionlake.lake.ownership import read_ledger
from ionlake.lake.progress import Progress, unfollowed
from ionlake.lake.writer import LakeWriter


@dataclass(frozen=True)
class Taken:
    """What was taken over from one lake.

    Attributes:
        lake: Its folder or URL.
        materials: Materials that are new, or whose row was newer there.
        scans: Scans with their grids.
        descriptions: Descriptors.
        md_runs: Runs of dynamics with their trajectories.
        labels: Conductivities from elsewhere.
        failures: Failures.
        summaries: Kept answers of databases.
        linked: Grids and trajectories that are hard links and take no space.
        damaged: What is wrong with files that were left out.
    """

    lake: str
    materials: int
    scans: int
    descriptions: int
    md_runs: int
    labels: int
    failures: int
    summaries: int
    linked: int
    damaged: tuple[str, ...]


def take_over(writer: LakeWriter, layout: LakeLayout, progress: Progress = unfollowed) -> Taken:
    """Take over what another lake has and this one lacks; the other one stays as it is.

    Args:
        writer: The lake, open for writing.
        layout: Paths of the other one.
        progress: Who follows.

    Raises:
        LakeLockedError: The other one is being written.
        MergeRefusedError: It cannot be read, or cannot be joined with this one.
        LakeError: This one cannot be written; what was taken over by then stands.
    """
    with ExitStack() as stack:
        ledger, source = _at_rest(stack, layout)
        plan = plan_merge(source, read_holdings(writer.ledger))
        merging = Merging(writer, layout, ledger, progress)
        merging.take_materials(plan)
        merging.take_scans(plan, source)
        merging.take_dynamics(plan)
        failures = standing_failures(source, read_holdings(writer.ledger))
        merging.take_the_rest(plan, failures)
        merging.take_summaries()
    return Taken(
        lake=str(layout.root),
        materials=len(plan.materials),
        scans=merging.scans,
        descriptions=merging.descriptions,
        md_runs=merging.md_runs,
        labels=len(plan.labels),
        failures=len(failures),
        summaries=merging.summaries,
        linked=merging.linked,
        damaged=tuple(merging.damaged),
    )


def _at_rest(stack: ExitStack, layout: LakeLayout) -> tuple[Ledger, Holdings]:
    """The ledger of a lake that nobody writes to, as long as the stack is open."""
    try:
        stack.enter_context(_left_alone(layout))
        ledger = stack.enter_context(read_ledger(layout))
        stack.enter_context(ledger.snapshot())
        return ledger, read_holdings(ledger)
    except LakeLockedError:
        raise
    except LakeError as error:
        raise MergeRefusedError(str(error)) from error


@contextmanager
def _left_alone(layout: LakeLayout) -> Iterator[None]:
    """Keep writers away; where that cannot be done, see that none is at work.

    Of a lake in a store the ledger as of its last publication counts, whoever writes to it now.
    """
    if not is_remote(layout.root) and os.access(layout.root, os.W_OK):
        with writer_lock(layout):
            yield
        return
    if active_holder(layout) is not None:
        raise locked_error(layout)
    yield
