"""Level maps and percolation thresholds of one mobile ion's energy landscape."""

from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.minimax import cap_levels, level_map
from ionlake.levels.percolation import percolation_barriers

__all__ = ["cap_levels", "level_map", "neighbour_offsets", "percolation_barriers"]
