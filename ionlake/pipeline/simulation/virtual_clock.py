"""Virtual time: real time without the waiting."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ionlake.pipeline.clock import Clock


class Events(Protocol):
    """What happens by itself as time goes on."""

    def next_at(self) -> float:
        """When something happens next; infinite if nothing will."""

    def happen(self, until: float) -> None:
        """Let everything happen that does until then."""


class VirtualClock(Clock):
    """What the run itself does takes the time it takes; waits are skipped to what ends them.

    While a thread beside the run is at work, waits last as long as they would, so that it gets the
    time of this machine that it would get.

    Attributes:
        events: What happens meanwhile; to be set before the first wait.
        busy_s: Time in which the run was at work and did not wait, s.
        beside_s: Real time of each piece of work of threads beside the run, s.
    """

    def __init__(self) -> None:
        self.events: Events
        self.busy_s = 0.0
        self.beside_s: list[float] = []
        self._ahead_s = 0.0
        self._busy_since: float | None = None
        self._beside = 0
        self._changed = threading.Condition()

    def now(self) -> float:
        """Virtual seconds since some moment."""
        return time.perf_counter() + self._ahead_s

    def next_from(self, results: SimpleQueue[Any], timeout_s: float) -> Any:
        """Go on to the moment at which the next result is there, and take it.

        Raises:
            queue.Empty: None will come in this time.
        """
        until = self._stop_work() + timeout_s
        try:
            self.events.happen(self.now())
            while results.empty():
                if self.now() >= until:
                    raise Empty
                self._pass(min(self.events.next_at(), until))
                self.events.happen(self.now())
            return results.get_nowait()
        finally:
            self._busy_since = self.now()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A thread beside the run is at work."""
        started = time.perf_counter()
        with self._changed:
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()
            self.beside_s.append(time.perf_counter() - started)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """What this thread does in the block takes no virtual time: workers would do it."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._ahead_s -= time.perf_counter() - started

    def _stop_work(self) -> float:
        now = self.now()
        if self._busy_since is not None:
            self.busy_s += now - self._busy_since
        return now

    def _pass(self, until: float) -> None:
        with self._changed:
            while self._beside and (left := until - self.now()) > 0:
                self._changed.wait(left)
        self._ahead_s += max(0.0, until - self.now())
