"""Tables and columns of the lake, each with its type and meaning, spelled once.

The ledger's tables, the release's tables and their comments are all generated from these pages, so
that a name, its type and its unit can never differ between them. Types are DuckDB's.
"""

from typing import Final

from ionlake.lake.schema.chunks import GRID_CHUNKS
from ionlake.lake.schema.columns import Column, Table
from ionlake.lake.schema.dynamics import CONDUCTIVITIES, DIFFUSIVITIES, MD_RUNS, STAGED_PIECES
from ionlake.lake.schema.labels import EVALUATIONS, LABELS, MATCH_COLUMNS, POOL_COLUMNS
from ionlake.lake.schema.pathways import PATHWAYS
from ionlake.lake.schema.runs import MERGE, RELEASE, RUNS, TO_DO
from ionlake.lake.schema.scans import DESCRIPTOR_VALUES, MOBILE_IONS, SCANS, STAGED_BLOCKS
from ionlake.lake.schema.source import (
    EXTERNAL_IDS,
    FAILURES,
    FORMER_STRUCTURES,
    MATERIALS,
    ORIGIN_COLUMNS,
    SELECTIONS,
    STRUCTURES,
    TOMBSTONES,
)

__all__ = [
    "CONDUCTIVITIES",
    "DESCRIPTOR_VALUES",
    "DIFFUSIVITIES",
    "EVALUATIONS",
    "EXTERNAL_IDS",
    "FAILURES",
    "FORMER_STRUCTURES",
    "GRID_CHUNKS",
    "LABELS",
    "LEDGER_TABLES",
    "MATCH_COLUMNS",
    "MATERIALS",
    "MD_RUNS",
    "MERGE",
    "MOBILE_IONS",
    "ORIGIN_COLUMNS",
    "PATHWAYS",
    "POOL_COLUMNS",
    "RELEASE",
    "RUNS",
    "SCANS",
    "SELECTIONS",
    "STAGED_BLOCKS",
    "STAGED_PIECES",
    "STRUCTURES",
    "TABLES",
    "TOMBSTONES",
    "TO_DO",
    "Column",
    "Table",
]

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
    MD_RUNS,
    DIFFUSIVITIES,
    CONDUCTIVITIES,
)
"""What readers see, in every release; the ledger holds the same tables."""

LEDGER_TABLES: Final = (
    *TABLES,
    *(STAGED_BLOCKS, STAGED_PIECES, SELECTIONS, FORMER_STRUCTURES, TO_DO),
)
