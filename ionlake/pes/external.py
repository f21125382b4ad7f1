"""Datasets from energies that were computed elsewhere."""

import warnings
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.errors import GridError, SettingsError
from ionlake.names import PointStatus
from ionlake.pes.dataset import grid_dataset
from ionlake.pes.grid import commensurate_shape, paper_shape
from ionlake.pes.settings import GRID_PROTOCOLS, PAPER_SPACING_ANG
from ionlake.pes.symmetry import crystal_operations
from ionlake.structures.record import StructureRecord

CUSTOM: Final = "custom"
"""Grid protocol of energies on a grid that is neither the paper's nor ionlake's."""


def dataset_from_energies(
    structure: Any, mobile_species: str, energies: Any, grid: str | None = None
) -> xr.Dataset:
    """Make the dataset of a scan from energies computed elsewhere.

    Args:
        structure: A pymatgen ``Structure``, ASE ``Atoms`` or a `StructureRecord`.
        mobile_species: Element symbol of the moving ion.
        energies: Total energies in eV, shape (n_mobile_ions, n_a, n_b, n_c), the ions in the order
            of their sites, grid points at fractional i/n with the end point excluded; NaN marks
            excluded points. Another constant may be added to each ion's energies.
        grid: Protocol the grid follows: ``paper`` or ``commensurate`` (a warning is given, and the
            protocol recorded as ``custom``, if its sizes are others), or ``custom``. By default
            ``paper`` where the sizes are the paper's, ``custom`` otherwise.

    Returns:
        A dataset like that of `ionlake.scan`, with the energies in their own floating-point type.

    Raises:
        StructureError: If the crystal is not valid or has no such ion.
        GridError: If the energies have a wrong shape, an infinite value, or none for some ion.
        SettingsError: If ``grid`` is unknown.
    """
    record = StructureRecord.from_any(structure)
    sites = record.mobile_sites(mobile_species)
    values = _checked_energies(energies, len(sites), f"{mobile_species} in {record.formula}")
    status = np.where(np.isnan(values), PointStatus.EXCLUDED, PointStatus.EVALUATED)
    dataset = grid_dataset(
        record,
        sites,
        values.astype(np.float64),
        status,
        base_energy_ev=float("nan"),
        dtype=values.dtype,
    )
    protocol = _grid_protocol(record, values.shape[1:], grid)
    return dataset.assign_attrs(mobile_species=mobile_species, grid_protocol=protocol)


def _checked_energies(energies: Any, n_ions: int, ions: str) -> np.ndarray:
    if np.ma.isMaskedArray(energies):
        raise GridError("energies are a masked array, expected NaN there: use .filled(np.nan)")
    values = np.asarray(energies)
    if values.dtype.kind in "iu":
        values = values.astype(np.float64)
    if values.dtype.kind != "f":
        raise GridError(f"energies are of type {values.dtype}, expected floats in eV: convert them")
    if values.ndim != 4 or values.shape[0] != n_ions or 0 in values.shape:
        raise GridError(
            f"energies have shape {values.shape}, expected ({n_ions}, n_a, n_b, n_c) for "
            f"{n_ions} {ions}: give one grid for each mobile ion, in the order of the sites"
        )
    if np.isinf(values).any():
        raise GridError(
            f"energies hold {int(np.isinf(values).sum())} infinite values, expected finite ones "
            "in eV: mark excluded points by NaN"
        )
    return values


def _grid_protocol(record: StructureRecord, shape: tuple[int, ...], grid: str | None) -> str:
    if grid not in {None, CUSTOM, *GRID_PROTOCOLS}:
        raise SettingsError(f"grid is {grid!r}; expected {', '.join(GRID_PROTOCOLS)} or {CUSTOM}")
    if grid == CUSTOM:
        return CUSTOM
    expected = paper_shape(record.cell, PAPER_SPACING_ANG)
    if grid == "commensurate":
        operations = crystal_operations(
            record.cell, record.atomic_numbers, record.fractional_positions
        )
        expected = commensurate_shape(record.cell, operations, PAPER_SPACING_ANG)
    if shape == expected:
        return grid or "paper"
    if grid is not None:
        warnings.warn(
            f"the grid {shape} is not the {grid} grid {expected} of {record.formula}; it is "
            f"recorded as {CUSTOM}",
            stacklevel=3,
        )
    return CUSTOM
