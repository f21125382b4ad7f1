"""Tables of runs and releases."""

from typing import Final

from ionlake.lake.schema.columns import Table, columns

RUNS: Final = Table(
    "runs",
    "One row per run of a recipe. Materials computed, reused, failed, to do and quarantined count"
    " once for each potential of an ensemble.",
    ("run_id",),
    columns(
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

MERGE: Final = "ionlake merge"
"""Under this name of a recipe merges stand in the table runs."""

TO_DO: Final = Table(
    "to_do",
    "One row per material that the last run of a recipe found to need computing, and potential.",
    ("run_id", "material_id", "potential_id"),
    columns(
        ("run_id", "VARCHAR", "The run"),
        ("material_id", "VARCHAR", "The material"),
        ("potential_id", "VARCHAR", "Hash of checkpoint, modality and precision"),
        (
            "descriptor_id",
            "VARCHAR",
            "Descriptors that it will have; once they are there, it is done",
        ),
    ),
)

RELEASE: Final = Table(
    "release",
    "One row: the release itself.",
    ("number",),
    columns(
        ("number", "INTEGER", "Number of the release; each publication counts one up"),
        ("created_at", "TIMESTAMP", "When it was built, UTC"),
        ("ionlake_version", "VARCHAR", "Version of ionlake that built it"),
        ("format_version", "INTEGER", "Version of the lake format"),
        ("ledger_revision", "BIGINT", "State of the ledger that it shows"),
        ("schema_digest", "VARCHAR", "Hash of tables, views and comments"),
    ),
)
