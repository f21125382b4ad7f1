"""Reading and checking the dataset of a scan before anything is computed from it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from ionlake.errors import GridError
from ionlake.geometry import FloatArray, volume
from ionlake.names import ENERGY, GRID_DIMS

ZERO_TOLERANCE_EV = 1e-4
FLAT_CELL_A3 = 1e-6


@dataclass(frozen=True, eq=False)
class ScanInput:
    """The checked parts of a scan that descriptors need.

    Attributes:
        energy: Energies in eV, dims (mobile_ion, a, b, c), loaded ion by ion.
        cell: Lattice vectors as rows, Å, shape (3, 3).
        site_indices: Index of each mobile ion's site in the crystal.
        positions: Fractional coordinates of all sites, shape (sites, 3).
        valid_below_ev: Energies below this are all known, eV; infinite but for screened scans.
    """

    energy: xr.DataArray
    cell: FloatArray
    site_indices: tuple[int, ...]
    positions: FloatArray
    valid_below_ev: float = math.inf

    @property
    def sites(self) -> FloatArray:
        """Fractional coordinates of the mobile ions, shape (ions, 3)."""
        return self.positions[list(self.site_indices)]

    @property
    def shape(self) -> tuple[int, ...]:
        """Grid sizes (n_a, n_b, n_c)."""
        return self.energy.shape[1:]

    def landscapes(self) -> Iterator[FloatArray]:
        """The energies of one ion after the other as float64, checked.

        Raises:
            GridError: No evaluated point, infinite energies, or a minimum that is not zero.
        """
        for ion, site in enumerate(self.site_indices):
            energy = np.asarray(self.energy[ion].to_numpy(), dtype=np.float64)
            _check_landscape(energy, f"mobile ion {ion} (site {site})")
            yield energy


def read_scan(dataset: xr.Dataset) -> ScanInput:
    """Check a scan's layout and attributes.

    Args:
        dataset: Variable ``energy`` (mobile_ion, a, b, c) in eV; attributes ``cell``,
            ``fractional_positions`` and ``mobile_site_indices``, and ``valid_below_ev`` of a
            screened scan.

    Raises:
        GridError: A missing or misshapen part.
    """
    energy = _checked_energy(dataset)
    cell = _float_attribute(dataset, "cell", (3, 3))
    if volume(cell) < FLAT_CELL_A3:
        raise GridError(
            f"attribute 'cell' spans {volume(cell):.3g} Å³, expected three independent lattice "
            "vectors as rows; check the structure"
        )
    positions = _float_attribute(dataset, "fractional_positions", (-1, 3))
    indices = _checked_indices(dataset, energy.shape[0], len(positions))
    valid_below = dataset.attrs.get("valid_below_ev")
    known = math.inf if valid_below is None else float(valid_below)
    return ScanInput(energy, cell, indices, positions, known)


def _checked_energy(dataset: xr.Dataset) -> xr.DataArray:
    if not isinstance(dataset, xr.Dataset):
        raise GridError(
            f"got {type(dataset).__name__}, expected an xarray Dataset made by ionlake.scan or "
            "ionlake.dataset_from_energies; make one first"
        )
    if ENERGY not in dataset.data_vars:
        raise GridError(
            f"the dataset has the variables {sorted(map(str, dataset.data_vars))}, expected "
            f"{ENERGY!r}; pass a scan"
        )
    energy = dataset[ENERGY]
    if set(energy.dims) != set(GRID_DIMS):
        raise GridError(
            f"{ENERGY!r} has the dimensions {energy.dims}, expected {GRID_DIMS}; pass a scan"
        )
    energy = energy.transpose(*GRID_DIMS)
    if 0 in energy.shape:
        raise GridError(
            f"{ENERGY!r} has the shape {energy.shape}, expected at least one ion and one point "
            "along each axis; scan the crystal again"
        )
    if energy.dtype.kind != "f":
        raise GridError(
            f"{ENERGY!r} is of type {energy.dtype}, expected floats with NaN where not evaluated; "
            "convert it"
        )
    return energy


def _attribute(dataset: xr.Dataset, name: str) -> Any:
    try:
        return dataset.attrs[name]
    except KeyError:
        raise GridError(
            f"the dataset has no attribute {name!r}, expected one beside {sorted(dataset.attrs)}; "
            "keep the scan's attributes (xarray: keep_attrs=True)"
        ) from None


def _float_attribute(dataset: xr.Dataset, name: str, shape: tuple[int, int]) -> FloatArray:
    """An attribute as a finite float64 array; -1 in ``shape`` allows any length."""
    wanted = f"expected finite numbers of shape {str(shape).replace('-1', 'sites')}"
    value = _attribute(dataset, name)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise GridError(f"attribute {name!r} is {value!r}, {wanted}; restore it") from None
    fits = array.ndim == 2 and all(w in (-1, n) for w, n in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        raise GridError(f"attribute {name!r} is {value!r}, {wanted}; restore it")
    return array


def _checked_indices(dataset: xr.Dataset, n_ions: int, n_sites: int) -> tuple[int, ...]:
    raw = np.atleast_1d(np.asarray(_attribute(dataset, "mobile_site_indices")))
    valid = (
        raw.dtype.kind in "iu"
        and raw.shape == (n_ions,)
        and (raw >= 0).all()
        and (raw < n_sites).all()
    )
    if not valid:
        raise GridError(
            f"attribute 'mobile_site_indices' is {raw.tolist()}, expected {n_ions} site indices "
            f"from 0 to {n_sites - 1}, one for each mobile ion; restore it"
        )
    return tuple(int(index) for index in raw)


def _check_landscape(energy: FloatArray, whose: str) -> None:
    evaluated = energy[~np.isnan(energy)]
    if evaluated.size == 0:
        raise GridError(
            f"{whose} has no evaluated point: all {energy.size} energies are NaN, expected at "
            "least one; check the exclusion radius and the structure"
        )
    if not np.isfinite(evaluated).all():
        raise GridError(
            f"{whose} has {np.isinf(evaluated).sum()} infinite energies, expected finite ones or "
            "NaN; check the potential"
        )
    if abs(evaluated.min()) > ZERO_TOLERANCE_EV:
        raise GridError(
            f"the lowest energy of {whose} is {evaluated.min():.6g} eV, expected 0: energies are "
            "relative to the ion's own minimum; subtract it"
        )
