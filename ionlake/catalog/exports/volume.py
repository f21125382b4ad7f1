"""One number per grid point, ready for programs that know no gaps."""

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from ionlake.descriptors.scan_input import ScanInput, read_scan
from ionlake.errors import GridError, SettingsError
from ionlake.geometry import FloatArray
from ionlake.levels.folding import levels_in_cell
from ionlake.names import STATUS
from ionlake.structures.record import StructureRecord

QUANTITIES: Final = ("energy", "level", "status")


@dataclass(frozen=True, eq=False)
class Volume:
    """A periodic grid of numbers in a crystal.

    Attributes:
        crystal: The crystal.
        values: Numbers at fractional ``origin`` + i/n, the end point left out, no NaN, shape
            (n_a, n_b, n_c).
        origin: Fractional coordinates of the first point, shape (3,).
        title: What the numbers are, in one line, unit included.
    """

    crystal: StructureRecord
    values: FloatArray
    origin: FloatArray
    title: str

    def with_ends(self) -> FloatArray:
        """The values with the first plane repeated at the end of each axis."""
        return np.pad(self.values, (0, 1), mode="wrap")

    def at_origin(self, form: str) -> FloatArray:
        """The values, for formats that begin at the origin of the cell.

        Raises:
            GridError: The grid begins elsewhere.
        """
        if self.origin.any():
            raise GridError(
                f"the grid begins at {self.origin.tolist()}, expected the cell's origin: {form} has"
                " no place for that, write cube, xsf or netcdf"
            )
        return self.values


def make_volume(
    grid: xr.Dataset, what: str = "energy", ion: int | None = None, excluded: float | None = None
) -> Volume:
    """One quantity of a scan on its grid.

    Args:
        grid: A scan.
        what: ``energy``: eV above the ion's minimum. ``level``: what an ion must be given to come
            from its minimum to the point or one of its images, eV, each looked for within one
            lattice vector of the minimum. ``status``: how the point got its energy, the numbers of
            `ionlake.names.PointStatus`.
        ion: The mobile ion; by default the lowest energy or level of any ion.
        excluded: Energy of points that were not evaluated, eV; by default the highest of the ion,
            as in the paper.

    Raises:
        GridError: If the dataset is not a scan or has no such ion.
        SettingsError: If there is no such quantity, or status is asked for without an ion.
    """
    if what not in QUANTITIES:
        raise SettingsError(f"what is {what!r}; expected {', '.join(QUANTITIES)}")
    scan = read_scan(grid)
    n_ions = len(scan.site_indices)
    if ion is not None and not 0 <= ion < n_ions:
        raise GridError(f"mobile ion is {ion!r}; expected 0 to {n_ions - 1}: the scan has {n_ions}")
    if what == "status" and ion is None:
        if n_ions > 1:
            raise SettingsError(
                f"status is that of one ion and the scan has {n_ions}: choose by number"
            )
        ion = 0
    chosen = range(n_ions) if ion is None else [ion]
    if what == "status":
        values = grid[STATUS].values[ion].astype(np.float64)
    else:
        of_ions = (_values(scan, number, excluded, as_level=what == "level") for number in chosen)
        values = functools.reduce(np.minimum, of_ions)
    crystal = StructureRecord(scan.cell, np.array(grid.attrs["atomic_numbers"]), scan.positions)
    whose = "any mobile ion" if ion is None else f"mobile ion {ion}"
    title = f"{what}{'' if what == 'status' else ' in eV'} of {whose} in {crystal.formula}"
    origin = np.array(grid.attrs.get("origin_shift", (0.0, 0.0, 0.0)), dtype=np.float64)
    return Volume(crystal, values, origin, title)


def _values(scan: ScanInput, ion: int, excluded: float | None, *, as_level: bool) -> FloatArray:
    """Energies or levels of one ion, points that were not evaluated filled."""
    energy = np.asarray(scan.energy[ion].to_numpy(), dtype=np.float64)
    if as_level:
        return levels_in_cell(energy, scan.cell, scan.sites[ion], excluded)
    return np.where(np.isnan(energy), np.nanmax(energy) if excluded is None else excluded, energy)
