"""Numba compilation for kernels of floating-point sums."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at the first call, keep the machine code on disk, let sums be reordered."""
    kernel = numba.njit(cache=True, fastmath=True, error_model="numpy")(function)
    return cast("Function", kernel)
