"""Versions of the dynamics and of its analysis."""

from typing import Final

MD_VERSION: Final = 1
"""Raised whenever the dynamics changes in a way that can change a stored number."""

ANALYSIS_VERSION: Final = 1
"""Raised whenever the analysis changes in a way that can change a number."""
