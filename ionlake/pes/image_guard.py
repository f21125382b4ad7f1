"""Keeping the moving ion away from its own images, by scanning a supercell of a small cell.

The paper scans every cell as it is. In a short one the moved ion takes its images along, and what
it meets on its way is itself: the vacancy it left is everywhere, and rocksalt halides look like
conductors. In a supercell the other ions of its kind stay at their sites.
"""

from dataclasses import replace

from ionlake.geometry import FloatArray
from ionlake.pes.settings import ScanSettings
from ionlake.structures.record import StructureRecord
from ionlake.structures.supercell import (
    ONE_CELL,
    Repeats,
    keeps_images_apart,
    repeated,
    supercell_repeats,
)


def settings_for(cell: FloatArray, settings: ScanSettings) -> ScanSettings:
    """Settings of the scan of one crystal: without a distance where its own cell keeps it.

    Such a crystal has the plain scan, of which there is one whatever the distance.

    Args:
        cell: Lattice vectors of the crystal as rows, Å.
        settings: Settings for all crystals.
    """
    distance = settings.min_image_distance_ang
    if distance is None or not keeps_images_apart(cell, distance):
        return settings
    return replace(settings, min_image_distance_ang=None)


def scan_repeats(cell: FloatArray, settings: ScanSettings) -> Repeats:
    """Number of cells along each lattice vector that a scan takes together.

    Args:
        cell: Lattice vectors of the crystal as rows, Å.
        settings: Settings of the scan.
    """
    distance = settings_for(cell, settings).min_image_distance_ang
    return ONE_CELL if distance is None else supercell_repeats(cell, distance)


def scanned_structure(structure: StructureRecord, settings: ScanSettings) -> StructureRecord:
    """What is scanned of a crystal: the crystal itself or its supercell.

    Args:
        structure: The crystal.
        settings: Settings of the scan.
    """
    return repeated(structure, scan_repeats(structure.cell, settings))
