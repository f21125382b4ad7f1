"""Send the work of a run to Dask workers and commit what comes back.

Small materials travel in bundles, large ones are cut into blocks of points. However many materials
there are, only a few pieces of work per worker are out at once, so that the scheduler stays small;
towards the end the pieces get shorter, so that all workers end together. Planning is done by the
workers too: this process handles small values, and it alone commits rows.

When a worker is lost, whatever it held comes under suspicion: its work, and what merely waited
there. Suspects are tried again at the end, one material at a time with nothing else at work, and
only one that loses its worker again has failed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final

from ionlake.algorithms import algorithm_versions
from ionlake.errors import ClusterError
from ionlake.lake.layout import new_attempt
from ionlake.pipeline.admission import no_such_ionlake
from ionlake.pipeline.blocks import take_bundle
from ionlake.pipeline.bundle import Bundle
from ionlake.pipeline.cluster import replenish
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.jobs import StepFailure
from ionlake.pipeline.large import LargeScan
from ionlake.pipeline.plan import Task, Todo
from ionlake.pipeline.steps import admitted, block_step, bundle_step
from ionlake.pipeline.work import Outlook, Work

FEWEST_OUT: Final = 2
"""Pieces of work per worker that are always out: one at work, one that waits."""

MOST_OUT: Final = 8
"""Pieces of work per worker that are out at most, while they are short."""

AHEAD_S: Final = 20.0
"""Time per worker that short pieces of work may take together."""

GRACE_S: Final = 60.0
"""So long a run whose time is over waits for the pieces of work that are out."""

WITHOUT_WORKERS_S: Final = 300.0
"""After this time without a worker on a cluster of its own, a run ends."""

_COUNT_EVERY_S: Final = 10.0
_LOOK_EVERY_S: Final = 5.0
_VANISHED: Final = (
    "the scheduler of the workers went away in the middle of the run: start it and run again; what"
    " was committed stands, and blocks that are staged are not computed again"
)
_DESERTED: Final = (
    "all workers were lost and none could be started again: look at the memory and the load of"
    " this machine and run again; what was committed stands"
)


@dataclass
class Dispatcher:
    """Runs tasks on a Dask client and commits their results.

    Attributes:
        client: The Dask client.
        run: The run.
    """

    client: Any
    run: RunContext
    outlook: Outlook = field(init=False)
    _attempt: Callable[..., Any] = field(init=False)
    _waiting: deque[Task] = field(default_factory=deque)
    _ready: deque[Work] = field(default_factory=deque)
    _out: dict[Any, Work] = field(default_factory=dict)
    _suspects: deque[Work] = field(default_factory=deque)
    _back: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _staged: set[str] = field(default_factory=set)
    _counted_at: float = float("-inf")
    _seen_at: float = float("inf")
    _most_workers: int = 0

    def __post_init__(self) -> None:
        """Nothing is known to do yet."""
        self.outlook = Outlook(self.run.reporter)
        self._attempt = partial(admitted, algorithm_versions())

    def do(
        self, tasks: Iterable[Task], after_each: Callable[[], None], until: float = float("inf")
    ) -> bool:
        """Do the tasks; a failing one becomes a failure and the others go on.

        Args:
            tasks: What is to be done, in the order in which it should begin.
            after_each: Called after each result that was taken in.
            until: Time of the run's clock after which nothing is begun.

        Returns:
            Whether everything was done before the time was over.

        Raises:
            ClusterError: The scheduler went away, or a worker differs from this run; what was
                committed stands.
        """
        self._waiting.extend(tasks)
        self._staged = self.run.writer.ledger.staged_scans()
        self.outlook.expect(sum(task.seconds for task in self._waiting))
        self._fill(until)
        while self._out and self._now() < until + GRACE_S:
            future = self._next_back(until)
            if future in self._out:
                self._take(self._no_longer_out(future), future)
                after_each()
            self._fill(until)
        return not (self._out or self._ready or self._waiting or self._suspects)

    def _now(self) -> float:
        return self.run.clock.now()

    def _next_back(self, until: float) -> Any:
        """The next piece of work that is done; None after the grace of a time that is over."""
        while (left := until + GRACE_S - self._now()) > 0:
            with suppress(Empty):
                return self.run.clock.next_from(self._back, min(left, _LOOK_EVERY_S))
            if self.client.status == "closed":
                raise ClusterError(_VANISHED)
            self._count_workers()
        return None

    def _fill(self, until: float) -> None:
        """Send work while there is some, the workers have room for it and the time is not over."""
        if self._now() >= until:
            return
        self._count_workers()
        while self._has_room() and (self._ready or self._waiting):
            if not self._ready:
                self._ready.extend(self._next_owner().begin())
            work = self._ready.popleft()
            if not work.owner.ended:
                self._send(work)
        while self._suspects and not self._out:
            work = self._suspects.popleft()
            if not work.owner.ended:
                self._send(work)

    def _has_room(self) -> bool:
        count, workers = len(self._out), self.outlook.workers
        if count < FEWEST_OUT * workers:
            return True
        ahead = self.outlook.ahead_s * self.outlook.factor
        return count < MOST_OUT * workers and ahead < AHEAD_S * workers

    def _next_owner(self) -> Bundle | LargeScan:
        """The next materials: small ones in a bundle, a large or half-done one for itself."""

        def seconds(task: Task) -> float:
            return float("inf") if task.scan_id in self._staged else task.seconds

        first = self._waiting[0]
        if first.todo is Todo.SCAN and seconds(first) > self.outlook.large_s:
            return LargeScan(self.run, self._waiting.popleft())
        return Bundle(self.run, take_bundle(self._waiting, seconds, self.outlook.bundle_s))

    def _send(self, work: Work) -> None:
        name = work.step.__name__.removesuffix("_step")
        with _reached_the_scheduler():
            future = self.client.submit(
                self._attempt,
                work.step,
                *work.args,
                key=f"{name}-{work.owner.label}-{new_attempt()}",
                pure=False,
                # What other work waits for goes first.
                priority=0 if work.step in {block_step, bundle_step} else 1,
            )
        self._out[future] = work
        self.outlook.sent(work)
        future.add_done_callback(self._back.put)

    def _take(self, work: Work, future: Any) -> None:
        """Take in one result; what it makes possible goes first."""
        if future.cancelled():
            raise ClusterError(_VANISHED)
        with _reached_the_scheduler():
            lost = future.exception()
            result = future.result() if lost is None else _lost(lost)
        if isinstance(lost, ImportError | AttributeError):
            raise ClusterError(no_such_ionlake("that joined", lost))
        if lost is not None and not work.alone:
            parts = work.owner.divide(work)
            self._suspects.extend(replace(part, alone=True) for part in parts)
            return
        self._ready.extendleft(reversed(work.owner.take(result, self.outlook)))
        if work.owner.ended:
            self._call_back(work.owner)

    def _call_back(self, owner: Any) -> None:
        """Cancel what is still out of an owner; results that come all the same are passed over."""
        futures = [future for future, work in self._out.items() if work.owner is owner]
        for future in futures:
            self._no_longer_out(future)
        if futures:
            with _reached_the_scheduler():
                self.client.cancel(futures)

    def _no_longer_out(self, future: Any) -> Work:
        work = self._out.pop(future)
        self.outlook.came_back(work)
        return work

    def _count_workers(self) -> None:
        """Workers may come and go on a scheduler that is shared or grows; ours are started again.

        A scheduler of others may be without workers for long, as while their jobs wait.
        """
        now = self._now()
        if now - self._counted_at > _COUNT_EVERY_S:
            self._counted_at = now
            with _reached_the_scheduler():
                workers = self.client.scheduler_info(n_workers=-1)["workers"]
            self._most_workers = max(self._most_workers, len(workers))
            if len(workers) < self._most_workers:
                replenish(self.client)
            self.outlook.workers = max(1, len(workers))
            if workers or self.client.cluster is None:
                self._seen_at = now
            elif now - self._seen_at > WITHOUT_WORKERS_S:
                raise ClusterError(_DESERTED)


@contextmanager
def _reached_the_scheduler() -> Iterator[None]:
    """An error of the connection within the block means that the scheduler is gone."""
    try:
        yield
    except OSError as error:
        raise ClusterError(_VANISHED) from error


def _lost(error: BaseException) -> StepFailure:
    """What is known of a step whose worker did not come back."""
    message = (
        f"the worker was lost while it did this and nothing else ({type(error).__name__}): it may "
        "have run out of memory; run again, with fewer workers if it happens again"
    )
    return StepFailure(type(error).__name__, message)
