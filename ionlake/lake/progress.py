"""How long work on a lake tells about itself."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done and how many there are."""

Item = TypeVar("Item")


def unfollowed(_what: str, _done: int, _total: int) -> None:
    """Nobody follows."""


def followed(progress: Progress, what: str, items: Sequence[Item]) -> Iterator[Item]:
    """The items, one after the other, told to whoever follows."""
    for done, item in enumerate(items):
        progress(what, done, len(items))
        yield item
    if items:
        progress(what, len(items), len(items))
