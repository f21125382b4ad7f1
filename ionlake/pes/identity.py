"""The name of a scan: a hash of everything its energies depend on."""

import hashlib
import json
from typing import Final

from ionlake.pes.settings import ScanSettings

SCAN_VERSION: Final = 1
"""Raised whenever the scan algorithm changes in a way that can change a stored number."""

ACCURACY_VERSIONS: Final = {"full": "full", "screen": "screen-1"}
"""Which points have energies; screening has a version of its own, full scans have one answer."""


def scan_id(structure_id: str, settings: ScanSettings, potential_id: str, evaluator: str) -> str:
    """Hash of structure, protocol, settings, potential, evaluator and algorithm version.

    Args:
        structure_id: Identity of the structure.
        settings: Settings with the symmetry mode resolved, as `settings_for` gives them for this
            crystal; the evaluator they chose is known by its name alone.
        potential_id: Identity of the potential.
        evaluator: Name and version of the code path that evaluates the points.
    """
    identity = {
        "structure": structure_id,
        "mobile_species": settings.mobile_species,
        "scan_protocol": settings.scan_protocol,
        "grid": settings.grid,
        "spacing_ang": settings.spacing_ang,
        "exclusion_radius_ang": settings.exclusion_radius_ang,
        "symmetry": settings.symmetry,
        "accuracy": ACCURACY_VERSIONS[settings.accuracy],
        "potential": potential_id,
        "evaluator": evaluator,
        "version": SCAN_VERSION,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
