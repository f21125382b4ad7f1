"""netCDF files of whole scans."""

import json
from pathlib import Path
from typing import Any

import xarray as xr


def write_netcdf(path: Path, grid: xr.Dataset) -> None:
    """A netCDF-3 file (64-bit offsets) of a scan: all ions, NaN where not evaluated.

    Attributes that netCDF cannot hold (lists, dictionaries, none, truth values) are JSON texts.

    Args:
        path: The file.
        grid: A scan.
    """
    plain = grid.copy()
    plain.attrs = {name: _plain(value) for name, value in grid.attrs.items()}
    for variable in plain.variables.values():
        variable.attrs = {name: _plain(value) for name, value in variable.attrs.items()}
        variable.encoding.clear()  # of the store it came from
    plain["status"] = plain.status.astype("int8")  # netCDF-3 has no unsigned bytes
    plain.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


def _plain(value: Any) -> str | int | float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    return json.dumps(value, ensure_ascii=False)
