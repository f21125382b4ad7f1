"""Releases on the way: made beside a run, which takes in results meanwhile."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Self

from ionlake.catalog.publish import publish
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.pipeline.clock import Clock

PUBLISH_EVERY_S: Final = 900.0
"""A long run publishes what it has this often, so that a ranking exists early."""


class Publisher:
    """Publishes now and then, in a thread of its own, what the ledger holds by then.

    A context manager, for the writer of a lake: at its end no release is under way. The last
    release of a run is the run's own to publish, afterwards.

    Args:
        layout: Paths of the lake.
        clock: What tells the time.
        every_s: Time between releases, s; `PUBLISH_EVERY_S` by default.
    """

    def __init__(
        self, layout: LakeLayout, clock: Clock | None = None, every_s: float | None = None
    ) -> None:
        self._layout = layout
        self._clock = clock or Clock()
        self._every_s = PUBLISH_EVERY_S if every_s is None else every_s
        self._thread = ThreadPoolExecutor(1, "publisher")
        self._under_way: Future[Any] | None = None
        self._began = self._clock.now()

    def now_and_then(self) -> None:
        """Begin a release if it is time and none is under way.

        Raises:
            LakeError: The one before could not be written.
        """
        if self._under_way is not None and self._under_way.done():
            under_way, self._under_way = self._under_way, None
            under_way.result()
        if self._under_way is None and self._clock.now() - self._began > self._every_s:
            self._began = self._clock.now()
            self._under_way = self._thread.submit(self._publish)

    def _publish(self) -> None:
        # A thread needs a connection of its own.
        with self._clock.at_work(), Ledger.open_read_only(self._layout.ledger) as ledger:
            publish(self._layout, ledger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
