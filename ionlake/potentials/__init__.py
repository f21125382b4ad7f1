"""Potentials: what gives a crystal its energy, behind one small interface."""
