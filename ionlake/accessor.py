"""What a grid can be asked for, as ``grid.ionlake``: levels, volumes, values between points, ...

Every grid that ionlake gives has the accessor; for one that xarray opened itself, import this
module.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ionlake.errors import GridError
from ionlake.names import AXES, ENERGY, MOBILE_ION
from ionlake.pes.interpolation import interpolate

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from ionlake.levels.isosurface import Isosurface


@xr.register_dataset_accessor("ionlake")  # type: ignore[no-untyped-call]
class GridAccessor:
    """Methods of a PES grid."""

    def __init__(self, grid: xr.Dataset) -> None:
        self._grid = grid

    def levels(self) -> xr.Dataset:
        """Level maps: the least energy with which each ion reaches each point.

        Returns:
            ``level`` over the dimensions of the grid, eV, and the ``seed`` of each ion; see
            `ionlake.descriptors.level_maps.level_maps`.

        Raises:
            GridError: The dataset is not a scan.
        """
        from ionlake.descriptors.level_maps import level_maps

        return level_maps(self._grid)

    def free_volume(self, threshold_ev: float | Sequence[float]) -> xr.Dataset:
        """Share of the cell that some ion finds below a threshold, and that some ion reaches.

        Args:
            threshold_ev: One threshold or several, eV.

        Returns:
            ``disconnected`` and ``connected``, over ``threshold_ev`` if several are asked for; see
            `ionlake.descriptors.free_volume_at.free_volumes_at`.

        Raises:
            GridError: The dataset is not a scan.
        """
        from ionlake.descriptors.free_volume_at import free_volumes_at

        found = free_volumes_at(self._grid, np.atleast_1d(threshold_ev).tolist())
        return found.isel(threshold_ev=0) if np.ndim(threshold_ev) == 0 else found

    def interpolate(self, points: Sequence[Sequence[float]] | np.ndarray) -> xr.DataArray:
        """Energies between the points of the grid, which repeats with the cell.

        Args:
            points: Fractional coordinates, in any cell, shape (points, 3).

        Returns:
            Energies in eV over ``mobile_ion`` and ``point``, trilinear; NaN where a grid point
            around was not evaluated. Coordinates ``a``, ``b`` and ``c`` are those of the points.

        Raises:
            GridError: The points are not triples.
        """
        places = np.asarray(points, dtype=np.float64)
        energy = self._grid[ENERGY]
        values = np.array([interpolate(ion.to_numpy(), places) for ion in energy])
        return xr.DataArray(
            values.reshape(len(energy), len(places)),
            dims=(MOBILE_ION, "point"),
            coords={
                MOBILE_ION: energy[MOBILE_ION],
                **{axis: ("point", places[:, k], {"units": "1"}) for k, axis in enumerate(AXES)},
            },
            name=ENERGY,
            attrs=energy.attrs,
        )

    def isosurface(self, level_ev: float, *, refine: int = 1) -> "Isosurface":
        """Surface around what all ions together visit below a level.

        Args:
            level_ev: Level in eV above the minimum of each ion.
            refine: Points per grid point along each axis, between them periodic cubic splines.

        Returns:
            Triangles in Å; see `ionlake.levels.isosurface.isosurface`.

        Raises:
            GridError: The dataset is not a scan, or was screened at a lower energy.
            MissingExtraError: scikit-image is not installed.
        """
        from ionlake.descriptors.material_levels import material_levels
        from ionlake.levels.isosurface import isosurface

        cell = np.array(self._grid.attrs["cell"], dtype=np.float64)
        return isosurface(material_levels(self._grid, level_ev), level_ev, cell, refine=refine)

    def pathway(self, dimension: int = 1, *, mobile_ion: int | None = None) -> xr.Dataset:
        """The path with which an ion percolates in so many dimensions.

        Args:
            dimension: 1, 2 or 3.
            mobile_ion: The ion; by default the first of those with the lowest barrier.

        Returns:
            Points, energies and the bottleneck; see
            `ionlake.descriptors.pathway_dataset.pathway`.

        Raises:
            GridError: The dataset is not a scan or has no such ion, or nothing percolates.
        """
        from ionlake.descriptors.pathway_dataset import pathway

        return pathway(self._grid, dimension, mobile_ion=mobile_ion)

    def to_structure(self) -> "Structure":
        """The crystal of the scan as a pymatgen ``Structure``, mobile ions marked.

        Returns:
            The scanned cell with every ion at its site; the site property ``mobile_ion`` has the
            number of each mobile ion, None for the framework.

        Raises:
            GridError: The dataset does not say which crystal it is of.
        """
        from pymatgen.core import Structure

        attributes = self._grid.attrs
        wanted = ("cell", "symbols", "fractional_positions", "mobile_site_indices")
        if missing := [name for name in wanted if name not in attributes]:
            raise GridError(
                f"the dataset has no attributes {', '.join(missing)}: keep the attributes of the"
                " scan (xarray: keep_attrs=True)"
            )
        numbers = {site: ion for ion, site in enumerate(attributes["mobile_site_indices"])}
        symbols = attributes["symbols"]
        return Structure(
            attributes["cell"],
            symbols,
            attributes["fractional_positions"],
            site_properties={MOBILE_ION: [numbers.get(site) for site in range(len(symbols))]},
        )
