"""Memory that every batch uses again.

Large tensors made anew for every batch cost more than the arithmetic on them: the system hands out
their pages one by one.
"""

import math
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True, eq=False)
class Scratch:
    """Tensors by name, grown when needed; not for use by two threads at once.

    Attributes:
        device: Where they live.
        dtype: Their floating-point type.
    """

    device: str
    dtype: torch.dtype
    _tensors: dict[str, torch.Tensor] = field(default_factory=dict)

    def take(self, name: str, *shape: int) -> torch.Tensor:
        """A tensor of this shape; what it holds is whatever its last user left."""
        size = math.prod(shape)
        if name not in self._tensors or self._tensors[name].numel() < size:
            self._tensors[name] = torch.empty(size, device=self.device, dtype=self.dtype)
        return self._tensors[name][:size].view(shape)
