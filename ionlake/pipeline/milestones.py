"""How far a run has come after some time, if it works in the order of its plan. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

HOUR_S: Final = 3600.0
_SHARES: Final = (0.1, 0.25, 0.5, 1.0)
_ALIKE: Final = 0.02
_ROUNDING: Final = 1.0 + 1e-12


@dataclass(frozen=True)
class Milestone:
    """How far a run is after some time, in the order in which it works.

    Attributes:
        hours: Since its start.
        materials: Materials done by then.
        share: Part of the whole work.
        promise_share: Part of the crystals to be found promising that is found by then, as far as
            that can be foretold.
    """

    hours: float
    materials: int
    share: float
    promise_share: float


def milestones(
    seconds: Sequence[float], materials: Sequence[int], promises: Sequence[float]
) -> tuple[Milestone, ...]:
    """After an hour, if there is more than one to do, and after parts of the work.

    Args:
        seconds: Duration of each piece of work, in order, s.
        materials: Materials that it does.
        promises: Chance that it finds something promising.
    """
    if not seconds:
        return ()
    ends, counts, promised = (np.cumsum(each) for each in (seconds, materials, promises))
    found = []
    for share in _shares(HOUR_S / ends[-1]):
        done = int(np.searchsorted(ends, share * ends[-1] * _ROUNDING, "right"))
        found.append(
            Milestone(
                hours=float(share * ends[-1] / HOUR_S),
                materials=int(counts[done - 1]) if done else 0,
                share=float(share),
                promise_share=float(promised[done - 1] / promised[-1]) if done else 0.0,
            )
        )
    return tuple(found)


def _shares(first_hour: float) -> list[float]:
    """Parts of the work to look at; the first hour stands for a part that is nearly the same."""
    if first_hour >= 1.0:
        return list(_SHARES)
    return sorted([first_hour, *(each for each in _SHARES if abs(each - first_hour) > _ALIKE)])
