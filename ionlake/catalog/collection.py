"""Many grids at once, opened when they are looked at."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import xarray as xr

from ionlake.lake.grids import open_grid
from ionlake.names import MOBILE_ION

_CHUNKS: Final = {MOBILE_ION: 1}


class GridCollection(Mapping[str, xr.Dataset]):
    """The grids of some materials by material_id; each is opened when it is asked for.

    A mapping and not one dataset or tree: grids differ in shape, so that there are no common
    dimensions, and a tree would open all of them first. Values are Dask arrays with a chunk for
    each mobile ion, so that ``dask.compute`` works on many grids in one pass.

    Args:
        paths: Where the grids lie, by material_id.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = dict(paths)

    def __getitem__(self, material_id: str) -> xr.Dataset:
        return open_grid(self._paths[material_id]).chunk(_CHUNKS)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        shown = ", ".join(list(self._paths)[:4])
        return f"GridCollection of {len(self)}: {shown}{', ...' if len(self) > 4 else ''}"
