"""Molecular dynamics over many materials: which, in what pieces, and where the results go."""
