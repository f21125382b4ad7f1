"""Tables and columns of the lake, each with its type and meaning, spelled once.

The ledger's tables, the release's tables and their comments are all generated from this page, so
that a name, its type and its unit can never differ between them. Types are DuckDB's.
"""

from collections.abc import Sequence
from typing import Final

from ionlake.descriptors.keys import DESCRIPTOR_KEYS, ION_DESCRIPTOR_KEYS, DescriptorKey
from ionlake.lake.chunk_schema import GRID_CHUNKS
from ionlake.lake.columns import Column, Table
from ionlake.lake.columns import columns as _columns
from ionlake.lake.md_schema import (
    CONDUCTIVITIES,
    DIFFUSIVITIES,
    MD_RUNS,
    MD_TABLES,
    STAGED_PIECES,
)
from ionlake.lake.pathway_schema import PATHWAYS

__all__ = [
    "CONDUCTIVITIES",
    "DIFFUSIVITIES",
    "GRID_CHUNKS",
    "MD_RUNS",
    "PATHWAYS",
    "STAGED_PIECES",
    "Column",
    "Table",
]


def _descriptor_columns(keys: Sequence[DescriptorKey]) -> tuple[Column, ...]:
    return tuple(Column(key.name, key.dtype, _with_unit(key)) for key in keys)


def _with_unit(key: DescriptorKey) -> str:
    meaning = key.description.removesuffix(".")
    return meaning if key.unit == "1" else f"{meaning} [{key.unit}]"


MATERIALS: Final = Table(
    "materials",
    "One row per material of a source, with the structure it has there now.",
    ("material_id",),
    _columns(
        ("material_id", "VARCHAR", "Identifier given by the source, for example mp-2530"),
        ("structure_id", "VARCHAR", "Hash of cell, species and positions as given"),
        ("formula", "VARCHAR", "Reduced chemical formula"),
        ("chemical_system", "VARCHAR", "Element symbols in alphabetical order, joined by '-'"),
        ("elements", "VARCHAR[]", "Element symbols in alphabetical order"),
        ("n_elements", "INTEGER", "Number of different elements"),
        ("has_transition_metal", "BOOLEAN", "Holds a transition metal (La counts as one)"),
        ("band_gap_ev", "DOUBLE", "Band gap given by the source, eV"),
        (
            "energy_above_hull_ev_per_atom",
            "DOUBLE",
            "Energy above the convex hull given by the source, eV/atom",
        ),
        ("source", "VARCHAR", "Name of the source the material came from"),
        ("reference", "VARCHAR", "File name, citation or address of the structure"),
        ("licence", "VARCHAR", "Licence of the structure, as the source states it"),
        ("attribution", "VARCHAR", "Whom to name and cite when the structure is used"),
        (
            "database_version",
            "VARCHAR",
            "Database release that first brought this row as it is",
        ),
        ("source_updated_at", "VARCHAR", "Last change in that release of the database, ISO 8601"),
        ("run_id", "VARCHAR", "Run that first brought this row as it is"),
    ),
)

ORIGIN_COLUMNS: Final = ("run_id", "database_version", "source_updated_at")
"""Columns of ``materials`` that say whence a row came: alone they make no other row of it."""

STRUCTURES: Final = Table(
    "structures",
    "One row per crystal structure, exactly as given by its source.",
    ("structure_id",),
    _columns(
        ("structure_id", "VARCHAR", "Hash of cell, species and positions as given"),
        ("formula", "VARCHAR", "Reduced chemical formula"),
        ("n_sites", "INTEGER", "Number of atoms in the cell"),
        ("volume_ang3", "DOUBLE", "Volume of the cell, Å³"),
        ("density_g_cm3", "DOUBLE", "Mass density, g/cm³"),
        ("space_group_number", "INTEGER", "International number, found within 0.01 Å"),
        ("space_group_symbol", "VARCHAR", "Hermann-Mauguin symbol, found within 0.01 Å"),
        ("min_image_distance_ang", "DOUBLE", "Shortest lattice vector: ion to its own image, Å"),
        ("cell_ang", "DOUBLE[]", "Lattice vectors as rows, Å, nine numbers row by row"),
        ("atomic_numbers", "INTEGER[]", "Atomic numbers in input order"),
        ("fractional_positions", "DOUBLE[]", "Fractional coordinates, x y z atom by atom"),
    ),
)

