"""Pieces of work on their way to the workers, and how much of it is left."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ionlake.pipeline.blocks import (
    BLOCK_SECONDS,
    BUNDLE_SECONDS,
    SHORTEST_BLOCK_SECONDS,
    SHORTEST_BUNDLE_SECONDS,
    SHORTEST_LARGE_SECONDS,
    task_seconds,
)
from ionlake.pipeline.report import Reporter

_MEMORY: Final = 0.95
_TRUST_S: Final = 20.0
_FASTEST, _SLOWEST = 0.02, 20.0


class Owner(Protocol):
    """Materials under way: they know what to do with a result."""

    ended: bool
    """Whether nothing that is still out matters any more."""

    @property
    def label(self) -> str:
        """What is worked on, for Dask's dashboard."""

    def take(self, result: Any, outlook: "Outlook") -> "list[Work]":
        """Take in the result of one piece of work; returns what is to be done next."""

    def divide(self, work: "Work") -> "list[Work]":
        """Work whose worker was lost, in the parts that one material each is to blame for."""


@dataclass(frozen=True, eq=False)
class Work:
    """One task for a worker.

    Attributes:
        owner: Who takes the result.
        step: From `ionlake.pipeline.steps`.
        args: Its arguments.
        seconds: Core-seconds it takes, as predicted.
        leads_to_s: Core-seconds of the work that its result will release, as predicted.
        alone: Whether nothing else may be at work meanwhile: if its worker is lost again, it is
            to blame.
    """

    owner: Owner
    step: Callable[..., Any]
    args: tuple[Any, ...]
    seconds: float
    leads_to_s: float = 0.0
    alone: bool = False

    @property
    def seconds_ahead(self) -> float:
        """Core-seconds of itself or of what follows, whichever is more."""
        return max(self.seconds, self.leads_to_s)


@dataclass
class Outlook:
    """What is left to do as far as it can be predicted, and how predictions have held.

    The factor between measured and predicted times corrects the sizes of tasks on machines, and
    for potentials, that the cost model was not fitted on. It never touches results.

    Attributes:
        reporter: Who follows the run.
        workers: Number of workers.
        remaining_s: Core-seconds left, as predicted.
        out_s: Core-seconds of the work that is out, part of ``remaining_s``.
        ahead_s: Core-seconds of the work that is out or follows from it.
    """

    reporter: Reporter
    workers: int = 1
    remaining_s: float = 0.0
    out_s: float = 0.0
    ahead_s: float = 0.0
    _n_out: int = field(default=0, repr=False)
    _predicted_s: float = field(default=_TRUST_S, repr=False)
    _measured_s: float = field(default=_TRUST_S, repr=False)

    @property
    def factor(self) -> float:
        """Measured time of late over predicted time."""
        return min(_SLOWEST, max(_FASTEST, self._measured_s / self._predicted_s))

    @property
    def block_s(self) -> float:
        """Predicted time a block of a large scan should have now."""
        return self._task_s(BLOCK_SECONDS, SHORTEST_BLOCK_SECONDS)

    @property
    def bundle_s(self) -> float:
        """Predicted time a bundle of small materials should have now."""
        return self._task_s(BUNDLE_SECONDS, SHORTEST_BUNDLE_SECONDS)

    @property
    def large_s(self) -> float:
        """Predicted time above which a material is cut into blocks now."""
        return self._task_s(BUNDLE_SECONDS, SHORTEST_LARGE_SECONDS)

    def sent(self, work: Work) -> None:
        """A piece of work went out."""
        self._count(work, 1)

    def came_back(self, work: Work) -> None:
        """A piece of work is no longer out."""
        self._count(work, -1)
        if not self._n_out:  # of what was added up and taken off again, rounding errors are left
            self.out_s = self.ahead_s = 0.0

    def expect(self, seconds: float) -> None:
        """More work was found, or less (negative)."""
        self.remaining_s = max(0.0, self.remaining_s + seconds)
        self.reporter.work_added(seconds)

    def skip(self, seconds: float) -> None:
        """Expected work turned out to be done already."""
        self.remaining_s = max(0.0, self.remaining_s - seconds)
        self.reporter.energies_done(0, seconds)

    def done(self, seconds: float, measured_s: float, n_energies: int) -> None:
        """Expected work was done.

        Args:
            seconds: Its predicted time.
            measured_s: Its measured time.
            n_energies: Energies the potential was asked for.
        """
        self.remaining_s = max(0.0, self.remaining_s - seconds)
        self._predicted_s = _MEMORY * self._predicted_s + seconds
        self._measured_s = _MEMORY * self._measured_s + measured_s
        self.reporter.energies_done(n_energies, seconds)

    def _count(self, work: Work, sign: int) -> None:
        self._n_out += sign
        self.out_s += sign * work.seconds
        self.ahead_s += sign * work.seconds_ahead

    def _task_s(self, longest: float, shortest: float) -> float:
        factor = self.factor
        left = max(0.0, self.remaining_s - self.out_s) * factor
        return task_seconds(left, self.workers, longest, shortest) / factor
