"""Zarr's files before they go anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore


@contextmanager
def held_in_memory() -> Iterator[tuple[MemoryStore, dict[str, bytes]]]:
    """A Zarr store in memory, and after the block the files that were written to it.

    What goes to an object store is put together here, for Zarr itself would ask a store several
    times for each file before it writes it. The files are those it would write into a folder.

    Yields:
        The store, and contents by name, which are filled in when the block ends.
    """
    held: dict[str, Buffer] = {}
    written: dict[str, bytes] = {}
    yield MemoryStore(held), written
    written.update((name, buffer.to_bytes()) for name, buffer in held.items())
