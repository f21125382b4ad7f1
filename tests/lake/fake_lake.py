"""A small lake of invented materials, with rows and grids of the real shape."""

from hashlib import sha256

import numpy as np
import xarray as xr

from ionlake.lake import schema
from ionlake.lake.grids import write_grid
from ionlake.lake.layout import new_attempt

RUN = "20260101T000000-aaaaaa"
CELL = [[4.0, 0.0, 0.0], [0.5, 5.0, 0.0], [0.1, 0.2, 6.0]]


def identifier(*parts):
    return sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def structure_row(structure_id="s-Li2O", **changes):
    return {
        "structure_id": structure_id,
        "formula": "Li2O",
        "n_sites": 3,
        "volume_ang3": 120.0,
        "density_g_cm3": 2.0,
        "space_group_number": 225,
        "space_group_symbol": "Fm-3m",
        "min_image_distance_ang": 3.3,
        "cell_ang": np.ravel(CELL),
        "atomic_numbers": [3, 3, 8],
        "fractional_positions": [0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.0, 0.0, 0.0],
    } | changes


def material_row(material_id="mp-1960", structure_id="s-Li2O", **changes):
    return {
        "material_id": material_id,
        "structure_id": structure_id,
        "formula": "Li2O",
        "chemical_system": "Li-O",
        "elements": ["Li", "O"],
        "n_elements": 2,
        "has_transition_metal": False,
        "band_gap_ev": 5.0,
        "energy_above_hull_ev_per_atom": None,
        "source": "bundled",
        "reference": "somewhere",
        "licence": "CC0-1.0",
        "attribution": None,
        "database_version": None,
        "source_updated_at": None,
        "run_id": RUN,
    } | changes


def scan_row(structure_id="s-Li2O", grid_path="grids/xx/xx-1.zarr", **changes):
    settings = {"mobile_species": "Li", "grid_protocol": "commensurate", "potential": "toy"}
    settings |= {key: changes[key] for key in settings if key in changes}
    return (
        dict.fromkeys(schema.SCANS.column_names)
        | {
            "scan_id": identifier(structure_id, *settings.values()),
            "structure_id": structure_id,
            "scan_protocol": "frozen_framework",
            "grid_spacing_ang": 0.25,
            "n_a": 4,
            "n_b": 5,
            "n_c": 6,
            "exclusion_radius_ang": 1.2,
            "accuracy": "full",
            "symmetry_mode": "proper",
            "n_mobile_ions": 2,
            "points_total": 240,
            "min_image_distance_ang": 3.3,
            "base_energy_ev": -14.25,
            "potential_id": "p-" + settings["potential"],
            "dtype": "float64",
            "evaluator": "batched-1",
            "scan_version": 1,
            "grid_path": grid_path,
            "compute_seconds": 0.5,
            "run_id": RUN,
        }
        | settings
        | changes
    )


def descriptor_row(scan_id, xi=0.5, **changes):
    values = {
        column.name: (False if column.dtype == "BOOLEAN" else 0.125)
        for column in schema.DESCRIPTOR_VALUES.columns
    }
    return (
        values
        | {
            "descriptor_id": identifier(scan_id, "d1"),
            "scan_id": scan_id,
            "descriptor_version": 1,
            "Xi": xi,
            "mpe": 0.3,
            "percolation_barrier_3d_ev": None,
            "run_id": RUN,
        }
        | changes
    )


def ion_rows(descriptor, far=(False, True)):
    return [
        dict.fromkeys(schema.MOBILE_IONS.column_names)
        | {
            "descriptor_id": descriptor["descriptor_id"],
            "scan_id": descriptor["scan_id"],
            "mobile_ion": ion,
            "site_index": ion,
            "orbit_ion": 0,
            "minimum_energy_ev": -14.5,
            "minimum_below_base": False,
            "minimum_far_from_site": flag,
            "minimum_on_edge": False,
            "mpe": 0.3,
        }
        for ion, flag in enumerate(far)
    ]


def grid(seed=0, shape=(2, 4, 5, 6)):
    random = np.random.default_rng(seed)
    energy = random.random(shape, dtype=np.float32)
    energy[:, :2, 1:3] = np.nan
    status = np.where(np.isnan(energy), 3, 1).astype(np.uint8)
    dims = ("mobile_ion", "a", "b", "c")
    flags = {"flag_values": [0, 1, 2, 3, 4], "flag_meanings": "missing evaluated copy excluded"}
    return xr.Dataset(
        {
            "energy": (dims, energy, {"units": "eV", "long_name": "energy above the minimum"}),
            "status": (dims, status, flags),
            "minimum_energy_ev": ("mobile_ion", random.random(shape[0]), {"units": "eV"}),
            "base_energy_ev": ((), -14.25, {"units": "eV"}),
        },
        attrs={
            "cell": CELL,
            "mobile_species": "Li",
            "checks": {"minimum_below_base": [True, False], "note": None},
            "symmetry": None,
            "periodic": True,
            "spacing": 0.25,
        },
    )


def put_material(writer, material_id, structure_id, **changes):
    material = material_row(material_id, structure_id, **changes)
    structure = structure_row(structure_id, formula=material["formula"])
    return writer.ledger.put_materials([(material, structure)])


def put_scan(writer, structure_id, *, xi=0.5, seed=0, **changes):
    """Write a grid and commit its scan and descriptors; returns the scan row."""
    scan = scan_row(structure_id, **changes)
    path = writer.layout.grid(scan["scan_id"], new_attempt())
    scan["grid_sha256"] = write_grid(path, grid(seed))
    scan["grid_path"] = writer.layout.relative(path)
    writer.ledger.commit_scan(scan)
    descriptors = descriptor_row(scan["scan_id"], xi)
    writer.ledger.commit_descriptors(descriptors, ion_rows(descriptors))
    return scan
