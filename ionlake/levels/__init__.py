"""Level maps, percolation thresholds and migration paths of one mobile ion's energy landscape."""

from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import cap_levels, level_map
from ionlake.levels.pathway import Pathway, migration_paths
from ionlake.levels.percolation import percolation_barriers

__all__ = [
    "Pathway",
    "cap_levels",
    "level_map",
    "migration_paths",
    "neighbour_offsets",
    "percolation_barriers",
]
