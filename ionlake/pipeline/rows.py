"""Rows of the lake's tables from what the pipeline reads and computes. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr

from ionlake.descriptors.identity import descriptor_id
from ionlake.descriptors.keys import DESCRIPTOR_VERSION
from ionlake.geometry import shortest_lattice_vector, volume
from ionlake.lake.derived import chunk_rows, pathway_rows
from ionlake.names import BASE_ENERGY, MINIMUM_ENERGY
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry

Row = dict[str, Any]


@dataclass(frozen=True)
class DescribedScan:
    """The rows of one described scan.

    Attributes:
        descriptors: Row of ``descriptor_values``.
        mobile_ions: Rows of ``mobile_ions``.
        pathways: Rows of ``pathways``.
        chunks: Rows of ``grid_chunks``.
    """

    descriptors: Row
    mobile_ions: list[Row]
    pathways: list[Row]
    chunks: list[Row]


def material_row(entry: SourceEntry, structure: StructureRecord, source: str, run_id: str) -> Row:
    """Row of ``materials``."""
    return {
        "material_id": entry.material_id,
        "structure_id": structure.structure_id,
        "formula": structure.formula,
        "chemical_system": structure.chemical_system,
        "elements": list(structure.elements),
        "n_elements": len(structure.elements),
        "has_transition_metal": _has_transition_metal(structure),
        "band_gap_ev": entry.band_gap_ev,
        "energy_above_hull_ev_per_atom": entry.energy_above_hull_ev_per_atom,
        "source": source,
        "reference": entry.reference,
        "licence": entry.licence,
        "attribution": entry.attribution,
        "database_version": entry.database_version,
        "source_updated_at": entry.last_updated,
        "run_id": run_id,
    }


def structure_row(structure: StructureRecord) -> Row:
    """Row of ``structures``."""
    number, symbol = _space_group(structure)
    return {
        "structure_id": structure.structure_id,
        "formula": structure.formula,
        "n_sites": structure.n_sites,
        "volume_ang3": volume(structure.cell),
        "density_g_cm3": float(structure.to_pymatgen().density),
        "space_group_number": number,
        "space_group_symbol": symbol,
        "min_image_distance_ang": shortest_lattice_vector(structure.cell),
        "cell_ang": structure.cell.ravel().tolist(),
        "atomic_numbers": structure.atomic_numbers.tolist(),
        "fractional_positions": structure.fractional_positions.ravel().tolist(),
    }


def structure_of(row: Mapping[str, Any]) -> StructureRecord:
    """The crystal of a row of ``structures``."""
    return StructureRecord(
        np.array(row["cell_ang"]).reshape(3, 3),
        np.array(row["atomic_numbers"]),
        np.array(row["fractional_positions"]).reshape(-1, 3),
    )


@dataclass(frozen=True)
class Computed:
    """By whom a scan was computed: the columns of ``scans`` of these names.

    Attributes:
        device: ``cpu``, or names of GPUs.
        device_error_ev: Largest difference of the GPU from the processor, eV.
        compute_seconds: Time that workers were at it, s.
        run_id: The run.
    """

    device: str | None
    device_error_ev: float | None
    compute_seconds: float
    run_id: str


def scan_row(grid: xr.Dataset, grid_path: str, grid_sha256: str, by: Computed) -> Row:
    """Row of ``scans``, from the grid's own attributes, what its files are and who computed it."""
    attributes = grid.attrs
    potential, symmetry = attributes["potential"], attributes["symmetry"]
    copied = (
        "scan_id",
        "structure_id",
        "mobile_species",
        "scan_protocol",
        "grid_protocol",
        "grid_spacing_ang",
        "exclusion_radius_ang",
        "accuracy",
        "min_image_distance_ang",
        "image_guard_ang",
        "repeats",
        "evaluator",
        "scan_version",
    )
    points = ("points_total", "points_evaluated", "points_copied", "points_excluded")
    return {
        **{name: attributes[name] for name in copied},
        **{name: symmetry[name] for name in points},
        "n_a": grid.sizes["a"],
        "n_b": grid.sizes["b"],
        "n_c": grid.sizes["c"],
        "symmetry_mode": symmetry["mode"],
        "n_mobile_ions": len(attributes["mobile_site_indices"]),
        "n_ion_orbits": len(set(symmetry["orbit_ions"])),
        "symmetry_certificate_ev": symmetry["certificate_ev"],
        "evaluator_error_ev": attributes.get("verification", {}).get("evaluator_error_ev"),
        "base_energy_ev": float(grid[BASE_ENERGY]),
        "potential": potential["name"],
        "potential_id": potential["potential_id"],
        "checkpoint_sha256": potential["checkpoint_sha256"],
        "modality": potential["modality"],
        "dtype": potential["dtype"],
        "grid_path": grid_path,
        "grid_sha256": grid_sha256,
        **asdict(by),
    }


def described_rows(
    grid: xr.Dataset, values: Mapping[str, Any], ions: list[Any], run_id: str
) -> DescribedScan:
    """Rows of ``descriptor_values``, ``mobile_ions``, ``pathways`` and ``grid_chunks``.

    Args:
        grid: The scan.
        values: Descriptors of the material.
        ions: Descriptors of each mobile ion.
        run_id: The run that computed them.
    """
    scan = grid.attrs["scan_id"]
    identity = {"descriptor_id": descriptor_id(scan), "scan_id": scan}
    checks, orbits = grid.attrs["checks"], grid.attrs["symmetry"]["orbit_ions"]
    rows = [
        {
            **identity,
            **ion,
            "orbit_ion": orbits[index],
            "minimum_energy_ev": float(grid[MINIMUM_ENERGY][index]),
            **{name: flags[index] for name, flags in checks.items()},
        }
        for index, ion in enumerate(ions)
    ]
    descriptors = {
        **identity,
        "descriptor_version": DESCRIPTOR_VERSION,
        **values,
        "run_id": run_id,
    }
    return DescribedScan(descriptors, rows, pathway_rows(grid, ions, run_id), chunk_rows(grid))


def _space_group(structure: StructureRecord) -> tuple[int | None, str | None]:
    """International number and symbol within 0.01 Å; None where they cannot be determined."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

    try:
        symmetry = SpacegroupAnalyzer(structure.to_pymatgen(), symprec=0.01)
        return int(symmetry.get_space_group_number()), symmetry.get_space_group_symbol()
    except SymmetryUndeterminedError:
        return None, None


def _has_transition_metal(structure: StructureRecord) -> bool:
    from pymatgen.core import Element

    return any(Element(symbol).is_transition_metal for symbol in structure.elements)
