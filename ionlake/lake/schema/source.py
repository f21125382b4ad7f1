"""Tables of materials as their sources give them, of what is gone and of what failed."""

from typing import Final

from ionlake.lake.schema.columns import Table, columns

MATERIALS: Final = Table(
    "materials",
    "One row per material of a source, with the structure it has there now.",
    ("material_id",),
    columns(
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
    columns(
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

EXTERNAL_IDS: Final = Table(
    "external_ids",
    "One row per material and entry of another database that its source says is the same crystal.",
    ("material_id", "database", "external_id"),
    columns(
        ("material_id", "VARCHAR", "The material"),
        ("database", "VARCHAR", "The other database, such as icsd"),
        ("external_id", "VARCHAR", "Identifier there"),
    ),
)

SELECTIONS: Final = Table(
    "selections",
    "One row per recipe and material that its source offers; a material in none is gone.",
    ("recipe", "material_id"),
    columns(
        ("recipe", "VARCHAR", "Name of the recipe"),
        ("material_id", "VARCHAR", "Material that the recipe's source offers"),
    ),
)

FORMER_STRUCTURES: Final = Table(
    "former_structures",
    "One row per material and structure that it had before its source changed it.",
    ("material_id", "run_id"),
    columns(
        ("material_id", "VARCHAR", "The material"),
        ("structure_id", "VARCHAR", "Structure it had before"),
        ("run_id", "VARCHAR", "Run that found it changed"),
    ),
)

TOMBSTONES: Final = Table(
    "tombstones",
    "One row per material that has left its source; its rows, grids and old releases stay.",
    ("material_id",),
    columns(
        ("material_id", "VARCHAR", "Material that is gone"),
        ("source", "VARCHAR", "Source that no longer offers it"),
        ("structure_id", "VARCHAR", "Structure it had last"),
        ("reason", "VARCHAR", "no longer offered, or deprecated"),
        ("gone_at", "TIMESTAMP", "When a run found it gone, UTC"),
        ("run_id", "VARCHAR", "Run that found it gone"),
    ),
)

FAILURES: Final = Table(
    "failures",
    "One row per material and attempt that has failed and not succeeded since; last reason.",
    ("failure_id",),
    columns(
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
