"""Measured and computed conductivities: reading them, and finding the crystals they belong to."""
