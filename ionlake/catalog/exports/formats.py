"""Grids into files of other programs, by the name of the format."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import xarray as xr

from ionlake.catalog.exports.cif import path_cif
from ionlake.catalog.exports.cube import write_cube
from ionlake.catalog.exports.grd import grd_text
from ionlake.catalog.exports.netcdf import write_netcdf
from ionlake.catalog.exports.vasp import write_chgcar, write_locpot
from ionlake.catalog.exports.volume import Volume, make_volume
from ionlake.catalog.exports.xsf import xsf_text
from ionlake.descriptors.pathway_dataset import pathway
from ionlake.errors import SettingsError


def _text(make: Callable[[Volume], str]) -> Callable[[Path, Volume], None]:
    return lambda path, volume: _write_text(path, make(volume))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


VOLUME_FORMATS: Final[dict[str, Callable[[Path, Volume], None]]] = {
    "cube": write_cube,
    "xsf": _text(xsf_text),
    "grd": _text(grd_text),
    "locpot": write_locpot,
    "chgcar": write_chgcar,
}
FORMATS: Final = (*VOLUME_FORMATS, "netcdf", "cif")


def export_grid(
    path: Path,
    grid: xr.Dataset,
    form: str,
    *,
    what: str = "energy",
    ion: int | None = None,
    excluded: float | None = None,
) -> None:
    """Write a scan for another program.

    Args:
        path: The file.
        grid: A scan.
        form: One of ``FORMATS``: netcdf has the whole scan, cif the crystal with the path of the
            lowest percolation barrier as sites, the others one quantity of `make_volume`.
        what: The quantity.
        ion: The mobile ion; by default the lowest of any ion.
        excluded: Energy of points that were not evaluated, eV; by default the ion's highest.

    Raises:
        SettingsError: There is no such format or quantity.
        GridError: If the dataset is not a scan or has no such ion, or nothing percolates (cif).
    """
    if form == "netcdf":
        write_netcdf(path, grid)
    elif form == "cif":
        _write_text(path, path_cif(pathway(grid, mobile_ion=ion)))
    elif form in VOLUME_FORMATS:
        VOLUME_FORMATS[form](path, make_volume(grid, what, ion, excluded))
    else:
        raise SettingsError(f"format is {form!r}; expected {', '.join(FORMATS)}")
