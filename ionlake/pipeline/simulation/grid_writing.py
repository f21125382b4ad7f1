"""Grids of a simulated run: some are written as large as real ones, all are counted."""

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from ionlake.lake.grids import write_grid
from ionlake.names import (
    BASE_ENERGY,
    ENERGY,
    GRID_DIMS,
    MINIMUM_ENERGY,
    MOBILE_ION,
    STATUS,
    PointStatus,
)
from ionlake.pes.grid import paper_shape
from ionlake.pipeline.cost import QuickSize

Shape = tuple[int, int, int, int]

_STAGED_BYTES: Final = 8
"""Of a point in the staging area, a float64 that hardly compresses."""

_DRAWN: Final = 2**22
"""Different energies; more than most grids have points."""


@dataclass
class GridWriting:
    """Writes one grid in so many and takes the time it needs; removes it again.

    Energies are random and do not compress; real ones do so little. The same random numbers serve
    for every grid.

    Attributes:
        spacing_ang: Spacing of the grids, Å.
        model: A grid whose attributes the others get.
        every: One grid in so many is written; 0 writes none.
        written: Number of grids written.
        written_points: Their grid points.
        written_bytes: Size of their files.
        seconds: Time that writing took, s.
        points: Grid points of all grids, written or not.
        staged_bytes: Size of all staged blocks before compression; none is written.
    """

    spacing_ang: float
    model: xr.Dataset
    every: int
    written: int = 0
    written_points: int = 0
    written_bytes: int = 0
    seconds: float = 0.0
    points: int = 0
    staged_bytes: int = 0
    _random: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Draw the energies."""
        self._random = np.random.default_rng(0).standard_normal(_DRAWN, dtype=np.float32)

    @property
    def all_bytes(self) -> float | None:
        """Size of all grids, as those written have it per point; None if none was written."""
        return self.points * self.written_bytes / self.written_points if self.written else None

    def shape_of(self, size: QuickSize) -> Shape:
        """Shape of the energies of a scan."""
        return size.n_ions, *paper_shape(size.structure.cell, self.spacing_ang)

    def count_block(self, n_points: int) -> None:
        """A block of points was staged."""
        self.staged_bytes += n_points * _STAGED_BYTES

    def write(self, scan_id: str, path: Path, shape: Shape) -> float:
        """Write a grid if it is one of those that are written.

        Returns:
            Seconds it took; none if it was not written.
        """
        n_points = int(np.prod(shape))
        self.points += n_points
        if not self.every or int(scan_id[:8], 16) % self.every:
            return 0.0
        grid = self._grid(shape)
        started = time.perf_counter()
        write_grid(path, grid)
        seconds = time.perf_counter() - started
        self.written += 1
        self.written_points += n_points
        self.written_bytes += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        self.seconds += seconds
        shutil.rmtree(path)
        return seconds

    def _grid(self, shape: Shape) -> xr.Dataset:
        energy = np.resize(self._random, shape)
        status = np.full(shape, PointStatus.EVALUATED, np.uint8)
        values = {
            ENERGY: (GRID_DIMS, energy),
            STATUS: (GRID_DIMS, status),
            MINIMUM_ENERGY: (MOBILE_ION, np.zeros(shape[0])),
            BASE_ENERGY: ((), np.float64(0.0)),
        }
        return xr.Dataset(values, attrs=self.model.attrs)
