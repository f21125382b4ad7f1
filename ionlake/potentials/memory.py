"""Batches that a device's memory holds: halved when it runs out."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from ionlake.errors import DeviceMemoryError
from ionlake.geometry import FloatArray


def free_bytes(device: str) -> int:
    """Memory of a GPU that nobody uses now, bytes.

    Args:
        device: ``cuda`` or ``cuda:N``.
    """
    return int(torch.cuda.mem_get_info(device)[0])


@dataclass(eq=False)
class Shortage:
    """How far batches have shrunk because a device's memory ran out.

    Attributes:
        divisor: They are so many times smaller than planned.
    """

    divisor: int = 1

    def shrink(self, planned: int, fewest: int = 1) -> int:
        """Size of a batch that was planned larger; never less than ``fewest``."""
        return max(fewest, planned // self.divisor)

    def evaluate(
        self, work: Callable[[slice], FloatArray], batch: slice, fewest: int = 1
    ) -> FloatArray:
        """Work on a batch, and where memory does not hold it, on one half after the other.

        Args:
            work: Gives one number for each item of a batch.
            batch: The batch.
            fewest: Fewer items than this take no less memory.

        Raises:
            DeviceMemoryError: The memory does not hold ``fewest`` items.
        """
        return self._halved(work, batch, fewest, self.divisor)

    def _halved(
        self, work: Callable[[slice], FloatArray], batch: slice, fewest: int, divisor: int
    ) -> FloatArray:
        with suppress(torch.OutOfMemoryError):  # what its frames held is let go of here
            return work(batch)
        torch.cuda.empty_cache()
        divisor *= 2
        self.divisor = max(self.divisor, divisor)
        count = batch.stop - batch.start
        if count <= fewest:
            raise DeviceMemoryError(
                f"the memory of the device does not hold {count} configurations of this crystal: "
                "use device cpu, or a GPU with more memory"
            )
        middle = batch.start + -(-count // 2)
        halves = slice(batch.start, middle), slice(middle, batch.stop)
        return np.concatenate([self._halved(work, half, fewest, divisor) for half in halves])
