"""Zarr's files before they go anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore


@contextmanager
def held_in_memory() -> Iterator[tuple[MemoryStore, dict[str, bytes]]]:
    """A Zarr store in memory, and after the block the files that were written to it.

    They are those it would write itself, file by file and asking for each several times whether it
    is there: from here they take a third of the time into a folder, and one request each into an
    object store.

    Yields:
        The store, and contents by name, which are filled in when the block ends.
    """
    held: dict[str, Buffer] = {}
    written: dict[str, bytes] = {}
    yield MemoryStore(held), written
    written.update((name, buffer.to_bytes()) for name, buffer in held.items())
