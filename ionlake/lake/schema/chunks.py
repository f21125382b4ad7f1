"""The table of what is known of each chunk of a grid before it is read."""

from typing import Final

from ionlake.lake.schema.columns import Column, Table, columns
from ionlake.pes.far_points import DISTANCES_ANG, lowest_beyond_key

GRID_CHUNKS: Final = Table(
    "grid_chunks",
    "One row per mobile ion and chunk of a grid: what it holds, to tell which grids to open.",
    ("scan_id", "mobile_ion", "chunk"),
    (
        *columns(
            ("scan_id", "VARCHAR", "Scan whose grid it is"),
            ("mobile_ion", "INTEGER", "Mobile ion that was moved"),
            ("chunk", "INTEGER", "Number of the chunk along the first lattice vector"),
            ("first_a", "INTEGER", "Index of its first plane of points along that vector"),
            ("planes_a", "INTEGER", "Number of its planes"),
            ("n_points", "BIGINT", "Number of its points"),
            ("n_evaluated", "BIGINT", "Points whose energy the potential computed"),
            ("n_copied", "BIGINT", "Points whose energy is a symmetry copy"),
            ("n_excluded", "BIGINT", "Points too close to another atom"),
            ("n_skipped", "BIGINT", "Points that a screened scan left out"),
            ("lowest_energy_ev", "DOUBLE", "Lowest energy above the minimum of the ion, eV"),
            ("highest_energy_ev", "DOUBLE", "Highest energy above the minimum of the ion, eV"),
        ),
        *(
            Column(
                lowest_beyond_key(distance),
                "DOUBLE",
                f"Lowest energy further than {distance:g} Å from every site of the mobile species,"
                " eV; null where there is none",
            )
            for distance in DISTANCES_ANG
        ),
    ),
)
