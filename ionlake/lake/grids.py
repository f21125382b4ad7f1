"""PES grids between xarray and Zarr.

One Zarr v3 group per scan, without coordinate arrays; nothing above it needs to be read. A chunk is
the grid of one mobile ion, or a slab of it where that is large; all chunks of an array share one
shard, hence one file. Numbers that were never written read as NaN; every chunk carries a checksum,
so a flipped bit is an error and not a number; metadata has none, but the scan's row holds a digest
of every file.
"""

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from zarr.codecs import Crc32cCodec, ZstdCodec

from ionlake import names
from ionlake.errors import GridError
from ionlake.lake.zarr_files import open_group, write_group
from ionlake.pes.dataset import with_coordinates

VARIABLES: Final[Mapping[str, tuple[tuple[str, ...], np.dtype[Any]]]] = {
    names.ENERGY: (names.GRID_DIMS, np.dtype(np.float32)),
    names.STATUS: (names.GRID_DIMS, np.dtype(np.uint8)),
    names.MINIMUM_ENERGY: ((names.MOBILE_ION,), np.dtype(np.float64)),
    names.BASE_ENERGY: ((), np.dtype(np.float64)),
}
LARGEST_CHUNK: Final = 2**20
ZSTD_LEVEL: Final = 3


def validate_grid(dataset: xr.Dataset) -> None:
    """Check that a dataset is a PES grid as `write_grid` stores it.

    Args:
        dataset: Variables as in `VARIABLES`; attributes that JSON can hold. Coordinates along its
            dimensions are allowed, they follow from the sizes.

    Raises:
        GridError: A variable is missing, unknown or of other dimensions or type, or an attribute
            would not survive.
    """
    if set(dataset.data_vars) != set(VARIABLES):
        raise GridError(
            f"a grid has the variables {sorted(map(str, dataset.data_vars))}, expected"
            f" {sorted(VARIABLES)}: make it with ionlake.scan or ionlake.dataset_from_energies"
        )
    for name, (dims, dtype) in VARIABLES.items():
        variable = dataset[name]
        if variable.dims != dims or variable.dtype != dtype:
            raise GridError(
                f"grid variable {name} has dimensions {variable.dims} and type {variable.dtype},"
                f" expected {dims} and {dtype}: transpose it or convert it with astype"
            )
    _check_attributes("the grid", dataset.attrs)
    for name in VARIABLES:
        _check_attributes(f"grid variable {name}", dataset[name].attrs)


def chunk_shape(shape: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Shape of a chunk: one ion's grid, cut into slabs along ``a`` where it is large.

    Args:
        shape: Number of ions and of points along a, b and c.
    """
    _, n_a, n_b, n_c = shape
    slab = min(n_a, max(1, LARGEST_CHUNK // (n_b * n_c)))
    pieces = -(-n_a // slab)
    return 1, -(-n_a // pieces), n_b, n_c


def write_grid(path: Path, dataset: xr.Dataset) -> str:
    """Write one grid as a new Zarr group.

    The group counts only once its scan is in the ledger: a half-written one is never read.

    Args:
        path: From `LakeLayout.grid`, with a fresh attempt; nothing is there yet.
        dataset: The grid, in memory.

    Returns:
        SHA-256 over the files written, for the scan's row: see `folder_sha256`.

    Raises:
        GridError: The dataset is not a grid (see `validate_grid`).
        LakeError: The group cannot be written, or is there already; or the store does not answer
            or refuses.
    """
    validate_grid(dataset)
    bare = dataset.drop_vars([str(name) for name in dataset.coords])
    return write_group(path, bare, _encoding(bare), "grid")


def open_grid(path: Path, *, consolidated: bool = True) -> xr.Dataset:
    """Open a stored grid; values are read when they are used.

    Args:
        path: A Zarr group written by `write_grid`.
        consolidated: See `ionlake.lake.zarr_files.open_group`.

    Returns:
        The grid with coordinates ``a``, ``b``, ``c`` (fractional, i/n) and ``mobile_ion``.

    Raises:
        LakeError: There is no such group, it cannot be read, or the store does not answer or
            refuses.
    """
    return with_coordinates(open_group(path, "grid", consolidated=consolidated))


def _encoding(dataset: xr.Dataset) -> dict[Hashable, dict[str, Any]]:
    return {name: _variable_encoding(dataset[name]) for name in dataset.data_vars}


def _variable_encoding(variable: xr.DataArray) -> dict[str, Any]:
    encoding: dict[str, Any] = {"compressors": (ZstdCodec(level=ZSTD_LEVEL), Crc32cCodec())}
    if variable.dtype.kind == "f":
        encoding["_FillValue"] = np.nan
        encoding["fill_value"] = np.nan
    if variable.dims == names.GRID_DIMS:
        ions, n_a, n_b, n_c = variable.shape
        chunk = chunk_shape((ions, n_a, n_b, n_c))
        encoding["chunks"] = chunk
        encoding["shards"] = (ions, -(-n_a // chunk[1]) * chunk[1], n_b, n_c)
    return encoding


def _check_attributes(owner: str, attributes: Mapping[Any, Any]) -> None:
    for name, value in attributes.items():
        try:
            same = json.loads(json.dumps(value, allow_nan=False)) == value
        except (TypeError, ValueError):
            same = False
        if not same or not isinstance(name, str):
            raise GridError(
                f"attribute {name!r} of {owner} is a {type(value).__name__}, expected strings,"
                " finite numbers, booleans, None, and lists or dicts of these: convert it (arrays"
                " by tolist())"
            )
