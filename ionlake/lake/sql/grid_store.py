"""The grids of a release as SQL functions ask for them: by material, again and again."""

from collections import OrderedDict
from contextlib import closing
from pathlib import Path
from threading import RLock
from typing import Final

import xarray as xr

from ionlake.lake.grids import open_grid
from ionlake.lake.layout import LakeLayout

KEPT_BYTES: Final = 256 * 2**20
"""Grids of this size in all stay in memory."""


class GridStore:
    """Finds grids, loads them and keeps the last ones; may be shared by threads.

    It looks into the release by a connection of its own, which it closes: functions of a connection
    that hold on to that connection would keep it open for ever.

    Attributes:
        opened: How many grids were loaded so far.

    Args:
        layout: Paths of the lake.
        number: The release.
    """

    def __init__(self, layout: LakeLayout, number: int) -> None:
        self.opened = 0
        self._layout = layout
        self._number = number
        self._paths: dict[str, list[tuple[str, str]]] | None = None
        self._kept: OrderedDict[Path, xr.Dataset] = OrderedDict()
        self._lock = RLock()

    def locate(self, material_id: str, scan_id: str | None = None) -> Path:
        """Where the grid of a material lies.

        Args:
            material_id: The material.
            scan_id: One of its scans, needed where it has several.

        Raises:
            LakeError: The material is unknown, has no such grid, or has several that fit.
        """
        from ionlake.lake.lookup import find_grid
        from ionlake.lake.reader import ReleaseReader

        with self._lock:
            if self._paths is None:
                self._paths = self._read_paths()
        fitting = [
            path for scan, path in self._paths.get(material_id, ()) if scan_id in (None, scan)
        ]
        if len(fitting) == 1:
            return self._layout.resolve(fitting[0])
        with closing(ReleaseReader.bare(self._layout, self._number)) as release:
            return self._layout.resolve(find_grid(release, material_id, scan_id=scan_id))

    def grid(self, material_id: str, scan_id: str | None = None) -> xr.Dataset:
        """The grid of a material, in memory.

        Args:
            material_id: The material.
            scan_id: One of its scans, needed where it has several.

        Raises:
            LakeError: No such material, no such scan, several that fit, or a grid that is lost.
        """
        with self._lock:
            path = self.locate(material_id, scan_id)
            grid = self._kept.get(path)
            if grid is None:
                grid = self._kept[path] = open_grid(path).load()
                self.opened += 1
            self._kept.move_to_end(path)
            self._forget()
            return grid

    def _read_paths(self) -> dict[str, list[tuple[str, str]]]:
        """Scans and paths of all current grids by material."""
        from ionlake.lake.reader import ReleaseReader

        paths: dict[str, list[tuple[str, str]]] = {}
        with closing(ReleaseReader.bare(self._layout, self._number)) as release:
            for row in release.rows("SELECT material_id, scan_id, grid_path FROM grids"):
                paths.setdefault(row["material_id"], []).append((row["scan_id"], row["grid_path"]))
        return paths

    def _forget(self) -> None:
        size = sum(grid.nbytes for grid in self._kept.values())
        while size > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            size -= oldest.nbytes
