"""The type of a row of descriptors."""

from typing import TypeAlias

Value: TypeAlias = float | bool | None
Row: TypeAlias = dict[str, Value]
