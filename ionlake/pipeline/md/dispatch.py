"""Send runs of dynamics to Dask workers, piece by piece, and commit what comes back.

Every run is one chain of tasks: a piece begins where the one before it ended, and is committed
before the next is sent. So a run that is killed loses one piece at most, progress is known as it
happens, and the time may be over between any two pieces. There are as many chains under way as
there are workers, and one more.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final

from ionlake.algorithms import algorithm_versions
from ionlake.errors import ClusterError
from ionlake.lake.layout import new_attempt
from ionlake.lake.writer import LakeWriter
from ionlake.pipeline.cluster import replenish
from ionlake.pipeline.jobs import StepFailure
from ionlake.pipeline.md.jobs import FinishedPiece, FinishedRun
from ionlake.pipeline.md.report import MdReporter
from ionlake.pipeline.md.under_way import UnderWay
from ionlake.pipeline.steps import admitted

GRACE_S: Final = 300.0
"""So long a run whose time is over waits for the pieces that are out."""

_MOST_TRIES: Final = 2
_LOOK_EVERY_S: Final = 5.0
_VANISHED: Final = (
    "the scheduler of the workers went away in the middle of the run: start it and run again; what"
    " was committed stands"
)


@dataclass
class MdDispatcher:
    """Carries runs of dynamics through.

    Attributes:
        client: A Dask client.
        writer: The lake, open for writing.
        reporter: Who follows.
        on_end: Told when a run has ended, with the failure if it failed.
        simulated_ps: Time simulated so far, ps.
        n_steps: Steps done so far, each of which evaluates the forces once.
    """

    client: Any
    writer: LakeWriter
    reporter: MdReporter
    on_end: Callable[[UnderWay, FinishedRun | StepFailure], None]
    simulated_ps: float = 0.0
    n_steps: int = 0
    _out: dict[Any, UnderWay] = field(default_factory=dict)
    _back: SimpleQueue[Any] = field(default_factory=SimpleQueue)

    def do(self, runs: Iterable[UnderWay], until: float = float("inf")) -> bool:
        """Carry runs through; a failing one ends and the others go on.

        Args:
            runs: The runs, in the order in which they should begin.
            until: Time of `time.monotonic` after which nothing is begun.

        Returns:
            Whether everything was done before the time was over.

        Raises:
            ClusterError: The scheduler went away; what was committed stands.
            LakeError: The lake's folder cannot be written to.
        """
        waiting, going = deque(runs), deque[UnderWay]()
        while True:
            self._fill(going, waiting, until)
            if not self._out:
                return not (going or waiting)
            future = self._next_back(until)
            if future is None:
                self.client.cancel(list(self._out))
                return False
            going.extendleft(self._take(self._out.pop(future), future))

    def _fill(self, going: deque[UnderWay], waiting: deque[UnderWay], until: float) -> None:
        room = self._n_workers() + 1
        while time.monotonic() < until and len(self._out) < room and (going or waiting):
            run = (going or waiting).popleft()
            step = run.next_step()
            try:
                future = self.client.submit(
                    partial(admitted, algorithm_versions()),
                    step.function,
                    *step.args,
                    key=f"md-{run.task.label}-{new_attempt()}",
                    pure=False,
                )
            except OSError as error:
                raise ClusterError(_VANISHED) from error
            self._out[future] = run
            future.add_done_callback(self._back.put)

    def _next_back(self, until: float) -> Any:
        """The next step that is done; None after the grace of a time that is over."""
        while (left := until + GRACE_S - time.monotonic()) > 0:
            with suppress(Empty):
                return self._back.get(timeout=min(left, _LOOK_EVERY_S))
            if self.client.status == "closed":
                raise ClusterError(_VANISHED)
            replenish(self.client)
        return None

    def _take(self, run: UnderWay, future: Any) -> list[UnderWay]:
        """Take in one result; returns the run if it goes on."""
        if future.cancelled():
            raise ClusterError(_VANISHED)
        lost = future.exception()
        if lost is not None:
            run.tries += 1
            if run.tries < _MOST_TRIES:
                return [run]
            result: Any = StepFailure(
                type(lost).__name__,
                f"its worker was lost {run.tries} times ({type(lost).__name__}): it may have run "
                "out of memory; run again, with fewer workers or a smaller supercell",
            )
        else:
            result = future.result()
        if isinstance(result, FinishedPiece):
            simulated = run.commit_piece(result, self.writer.ledger)
            self.simulated_ps += simulated
            self.n_steps += result.last_step - result.first_step
            self.reporter.piece_done(run.task.label, simulated)
            return [run]
        if isinstance(result, StepFailure):
            result.raise_if_blameless()
        if isinstance(result, FinishedRun):
            run.commit_run(result, self.writer.ledger)
        self.on_end(run, result)
        return []

    def _n_workers(self) -> int:
        try:
            return len(self.client.scheduler_info(n_workers=-1)["workers"])
        except OSError as error:
            raise ClusterError(_VANISHED) from error
