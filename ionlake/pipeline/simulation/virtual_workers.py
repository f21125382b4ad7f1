"""Workers in virtual time, behind as much of a Dask client as a run needs."""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final

from ionlake.pipeline.simulation.virtual_clock import VirtualClock

Work = Callable[[Callable[..., Any], tuple[Any, ...]], tuple[float, Any]]
"""Takes a step and its arguments; gives the seconds it would take and its result."""

SCHEDULER_S: Final = 1.2e-3
"""Time of Dask's scheduler for one message of a task, s: measured with 512 workers, half as long
with 64, by `tests/benchmarks/dask_overhead.py`."""

LATENCY_S: Final = 10e-3
"""Time from a worker's being free to its next task beside that, s: messages, unpacking."""


@dataclass(eq=False)
class VirtualFuture:
    """A task that was sent.

    Attributes:
        step: What is to be done.
        args: Its arguments.
        sent_at: When it reaches the scheduler.
        ended_at: When its worker is done.
        answer: Its result as it travels back.
        callback: Called when the result is there.
    """

    step: Callable[..., Any]
    args: tuple[Any, ...]
    sent_at: float
    ended_at: float = float("inf")
    answer: bytes = b""
    callback: Callable[[Any], object] = lambda _future: None
    _read: Callable[["VirtualFuture"], Any] | None = None

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        """Call so when the result is there."""
        self.callback = callback

    def result(self) -> Any:
        """The result."""
        return None if self._read is None else self._read(self)

    def cancelled(self) -> bool:
        """Never."""
        return False

    def exception(self) -> None:
        """None: virtual workers are not lost."""


@dataclass
class Record:
    """What the workers have done.

    Attributes:
        tasks: Tasks that ended.
        compute_s: Time of all workers at tasks, s.
        scheduler_s: Time of the scheduler, s.
        sent_bytes: Size of all tasks as they travelled.
        received_bytes: Size of all results as they travelled.
        longest_wait_s: Longest time from the end of a task to the moment the run took its result.
        full_until: Last moment at which all workers had work; the start if they never had.
        idle_after_full_s: Time without work of all workers after that moment, s.
        ended_at: When the last task ended.
    """

    tasks: int = 0
    compute_s: float = 0.0
    scheduler_s: float = 0.0
    sent_bytes: int = 0
    received_bytes: int = 0
    longest_wait_s: float = 0.0
    full_until: float = 0.0
    idle_after_full_s: float = 0.0
    ended_at: float = 0.0


@dataclass
class VirtualWorkers:
    """Workers of one thread each; whoever is free takes the waiting task of highest priority.

    Dask hands most tasks out at once and lets idle workers steal them back, which comes to nearly
    the same as long as tasks take longer than messages. Every task goes through one scheduler that
    takes its time for each message.

    Attributes:
        clock: Virtual time.
        n_workers: Their number.
        work: What they do.
    """

    clock: VirtualClock
    n_workers: int
    work: Work
    record: Record = field(default_factory=Record)
    status: str = "running"
    cluster: None = None
    dashboard_link: None = None
    _idle: int = 0
    _count: int = 0
    _waiting: list[tuple[int, int, VirtualFuture]] = field(default_factory=list)
    _working: list[tuple[float, int, VirtualFuture]] = field(default_factory=list)
    _scheduler_free_at: float = 0.0
    _idle_since: float = 0.0

    def __post_init__(self) -> None:
        """All are idle."""
        self._idle = self.n_workers
        self._idle_since = self.record.full_until = self.clock.now()

    def scheduler_info(self, n_workers: int = -1) -> dict[str, Any]:
        """The workers, as Dask's scheduler tells."""
        del n_workers
        return {"workers": dict.fromkeys(range(self.n_workers))}

    def submit(
        self,
        attempt: Callable[..., Any],
        step: Callable[..., Any],
        *args: Any,
        priority: int = 0,
        **_options: Any,
    ) -> VirtualFuture:
        """Send a task."""
        del attempt
        self.happen(self.clock.now())
        self.record.sent_bytes += len(pickle.dumps((step, args)))
        reached_at = self._through_scheduler(self.clock.now())
        future = VirtualFuture(step, args, reached_at, _read=self._read)
        self._count += 1
        heappush(self._waiting, (-priority, self._count, future))
        if self._idle:
            self._begin(future.sent_at)
        return future

    def cancel(self, _futures: Iterable[VirtualFuture]) -> None:
        """Nothing: what is at work ends, and whoever waits for it no longer looks."""

    def next_at(self) -> float:
        """When the next task ends."""
        return self._working[0][0] if self._working else float("inf")

    def happen(self, until: float) -> None:
        """End every task that ends until then; its worker goes on with the next."""
        while self._working and self._working[0][0] <= until:
            ended_at, _, future = heappop(self._working)
            self.record.tasks += 1
            self.record.ended_at = max(self.record.ended_at, ended_at)
            self._set_idle(self._idle + 1, ended_at)
            free_at = self._through_scheduler(ended_at)
            if self._waiting:
                self._begin(free_at)
            future.callback(future)

    def _begin(self, at: float) -> None:
        """A free worker takes the next task."""
        _, _, future = heappop(self._waiting)
        begins_at = max(at, future.sent_at) + LATENCY_S
        with self.clock.standing_still():
            seconds, result = self.work(future.step, future.args)
            future.answer = pickle.dumps(result)
        self.record.compute_s += seconds
        self.record.received_bytes += len(future.answer)
        future.ended_at = begins_at + seconds
        heappush(self._working, (future.ended_at, self._count, future))
        self._count += 1
        self._set_idle(self._idle - 1, begins_at)

    def _through_scheduler(self, at: float) -> float:
        self._scheduler_free_at = max(self._scheduler_free_at, at) + SCHEDULER_S
        self.record.scheduler_s += SCHEDULER_S
        return self._scheduler_free_at

    def _set_idle(self, count: int, at: float) -> None:
        record = self.record
        if self._idle == 0:
            record.full_until, record.idle_after_full_s = at, 0.0
        else:
            record.idle_after_full_s += self._idle * max(0.0, at - self._idle_since)
        self._idle, self._idle_since = count, at

    def _read(self, future: VirtualFuture) -> Any:
        waited = self.clock.now() - future.ended_at
        self.record.longest_wait_s = max(self.record.longest_wait_s, waited)
        return pickle.loads(future.answer)  # noqa: S301 - our own
