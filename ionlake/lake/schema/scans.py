"""Tables of scans and of what was derived from them."""

from collections.abc import Sequence
from typing import Final

from ionlake.descriptors.keys import DESCRIPTOR_KEYS, ION_DESCRIPTOR_KEYS, DescriptorKey
from ionlake.lake.schema.columns import Column, Table, columns


def _descriptor_columns(keys: Sequence[DescriptorKey]) -> tuple[Column, ...]:
    return tuple(Column(key.name, key.dtype, _with_unit(key)) for key in keys)


def _with_unit(key: DescriptorKey) -> str:
    meaning = key.description.removesuffix(".")
    return meaning if key.unit == "1" else f"{meaning} [{key.unit}]"


SCANS: Final = Table(
    "scans",
    "One row per finished PES scan: a structure, a mobile species, a protocol and a potential.",
    ("scan_id",),
    columns(
        ("scan_id", "VARCHAR", "Hash of everything the energies depend on"),
        ("structure_id", "VARCHAR", "Structure that was scanned"),
        ("mobile_species", "VARCHAR", "Element that moves"),
        (
            "scan_protocol",
            "VARCHAR",
            "frozen_framework (the paper's), or frozen_framework_supercell-X: images X Å apart",
        ),
        (
            "image_guard_ang",
            "DOUBLE",
            "That least distance of images, Å; null where the cell was scanned as given",
        ),
        (
            "repeats",
            "INTEGER[]",
            "Cells of the structure along each lattice vector that were scanned together",
        ),
        ("grid_protocol", "VARCHAR", "How grid sizes were chosen: paper or commensurate"),
        ("grid_spacing_ang", "DOUBLE", "Largest allowed distance of grid points along an axis, Å"),
        ("n_a", "INTEGER", "Grid points along the first lattice vector of the scanned cell"),
        ("n_b", "INTEGER", "Grid points along the second lattice vector of the scanned cell"),
        ("n_c", "INTEGER", "Grid points along the third lattice vector of the scanned cell"),
        ("exclusion_radius_ang", "DOUBLE", "Points nearer to another atom are excluded, Å"),
        (
            "accuracy",
            "VARCHAR",
            "full: every allowed point has its energy; screen: those below 0.6 eV do",
        ),
        ("symmetry_mode", "VARCHAR", "Operations the scan was allowed to use: proper, all or none"),
        ("n_mobile_ions", "INTEGER", "Mobile ions in the scanned cell"),
        ("n_ion_orbits", "INTEGER", "Mobile ions that had to be scanned; the rest are copies"),
        ("points_total", "BIGINT", "Grid points over all mobile ions"),
        ("points_evaluated", "BIGINT", "Points whose energy the potential computed"),
        ("points_copied", "BIGINT", "Points whose energy is a symmetry copy"),
        ("points_excluded", "BIGINT", "Points too close to another atom"),
        ("symmetry_certificate_ev", "DOUBLE", "Largest error found on re-evaluated copies, eV"),
        (
            "evaluator_error_ev",
            "DOUBLE",
            "Largest error of the scan's evaluator on re-evaluated points, eV; null if not checked",
        ),
        (
            "min_image_distance_ang",
            "DOUBLE",
            "Shortest lattice vector of the scanned cell: ion to its own image, Å",
        ),
        ("base_energy_ev", "DOUBLE", "Energy of the scanned cell, every ion at its site, eV"),
        ("potential", "VARCHAR", "Name of the potential"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision"),
        ("checkpoint_sha256", "VARCHAR", "SHA-256 of the checkpoint file, null without one"),
        ("modality", "VARCHAR", "Level of theory picked in a multi-fidelity checkpoint"),
        ("dtype", "VARCHAR", "Floating-point precision of the potential"),
        ("evaluator", "VARCHAR", "Code path and version that evaluated the points"),
        (
            "device",
            "VARCHAR",
            "What computed it: cpu, or the name of a GPU; both where its memory did not hold all",
        ),
        (
            "device_error_ev",
            "DOUBLE",
            "Largest difference of that GPU from the processor at its start, eV; null on a cpu",
        ),
        ("scan_version", "INTEGER", "Version of the scan algorithm"),
        ("grid_path", "VARCHAR", "Zarr group of the grid, relative to the lake"),
        ("grid_sha256", "VARCHAR", "SHA-256 over names and contents of the grid's files"),
        ("compute_seconds", "DOUBLE", "Time that workers were at the tasks of the scan, summed, s"),
        ("run_id", "VARCHAR", "Run that computed the scan"),
    ),
)

MOBILE_IONS: Final = Table(
    "mobile_ions",
    "One row per mobile ion of a described scan.",
    ("descriptor_id", "mobile_ion"),
    (
        *columns(
            ("descriptor_id", "VARCHAR", "Descriptor row these values belong to"),
            ("scan_id", "VARCHAR", "Scan they were derived from"),
        ),
        *_descriptor_columns(ION_DESCRIPTOR_KEYS),
        *columns(
            ("orbit_ion", "INTEGER", "Mobile ion whose scan this one copies (itself if scanned)"),
            ("minimum_energy_ev", "DOUBLE", "Lowest total energy on the ion's grid, eV"),
            ("minimum_minus_base_ev", "DOUBLE", "Grid minimum minus base energy, eV"),
            ("minimum_distance_to_site_ang", "DOUBLE", "Grid minimum to the ion's site, Å"),
            ("minimum_below_base", "BOOLEAN", "Flag: minimum over 0.2 eV below the base energy"),
            ("minimum_far_from_site", "BOOLEAN", "Flag: minimum over 0.5 Å from the ion's site"),
            ("minimum_on_edge", "BOOLEAN", "Flag: minimum on the edge of the grid (harmless)"),
        ),
    ),
)

DESCRIPTOR_VALUES: Final = Table(
    "descriptor_values",
    "One row per described scan: every descriptor of the paper and ionlake's own.",
    ("descriptor_id",),
    (
        *columns(
            ("descriptor_id", "VARCHAR", "Hash of the scan and the descriptor version"),
            ("scan_id", "VARCHAR", "Scan the descriptors were derived from"),
            ("descriptor_version", "INTEGER", "Version of the descriptor definitions"),
        ),
        *_descriptor_columns(DESCRIPTOR_KEYS),
        Column("run_id", "VARCHAR", "Run that computed the descriptors"),
    ),
)

STAGED_BLOCKS: Final = Table(
    "staged_blocks",
    "One row per block of points whose energies wait in the staging area for the rest of a scan.",
    ("scan_id", "orbit_ion", "first_point"),
    columns(
        ("scan_id", "VARCHAR", "Scan the energies belong to"),
        ("orbit_ion", "INTEGER", "Mobile ion that was moved"),
        ("first_point", "BIGINT", "Place of the block among the ion's evaluated points"),
        ("n_points", "BIGINT", "Number of points, hence of energies in the array"),
        ("reduced", "BOOLEAN", "Whether symmetry decided which points are evaluated"),
        ("staging_path", "VARCHAR", "Zarr array of the energies, relative to the lake"),
        ("device", "VARCHAR", "What computed it: cpu, or the name of a GPU"),
        ("compute_seconds", "DOUBLE", "Time that a worker was at the block, s"),
    ),
)
