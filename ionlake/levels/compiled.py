"""Numba compilation that keeps a function's static type."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a numerical kernel at its first call and keep the machine code on disk."""
    return cast("Function", numba.njit(cache=True)(function))
