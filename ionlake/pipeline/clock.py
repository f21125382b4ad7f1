"""Time as a run sees it: that of the machine, or that of a simulation."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any


class Clock:
    """The machine's clock. A simulation puts another in its place."""

    def now(self) -> float:
        """Seconds since some moment; it never goes back."""
        return time.monotonic()

    def next_from(self, results: SimpleQueue[Any], timeout_s: float) -> Any:
        """Wait for the next result and take it.

        Args:
            results: Where results arrive.
            timeout_s: So long at most, s.

        Raises:
            queue.Empty: None came in this time.
        """
        return results.get(timeout=timeout_s)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """In this block a thread beside the run is at work, of which no time may be left out."""
        yield
