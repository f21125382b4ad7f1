"""Energies in progress: blocks of the irreducible points of an ion, until their scan is committed.

A staged array counts only once the ledger has a row for it, and the row says how many energies it
has: what a killed worker left behind is never read.
"""

import shutil
from pathlib import Path
from typing import Final

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec

from ionlake.errors import GridError, LakeError
from ionlake.geometry import FloatArray

CHUNK: Final = 4096


def write_block(path: Path, energies: FloatArray) -> None:
    """Write the energies of one block of points as a new array.

    Args:
        path: From `LakeLayout.staged_block`, with a fresh attempt.
        energies: Total energies in eV at consecutive irreducible points, shape (n,).

    Raises:
        GridError: Not one row of finite float64 numbers.
        LakeError: The array cannot be written.
    """
    if energies.ndim != 1 or energies.dtype != np.float64 or not np.isfinite(energies).all():
        raise GridError(
            f"staged energies have shape {energies.shape} and type {energies.dtype}, or hold NaN;"
            " expected finite float64 numbers of shape (n,): pass evaluated points only"
        )
    try:
        array = zarr.create_array(
            path,
            shape=energies.shape,
            dtype=energies.dtype,
            chunks=(CHUNK,),
            fill_value=np.nan,
            compressors=(ZstdCodec(), Crc32cCodec()),
            zarr_format=3,
        )
        array[:] = energies
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
        Total energies in eV, shape (n_energies,).

    Raises:
        LakeError: The array is missing, damaged or of another length.
    """
    try:
        energies = np.asarray(zarr.open_array(path, mode="r", zarr_format=3)[:], dtype=np.float64)
    except (OSError, ValueError, RuntimeError) as error:
        raise LakeError(
            f"staged energies {path} cannot be read ({type(error).__name__}): compute the block"
            " again"
        ) from error
    if energies.shape != (n_energies,) or not np.isfinite(energies).all():
        raise LakeError(
            f"staged energies {path} hold {np.isfinite(energies).sum()} numbers, expected"
            f" {n_energies}: compute the block again"
        )
    return energies


def remove_staging(folder: Path) -> None:
    """Remove the staged energies of a scan, after its row is committed; nothing there is fine."""
    shutil.rmtree(folder, ignore_errors=True)
