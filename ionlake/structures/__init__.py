"""Crystals: the validated record, its identity, and the sources that deliver them."""

from ionlake.structures.identity import structure_id
from ionlake.structures.record import StructureRecord

__all__ = ["StructureRecord", "structure_id"]
