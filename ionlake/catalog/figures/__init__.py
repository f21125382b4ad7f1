"""Figures of what a lake holds."""
