"""The xarray form of a scan: energies, how each point got its own, and where all came from."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import xarray as xr

import ionlake
from ionlake.errors import GridError
from ionlake.geometry import FloatArray, shortest_lattice_vector
from ionlake.names import (
    AXES,
    BASE_ENERGY,
    ENERGY,
    GRID_DIMS,
    MINIMUM_ENERGY,
    MOBILE_ION,
    STATUS,
    PointStatus,
)
from ionlake.pes.checks import ion_checks
from ionlake.pes.identity import SCAN_VERSION, scan_id
from ionlake.pes.plan import ScanPlan
from ionlake.pes.screening import SCREENED_BELOW_EV
from ionlake.pes.verification import Verification
from ionlake.potentials.interface import PotentialCard
from ionlake.structures.record import StructureRecord


@dataclass(frozen=True, eq=False)
class ScanResult:
    """A finished scan, ready to become a dataset.

    Attributes:
        plan: The scan.
        energies: Total energies in eV, float64, shape (n_ions, n_a, n_b, n_c), NaN where excluded
            or skipped.
        status: `ionlake.names.PointStatus` of every point, same shape.
        base_energy_ev: Energy of the crystal with every ion at its site, eV.
        card: The potential.
        evaluator: Code path and version that evaluated the points.
        reference: The plain potential that some energies were compared with.
        verification: What the comparison found, over all orbits.
        framework_operations: Operations of the frozen lattice used, per scanned ion.
    """

    plan: ScanPlan
    energies: FloatArray
    status: np.ndarray
    base_energy_ev: float
    card: PotentialCard
    evaluator: str
    reference: PotentialCard
    verification: Verification
    framework_operations: tuple[int, ...]


def scan_dataset(result: ScanResult) -> xr.Dataset:
    """Make the dataset of a scan.

    Returns:
        Dimensions ``mobile_ion`` (mobile sites in input order), ``a``, ``b``, ``c``; variables
        ``energy`` (float32, eV above the ion's own grid minimum, NaN where excluded, or skipped by
        screening), ``status``
        (`ionlake.names.PointStatus`), ``minimum_energy_ev`` per ion and ``base_energy_ev``
        (float64 total energies); coordinates a, b, c are fractional. Attributes hold the cell that
        was scanned, the settings, the identities, the symmetry certificate, the verification and
        the checks. Where the crystal was scanned in a supercell, ``cell``, positions and sites are
        the supercell's (see `ionlake.structures.supercell.repeated`), ``repeats`` says how many
        cells it has along each axis, and ``structure_id`` names the crystal as it was given.
    """
    plan = result.plan
    dataset = grid_dataset(
        plan.structure,
        plan.sites,
        result.energies,
        result.status,
        base_energy_ev=result.base_energy_ev,
        dtype=np.dtype(np.float32),
    )
    identity = scan_id(
        plan.crystal.structure_id, plan.settings, result.card.potential_id, result.evaluator
    )
    return dataset.assign_attrs(
        scan_id=identity,
        structure_id=plan.crystal.structure_id,
        mobile_species=plan.settings.mobile_species,
        grid_protocol=plan.settings.grid_protocol,
        grid_spacing_ang=plan.settings.spacing_ang,
        exclusion_radius_ang=plan.settings.exclusion_radius_ang,
        scan_protocol=plan.settings.scan_protocol,
        image_guard_ang=plan.settings.min_image_distance_ang,
        repeats=list(plan.repeats),
        scan_version=SCAN_VERSION,
        accuracy=plan.settings.accuracy,
        valid_below_ev=SCREENED_BELOW_EV if plan.settings.accuracy == "screen" else None,
        evaluator=result.evaluator,
        potential=_potential_attributes(result.card),
        symmetry=_symmetry_attributes(result),
        verification=_verification_attributes(result),
    )


def grid_dataset(
    structure: StructureRecord,
    sites: np.ndarray,
    energies: FloatArray,
    status: np.ndarray,
    *,
    base_energy_ev: float,
    dtype: np.dtype[Any],
) -> xr.Dataset:
    """Make a dataset from total energies on grids, wherever they come from.

    Args:
        structure: The crystal.
        sites: Site index of every mobile ion.
        energies: Energies in eV, float64, shape (n_ions, n_a, n_b, n_c), NaN where not evaluated.
        status: `ionlake.names.PointStatus` of every point, same shape.
        base_energy_ev: Energy with every ion at its site, eV; NaN if unknown.
        dtype: Floating-point type of the stored relative energies.

    Raises:
        GridError: If an ion has no energy at all.
    """
    finite = np.isfinite(energies).reshape(len(sites), -1).any(axis=1)
    if not finite.all():
        raise GridError(
            f"mobile ion {int(np.argmin(finite))} has no energy on its grid of shape "
            f"{energies.shape[1:]}; expected at least one point that is not NaN"
        )
    minima = np.nanmin(energies, axis=(1, 2, 3))
    relative = (energies - minima[:, None, None, None]).astype(dtype)
    return xr.Dataset(
        {
            ENERGY: (GRID_DIMS, relative, _ENERGY_ATTRIBUTES),
            STATUS: (GRID_DIMS, status.astype(np.uint8), _STATUS_ATTRIBUTES),
            MINIMUM_ENERGY: (MOBILE_ION, minima, _MINIMUM_ATTRIBUTES),
            BASE_ENERGY: ((), np.float64(base_energy_ev), _BASE_ATTRIBUTES),
        },
        coords=_coordinates(relative.shape).copy(),
        attrs={
            "Conventions": "CF-1.11",
            "title": f"Potential energy surfaces of mobile ions in {structure.formula}",
            "formula": structure.formula,
            "structure_id": structure.structure_id,
            "cell": structure.cell.tolist(),
            "symbols": list(structure.symbols),
            "atomic_numbers": structure.atomic_numbers.tolist(),
            "fractional_positions": structure.fractional_positions.tolist(),
            "mobile_site_indices": np.asarray(sites).tolist(),
            "origin_shift": [0.0, 0.0, 0.0],
            "min_image_distance_ang": shortest_lattice_vector(structure.cell),
            "checks": ion_checks(
                energies, structure.cell, structure.fractional_positions[sites], base_energy_ev
            ),
            "ionlake_version": ionlake.__version__,
        },
    )


def with_coordinates(dataset: xr.Dataset) -> xr.Dataset:
    """Attach the fractional coordinates a, b, c and the number of each mobile ion."""
    shape = tuple(dataset.sizes[dim] for dim in GRID_DIMS)
    return dataset.assign_coords(_coordinates(shape).copy())  # not to share their attributes


@lru_cache(maxsize=256)
def _coordinates(shape: tuple[int, ...]) -> xr.Coordinates:
    """Coordinates of a grid of shape (n_ions, n_a, n_b, n_c)."""
    n_ions, *sizes = shape
    axes = {
        axis: (axis, np.arange(size) / size, {"units": "1", "long_name": _ALONG.format(axis)})
        for axis, size in zip(AXES, sizes, strict=True)
    }
    return xr.Coordinates({MOBILE_ION: (MOBILE_ION, np.arange(n_ions), _ION_ATTRIBUTES), **axes})


_ALONG: Final = "fractional coordinate along the lattice vector {}"
_ION_ATTRIBUTES: Final = {"units": "1", "long_name": "mobile ion, counted in the order of sites"}
_ENERGY_ATTRIBUTES: Final = {
    "units": "eV",
    "long_name": "energy of the mobile ion above the minimum of its own grid",
}
_STATUS_ATTRIBUTES: Final = {
    "long_name": "how the point got its energy",
    "flag_values": [int(status) for status in PointStatus],
    "flag_meanings": " ".join(status.name.lower() for status in PointStatus),
}
_MINIMUM_ATTRIBUTES: Final = {
    "units": "eV",
    "long_name": "lowest total energy on the grid of the mobile ion",
}
_BASE_ATTRIBUTES: Final = {
    "units": "eV",
    "long_name": "total energy with every ion at its site",
}


def _potential_attributes(card: PotentialCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "potential_id": card.potential_id,
        "checkpoint_sha256": card.checkpoint_sha256,
        "modality": card.modality,
        "dtype": card.dtype,
        "cutoff_ang": card.cutoff_ang,
        "parity": card.parity,
        "parameters": None if card.parameters is None else dict(card.parameters),
    }


def _symmetry_attributes(result: ScanResult) -> dict[str, Any]:
    plan, status = result.plan, result.status
    orbit_ions = np.zeros(len(plan.sites), dtype=int)
    for orbit in plan.orbits:
        orbit_ions[[orbit.ion, *(ion for ion, _ in orbit.copies)]] = orbit.ion
    return {
        "mode": plan.settings.symmetry,
        "given_up": not plan.reduced,
        "crystal_operations": len(plan.operations),
        "framework_operations": list(result.framework_operations),
        "orbit_ions": orbit_ions.tolist(),
        "points_total": int(status.size),
        "points_evaluated": int((status == PointStatus.EVALUATED).sum()),
        "points_copied": int((status == PointStatus.SYMMETRY_COPY).sum()),
        "points_excluded": int((status == PointStatus.EXCLUDED).sum()),
        "points_skipped": int((status == PointStatus.SKIPPED).sum()),
        "certificate_ev": result.verification.certificate_ev,
    }


def _verification_attributes(result: ScanResult) -> dict[str, Any]:
    return {
        "evaluator": result.evaluator,
        "reference": f"{result.reference.name} {result.reference.dtype}",
        "points_checked": result.verification.n_energies,
        "evaluator_error_ev": result.verification.evaluator_error_ev,
    }
