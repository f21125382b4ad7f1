"""Zarr groups of a lake, wherever it lies: put together in memory, then written file by file."""

import warnings
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import xarray as xr
from zarr.core.buffer import Buffer
from zarr.errors import ZarrUserWarning
from zarr.storage import MemoryStore

from ionlake.errors import LakeError, StoreError
from ionlake.lake import files, objects
from ionlake.lake.digests import names_sha256
from ionlake.lake.location import is_remote


def write_group(
    path: Path, dataset: xr.Dataset, encoding: Mapping[Hashable, dict[str, Any]], what: str
) -> str:
    """Write a dataset as a new Zarr group.

    Its metadata is consolidated, so that one file says all that opening it needs.

    Args:
        path: Where nothing is yet.
        dataset: In memory.
        encoding: Of its variables, as xarray takes it.
        what: What it is, for messages.

    Returns:
        SHA-256 over the files written: see `folder_sha256`.

    Raises:
        LakeError: It cannot be written, or is there already; or the store does not answer or
            refuses.
    """
    with held_in_memory() as (store, written), warnings.catch_warnings():
        # Not in Zarr's specification yet: readers that do not know it read each array's own.
        warnings.filterwarnings("ignore", "Consolidated metadata", ZarrUserWarning)
        dataset.to_zarr(store, mode="w-", zarr_format=3, consolidated=True, encoding=encoding)
    try:
        files.write_tree(path, written)
    except FileExistsError as error:
        raise LakeError(f"{path} exists already: write under a fresh attempt") from error
    except OSError as error:
        raise LakeError(
            f"the {what} {path} cannot be written ({error.strerror}): check space and permissions"
        ) from error
    return names_sha256((name, sha256(data).hexdigest()) for name, data in written.items())


def open_group(path: Path, what: str, *, consolidated: bool = True) -> xr.Dataset:
    """Open a Zarr group; values are read when they are used.

    Args:
        path: From `write_group`.
        what: What it is, for messages.
        consolidated: Take all metadata from one file if it is there; if not, or where older
            versions of ionlake wrote the group, every array's own is read.

    Raises:
        LakeError: There is no such group, it cannot be read, or the store does not answer or
            refuses.
    """
    where = objects.zarr_arguments(path) if is_remote(path) else {"store": path}
    try:
        with objects.read_through(path):
            stored = _opened(where, consolidated=consolidated)
    except StoreError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise LakeError(
            f"the {what} {path} cannot be opened ({type(error).__name__}): the lake has lost it or"
            " was copied without it: restore the folder from a copy"
        ) from error
    return stored


def _opened(where: dict[str, Any], *, consolidated: bool) -> xr.Dataset:
    try:
        stored: xr.Dataset = xr.open_zarr(
            **where, chunks=None, consolidated=consolidated, zarr_format=3
        )
    except ValueError:
        if not consolidated:
            raise
        return _opened(where, consolidated=False)
    return stored


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
