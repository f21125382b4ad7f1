"""Energies in progress: blocks of the irreducible points of an ion, until their scan is committed.

A staged array counts only once the ledger has a row for it, and the row says how many energies it
has: what a killed worker left behind is never read.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from ionlake.errors import GridError, LakeError, StoreError
from ionlake.geometry import FloatArray
from ionlake.lake import files, objects
from ionlake.lake.location import is_remote
from ionlake.lake.zarr_files import held_in_memory

CHUNK: Final = 4096
_SKIPPED: Final = np.inf
"""How an energy that screening skipped is stored; NaN is what was never written."""


def write_block(path: Path, energies: FloatArray) -> None:
    """Write the energies of one block of points as a new array.

    Args:
        path: From `LakeLayout.staged_block`, with a fresh attempt.
        energies: Total energies in eV at consecutive irreducible points, shape (n,), NaN where
            screening skipped the point.

    Raises:
        GridError: Not one row of float64 numbers, some of them infinite, or none a number.
        LakeError: The array cannot be written, or the store does not answer or refuses.
    """
    odd = np.isinf(energies).any() or np.isnan(energies).all()
    if energies.ndim != 1 or energies.dtype != np.float64 or odd:
        raise GridError(
            f"staged energies have shape {energies.shape} and type {energies.dtype}, hold infinite"
            " ones or no number; expected float64 numbers of shape (n,), NaN where skipped: check"
            " the potential"
        )
    with held_in_memory() as (store, written):
        array = zarr.create_array(
            store,
            shape=energies.shape,
            dtype=energies.dtype,
            chunks=(CHUNK,),
            fill_value=np.nan,
            compressors=(ZstdCodec(), Crc32cCodec()),
            zarr_format=3,
        )
        array[:] = np.where(np.isnan(energies), _SKIPPED, energies)
    try:
        files.write_tree(path, written)
    except OSError as error:
        raise LakeError(
            f"staged energies cannot be written to {path} ({error.strerror}):"
            " check space and permissions"
        ) from error


def read_block(path: Path, n_energies: int) -> FloatArray:
    """Read the energies of one block of points.

    Args:
        path: The array.
        n_energies: Number of energies, as the ledger says.

    Returns:
        Total energies in eV, shape (n_energies,), NaN where screening skipped the point.

    Raises:
        LakeError: The array is missing, damaged or of another length, or the store does not
            answer or refuses.
    """
    where = objects.zarr_arguments(path) if is_remote(path) else {"store": path}
    try:
        with objects.read_through(path):
            array = zarr.open_array(**where, mode="r", zarr_format=3)
            energies = np.asarray(array[:], dtype=np.float64)
    except StoreError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise LakeError(
            f"staged energies {path} cannot be read ({type(error).__name__}): compute the block"
            " again"
        ) from error
    if energies.shape != (n_energies,) or np.isnan(energies).any():
        raise LakeError(
            f"staged energies {path} hold {(~np.isnan(energies)).sum()} numbers, expected"
            f" {n_energies}: compute the block again"
        )
    energies[energies == _SKIPPED] = np.nan
    return energies


def remove_staging(folder: Path) -> None:
    """Remove the staged energies of a scan, after its row is committed; nothing there is fine."""
    if not is_remote(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    with suppress(LakeError):
        objects.remove_tree(folder)