SCANS: Final = Table(
    "scans",
    "One row per finished PES scan: a structure, a mobile species, a protocol and a potential.",
    ("scan_id",),
    _columns(
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
        *_columns(
            ("descriptor_id", "VARCHAR", "Descriptor row these values belong to"),
            ("scan_id", "VARCHAR", "Scan they were derived from"),
        ),
        *_descriptor_columns(ION_DESCRIPTOR_KEYS),
        *_columns(
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
        *_columns(
            ("descriptor_id", "VARCHAR", "Hash of the scan and the descriptor version"),
            ("scan_id", "VARCHAR", "Scan the descriptors were derived from"),
            ("descriptor_version", "INTEGER", "Version of the descriptor definitions"),
        ),
        *_descriptor_columns(DESCRIPTOR_KEYS),
        Column("run_id", "VARCHAR", "Run that computed the descriptors"),
    ),
)

FAILURES: Final = Table(
    "failures",
    "One row per material and attempt that has failed and not succeeded since; last reason.",
    ("failure_id",),
    _columns(
        ("failure_id", "VARCHAR", "Hash of material, stage, mobile species, grid and potential"),
        ("material_id", "VARCHAR", "Material that failed"),
        ("structure_id", "VARCHAR", "Structure that failed, null where none could be read"),
        ("stage", "VARCHAR", "read, check, scan, describe or md"),
        ("mobile_species", "VARCHAR", "Element that was to move, null where reading failed"),
        ("grid_protocol", "VARCHAR", "Grid protocol of the attempt, null where reading failed"),
        ("potential", "VARCHAR", "Potential of the attempt, null where reading failed"),
        ("potential_id", "VARCHAR", "Identity of that potential, null where none was loaded"),
        ("error", "VARCHAR", "Kind of error"),
        ("message", "VARCHAR", "What was wrong and what to do about it"),
        ("inputs_id", "VARCHAR", "Hash of what the attempt worked on; attempts count for the same"),
        ("attempts", "INTEGER", "How often it was tried with these inputs"),
        (
            "quarantine_reason",
            "VARCHAR",
            "Why it is not tried again until its inputs change; null while it is",
        ),
        ("failed_at", "TIMESTAMP", "Last failure, UTC"),
        ("run_id", "VARCHAR", "Run of the last failure"),
    ),
)

RUNS: Final = Table(
    "runs",
    "One row per run of a recipe. Materials computed, reused, failed, to do and quarantined count"
    " once for each potential of an ensemble.",
    ("run_id",),
    _columns(
        ("run_id", "VARCHAR", "Identifier of the run; sorts by start"),
        ("recipe", "VARCHAR", "Name of the recipe"),
        ("settings", "VARCHAR", "The recipe with all defaults filled in, as JSON"),
        (
            "status",
            "VARCHAR",
            "running (or cut off), finished, stopped (time over), interrupted or failed",
        ),
        ("started_at", "TIMESTAMP", "Start, UTC"),
        ("finished_at", "TIMESTAMP", "End, UTC; null if the run was cut off"),
        ("materials_read", "INTEGER", "Materials the source offered"),
        ("materials_computed", "INTEGER", "Materials scanned or described in this run"),
        ("materials_reused", "INTEGER", "Materials that needed no computing"),
        ("materials_failed", "INTEGER", "Materials that failed in this run"),
        ("materials_to_do", "INTEGER", "Materials that lacked a scan or descriptors at the start"),
        ("materials_quarantined", "INTEGER", "Materials left out because they failed too often"),
        ("materials_gone", "INTEGER", "Materials that had left their source since the run before"),
        ("energies_evaluated", "BIGINT", "Energies the potential was asked for"),
        ("wall_seconds", "DOUBLE", "Duration, s"),
        ("versions", "VARCHAR", "Versions of ionlake and its main dependencies, as JSON"),
    ),
)

TOMBSTONES: Final = Table(
    "tombstones",
    "One row per material that has left its source; its rows, grids and old releases stay.",
    ("material_id",),
    _columns(
        ("material_id", "VARCHAR", "Material that is gone"),
        ("source", "VARCHAR", "Source that no longer offers it"),
        ("structure_id", "VARCHAR", "Structure it had last"),
        ("reason", "VARCHAR", "no longer offered, or deprecated"),
        ("gone_at", "TIMESTAMP", "When a run found it gone, UTC"),
        ("run_id", "VARCHAR", "Run that found it gone"),
    ),
)

LABELS: Final = Table(
    "labels",
    "One row per measured or computed conductivity, with the material of the lake it belongs to.",
    ("label_set", "row_key"),
    _columns(
        ("label_set", "VARCHAR", "Collection the row belongs to"),
        ("row_key", "VARCHAR", "Name of the row in its collection"),
        ("material_id", "VARCHAR", "Material it was matched to, null where it matches none"),
        ("matched_by", "VARCHAR", "Way of matching: material_id, icsd or structure"),
        ("match_reason", "VARCHAR", "Why it matches none, or which others would have fitted"),
        (
            "match_rms",
            "DOUBLE",
            "For a match by structure: rms displacement of the sites over (V/atom)^(1/3)",
        ),
        ("stated_material_id", "VARCHAR", "Material as stated by whoever made the table"),
        ("icsd_id", "VARCHAR", "Collection number in the ICSD as stated"),
        ("structure_file", "VARCHAR", "File of the crystal as the table names it"),
        ("formula", "VARCHAR", "Composition as stated; partial amounts are possible"),
        ("space_group_number", "INTEGER", "International number as stated"),
        (
            "sigma_s_cm",
            "DOUBLE",
            "Ionic conductivity at temperature_k, S/cm; its upper bound where censored",
        ),
        ("sigma_err_s_cm", "DOUBLE", "Standard error of sigma_s_cm, S/cm"),
        (
            "temperature_k",
            "DOUBLE",
            "Temperature, K; null for an experiment: room temperature, not stated closer",
        ),
        ("censored", "BOOLEAN", "Whether sigma_s_cm is an upper bound"),
        ("sigma_300k_s_cm", "DOUBLE", "Conductivity extrapolated to 300 K, S/cm"),
        (
            "log10_sigma_300k_err",
            "DOUBLE",
            "Error of log10(sigma_300k_s_cm), from the extrapolation's fit",
        ),
        ("n_temperatures", "INTEGER", "Temperatures in the extrapolation's fit"),
        ("chi2_ndof", "DOUBLE", "chi² of the extrapolation's fit per degree of freedom"),
        ("method", "VARCHAR", "How it was found: experiment or aimd"),
        (
            "weight_group",
            "VARCHAR",
            "Rows with the same word share one unit of weight; null: those of one structure do",
        ),
        ("source", "VARCHAR", "Where the number comes from"),
        ("licence", "VARCHAR", "Licence of the number, as the source states it"),
        ("doi", "VARCHAR", "Publication of the measurement"),
        ("note", "VARCHAR", "Remarks of the source"),
        ("structure_note", "VARCHAR", "What is wrong with the row's structure, if anything"),
        ("cell_ang", "DOUBLE[]", "Lattice vectors of the row's structure as rows, Å; for matching"),
        ("atomic_numbers", "INTEGER[]", "Atomic numbers of the row's structure; for matching"),
        (
            "fractional_positions",
            "DOUBLE[]",
            "Fractional coordinates of the row's structure, x y z atom by atom; for matching only",
        ),
    ),
)

MATCH_COLUMNS: Final = ("material_id", "matched_by", "match_reason", "match_rms")
"""Columns of ``labels`` that matching fills in, not the import."""

EVALUATIONS: Final = Table(
    "evaluations",
    "One row per descriptor, set of labels, class definition, pool of scans and metric.",
    ("evaluation_id",),
    _columns(
        ("evaluation_id", "VARCHAR", "Hash of what was judged, by what and how"),
        ("label_set", "VARCHAR", "Collection of labels"),
        (
            "classes",
            "VARCHAR",
            "Definition of conductors and insulators: aimd_1000k, aimd_300k or experiment",
        ),
        ("descriptor", "VARCHAR", "Column of descriptor_values that was judged"),
        ("threshold_ev", "DOUBLE", "Energy threshold of the descriptor, eV; null without one"),
        (
            "metric",
            "VARCHAR",
            "score (the paper's, rows²), roc_auc, average_precision, enrichment_top_k or spearman",
        ),
        ("value", "DOUBLE", "The metric of all rows, null where it is not defined"),
        ("value_q16", "DOUBLE", "16 % quantile of its bootstrap resamples"),
        ("value_q50", "DOUBLE", "Median of its bootstrap resamples"),
        ("value_q84", "DOUBLE", "84 % quantile of its bootstrap resamples"),
        ("random_value", "DOUBLE", "What a random order gets on average"),
        ("perfect_value", "DOUBLE", "What the best order gets"),
        ("n_rows", "INTEGER", "Labelled rows with a value of the descriptor"),
        ("n_structures", "DOUBLE", "Their weights added up: one per structure"),
        ("n_positive", "INTEGER", "Rows in the class of conductors"),
        ("n_negative", "INTEGER", "Rows in the class of insulators"),
        ("n_dropped", "INTEGER", "Rows that neither class claims with more than 0.001"),
        ("n_without_value", "INTEGER", "Labelled rows of the pool without a descriptor value"),
        ("note", "VARCHAR", "Why a value is missing"),
        ("mobile_species", "VARCHAR", "Element that moves"),
        ("scan_protocol", "VARCHAR", "What stays frozen; frozen_framework is the paper's"),
        ("grid_protocol", "VARCHAR", "How grid sizes were chosen: paper or commensurate"),
        ("grid_spacing_ang", "DOUBLE", "Largest allowed distance of grid points along an axis, Å"),
        ("exclusion_radius_ang", "DOUBLE", "Points nearer to another atom are excluded, Å"),
        ("accuracy", "VARCHAR", "full or screen, as in scans"),
        ("symmetry_mode", "VARCHAR", "Operations the scans were allowed to use"),
        ("potential", "VARCHAR", "Name of the potential"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision"),
        ("descriptor_version", "INTEGER", "Version of the descriptor definitions"),
        ("n_resamples", "INTEGER", "Number of bootstrap resamples"),
        ("seed", "BIGINT", "Seed of the resamples"),
        ("inputs_id", "VARCHAR", "Hash of the labels and descriptor values that went in"),
        ("ionlake_version", "VARCHAR", "Version of ionlake that judged"),
        ("release", "INTEGER", "Release the labels and descriptors were read from"),
    ),
)

POOL_COLUMNS: Final = (
    *("mobile_species", "scan_protocol", "grid_protocol", "grid_spacing_ang"),
    *("exclusion_radius_ang", "accuracy", "symmetry_mode", "potential", "potential_id"),
)
"""Columns that scans must share for their descriptors to compare."""

EXTERNAL_IDS: Final = Table(
    "external_ids",
    "One row per material and entry of another database that its source says is the same crystal.",
    ("material_id", "database", "external_id"),
    _columns(
        ("material_id", "VARCHAR", "The material"),
        ("database", "VARCHAR", "The other database, such as icsd"),
        ("external_id", "VARCHAR", "Identifier there"),
    ),
)

SELECTIONS: Final = Table(
    "selections",
    "One row per recipe and material that its source offers; a material in none is gone.",
    ("recipe", "material_id"),
    _columns(
        ("recipe", "VARCHAR", "Name of the recipe"),
        ("material_id", "VARCHAR", "Material that the recipe's source offers"),
    ),
)

FORMER_STRUCTURES: Final = Table(
    "former_structures",
    "One row per material and structure that it had before its source changed it.",
    ("material_id", "run_id"),
    _columns(
        ("material_id", "VARCHAR", "The material"),
        ("structure_id", "VARCHAR", "Structure it had before"),
        ("run_id", "VARCHAR", "Run that found it changed"),
    ),
)

STAGED_BLOCKS: Final = Table(
    "staged_blocks",
    "One row per block of points whose energies wait in the staging area for the rest of a scan.",
    ("scan_id", "orbit_ion", "first_point"),
    _columns(
        ("scan_id", "VARCHAR", "Scan the energies belong to"),
        ("orbit_ion", "INTEGER", "Mobile ion that was moved"),
        ("first_point", "BIGINT", "Place of the block among the ion's evaluated points"),
        ("n_points", "BIGINT", "Number of points, hence of energies in the array"),
        ("reduced", "BOOLEAN", "Whether symmetry decided which points are evaluated"),
        ("staging_path", "VARCHAR", "Zarr array of the energies, relative to the lake"),
        ("compute_seconds", "DOUBLE", "Time that a worker was at the block, s"),
    ),
)

RELEASE: Final = Table(
    "release",
    "One row: the release itself.",
    ("number",),
    _columns(
        ("number", "INTEGER", "Number of the release; each publication counts one up"),
        ("created_at", "TIMESTAMP", "When it was built, UTC"),
        ("ionlake_version", "VARCHAR", "Version of ionlake that built it"),
        ("format_version", "INTEGER", "Version of the lake format"),
        ("ledger_revision", "BIGINT", "State of the ledger that it shows"),
        ("schema_digest", "VARCHAR", "Hash of tables, views and comments"),
    ),
)

TABLES: Final = (
    MATERIALS,
    STRUCTURES,
    SCANS,
    GRID_CHUNKS,
    MOBILE_IONS,
    DESCRIPTOR_VALUES,
    PATHWAYS,
    FAILURES,
    RUNS,
    TOMBSTONES,
    EXTERNAL_IDS,
    LABELS,
    EVALUATIONS,
    *MD_TABLES,
)
"""What readers see, in every release; the ledger holds the same tables."""

LEDGER_TABLES: Final = (*TABLES, STAGED_BLOCKS, STAGED_PIECES, SELECTIONS, FORMER_STRUCTURES)
