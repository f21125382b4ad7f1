"""The grids of a release as SQL functions ask for them: by material, again and again."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Final

import xarray as xr

from ionlake.lake.grids import open_grid

KEPT_BYTES: Final = 256 * 2**20
"""Grids of this size in all stay in memory."""

Locate = Callable[[str, str | None], Path]
"""From a material, and a scan of it where it has several, to its grid."""


class GridStore:
    """Opens grids, loads them and keeps the last ones; may be shared by threads.

    Attributes:
        opened: How many grids were opened so far.
    """

    def __init__(self, locate: Locate) -> None:
        self.opened = 0
        self._locate = locate
        self._kept: OrderedDict[Path, xr.Dataset] = OrderedDict()
        self._lock = RLock()

    def grid(self, material_id: str, scan_id: str | None = None) -> xr.Dataset:
        """The grid of a material, in memory.

        Args:
            material_id: The material.
            scan_id: One of its scans, needed where it has several.

        Raises:
            LakeError: No such material, no such scan, several that fit, or a grid that is lost.
        """
        with self._lock:
            path = self._locate(material_id, scan_id)
            grid = self._kept.get(path)
            if grid is None:
                grid = self._kept[path] = open_grid(path).load()
                self.opened += 1
            self._kept.move_to_end(path)
            self._forget()
            return grid

    def _forget(self) -> None:
        size = sum(grid.nbytes for grid in self._kept.values())
        while size > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            size -= oldest.nbytes
