"""Grids and paths in the formats of other programs."""
