"""The functions most people need: scan a crystal, describe a scan.

They work in memory, without a lake.
"""

from typing import Any

import xarray as xr

import ionlake.accessor  # noqa: F401 - gives every grid its methods
from ionlake.descriptors.pathway_dataset import pathway
from ionlake.descriptors.table import describe
from ionlake.pes.external import dataset_from_energies
from ionlake.pes.scan import Progress, scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.interface import Potential
from ionlake.potentials.load import load_potential
from ionlake.structures.record import StructureRecord

__all__ = ["dataset_from_energies", "describe", "pathway", "scan"]


def scan(
    structure: Any,
    mobile_species: str = "Li",
    potential: str | Potential = "sevennet-0",
    grid: str = "commensurate",
    *,
    symmetry: str = "auto",
    evaluator: str = "auto",
    accuracy: str = "full",
    min_image_distance_ang: float | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> xr.Dataset:
    """Scan the potential energy surface of every mobile ion of a crystal.

    Every other atom stays where it is while one ion is put on each grid point and the energy of
    the crystal is evaluated ("frozen framework").

    Args:
        structure: A pymatgen ``Structure``, ASE ``Atoms`` or a `StructureRecord`; its cell is used
            as it is, unless ``min_image_distance_ang`` asks for a larger one.
        mobile_species: Element symbol of the moving ion.
        potential: Name of a potential (see `ionlake.potentials.load.load_potential`) or a
            `Potential`.
        grid: ``commensurate`` (the smallest grid not coarser than 0.25 Å that fits the symmetry)
            or ``paper`` (ceil(length / 0.25 Å) points along each axis).
        symmetry: ``auto``, ``proper``, ``all`` or ``none``; see `ScanSettings`.
        evaluator: ``auto`` takes the potential's own scan evaluator if it offers one, whose
            energies are compared with the plain potential's at some points; ``batched`` evaluates
            whole structures.
        accuracy: ``full``, or ``screen`` to evaluate only what can matter below 0.6 eV, which
            decides Ξ at about a third of the cost; the other points are NaN with status 4, and
            descriptors that would need them are None.
        min_image_distance_ang: If the shortest lattice vector is below this, the smallest diagonal
            supercell in which it is not is scanned, on the same grid points, Å; by default no cell
            is enlarged. ``cell``, positions and sites of the result are then the supercell's and
            its attribute ``repeats`` says how often each lattice vector was repeated.
        device: ``auto``, ``cpu`` or ``cuda``, for potentials given by name.
        progress: Called with the points done and the points in all of the current ion.

    Returns:
        Dataset with dimensions (mobile_ion, a, b, c), the mobile ions in site order with symmetric
        copies filled in: ``energy`` in eV above the minimum of the ion's own grid, NaN exactly
        where a point is closer than 1.2 Å to another atom (or was skipped by screening);
        ``status``; ``minimum_energy_ev`` and ``base_energy_ev`` as total energies. See
        `ionlake.pes.dataset.scan_dataset`.

    Raises:
        StructureError: If the crystal is disordered, not periodic or has no such ion.
        PotentialError: If the potential cannot be loaded or does not know an element.
        SettingsError: If a setting has no such value.
        GridError: If an ion has no allowed point, the potential gives an energy that is not finite,
            or its scan evaluator is off by more than 1e-4 eV (`EvaluatorError`).

    References:
        arXiv:2411.06804, Methods.
    """
    record = StructureRecord.from_any(structure)
    settings = ScanSettings(
        mobile_species=mobile_species,
        grid=grid,
        symmetry=symmetry,
        evaluator=evaluator,
        accuracy=accuracy,
        min_image_distance_ang=min_image_distance_ang,
    )
    record.mobile_sites(mobile_species)
    return scan_structure(record, settings, load_potential(potential, device=device), progress)
