"""What labels a release holds, counted."""

from typing import Any, Final

from ionlake.catalog.access import Lake

_SETS: Final = """
    SELECT
        label_set,
        method,
        count(*) AS rows,
        count(*) FILTER (censored) AS upper_bounds,
        count(*) FILTER (matched_by = 'material_id') AS by_material_id,
        count(*) FILTER (matched_by = 'icsd') AS by_icsd,
        count(*) FILTER (matched_by = 'structure') AS by_structure,
        count(*) FILTER (material_id IS NULL) AS unmatched,
        count(DISTINCT material_id) AS materials,
        count(DISTINCT material_id) FILTER (
            material_id IN (SELECT material_id FROM descriptors)
        ) AS described
    FROM labels
    GROUP BY label_set, method
    ORDER BY label_set, method
"""


def label_sets(lake: Lake) -> list[dict[str, Any]]:
    """One row per set and method: rows, upper bounds, matches by way, materials, described ones.

    Args:
        lake: The lake, open; a release that knows no labels has no sets.
    """
    if not len(lake.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'labels'")):
        return []
    rows: list[dict[str, Any]] = lake.arrow(_SETS).to_pylist()
    return rows
