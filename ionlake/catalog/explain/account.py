"""A descriptor of a material with its derivation, its warnings and its origin."""

import json
from dataclasses import dataclass
from typing import Any

from ionlake.catalog.access import Lake
from ionlake.catalog.explain.facts import Fact, Facts, gather
from ionlake.catalog.explain.words import how

_CLOSE_IMAGE_ANG = 5.0


@dataclass(frozen=True)
class Account:
    """What there is to say about one number.

    Attributes:
        material_id: The material.
        formula: Its formula.
        descriptor: Name of the number.
        value: The number.
        unit: Its unit, "1" for a pure number.
        meaning: What it means, in one sentence.
        how: How it arose, in sentences.
        warnings: Flags of the scan that are raised, and other reasons for care.
        settings: How the crystal was scanned.
        identities: Hashes of structure, potential, scan and descriptors.
        scanned: When, by which run and with which versions; None where the run is not in the lake.
        described: The same of the descriptors.
        path: The path of a percolation barrier: direction, length, bottleneck and its neighbours.
        release: Number of the release.
    """

    material_id: str
    formula: str
    descriptor: str
    value: float | bool | None
    unit: str
    meaning: str
    how: tuple[str, ...]
    warnings: tuple[str, ...]
    settings: Fact
    identities: Fact
    scanned: Fact | None
    described: Fact | None
    path: Fact | None
    release: int


def explain(
    lake: Lake, material_id: str, descriptor: str = "Xi", *, scan_id: str | None = None
) -> Account:
    """Explain a descriptor of a material.

    Args:
        lake: The lake, open.
        material_id: The material.
        descriptor: Name of a column of ``descriptor_values``.
        scan_id: One scan, where the material has several.

    Raises:
        SettingsError: There is no such descriptor.
        LakeError: The material is unknown, or has no such scan or descriptors, or several scans.
    """
    facts = gather(lake, material_id, descriptor, scan_id)
    return Account(
        material_id=material_id,
        formula=facts.material["formula"],
        descriptor=facts.key.name,
        value=facts.value,
        unit=facts.key.unit,
        meaning=facts.key.description,
        how=tuple(how(facts)),
        warnings=tuple(_warnings(facts)),
        settings={name: facts.scan[name] for name in _SETTINGS if name in facts.scan},
        identities=_identities(facts),
        scanned=_run(facts.scan_run),
        described=_run(facts.descriptor_run),
        path=None if facts.path is None else _path(facts.path.attrs),
        release=facts.release,
    )


_SETTINGS = (
    *("mobile_species", "scan_protocol", "grid_protocol", "grid_spacing_ang", "n_a", "n_b", "n_c"),
    *("exclusion_radius_ang", "accuracy", "symmetry_mode", "n_mobile_ions", "n_ion_orbits"),
    *("points_total", "points_evaluated", "points_copied", "points_excluded", "potential", "dtype"),
    *("modality", "evaluator", "scan_version", "evaluator_error_ev", "symmetry_certificate_ev"),
    *("min_image_distance_ang", "base_energy_ev"),
)
_PATH = (
    *("mobile_ion", "site_index", "dimension", "direction", "barrier_ev", "length_ang"),
    *("bottleneck", "bottleneck_fractional", "bottleneck_cartesian_ang", "bottleneck_elements"),
    *("bottleneck_sites", "bottleneck_distances_ang"),
)


def _warnings(facts: Facts) -> list[str]:
    said = []
    image = facts.scan["min_image_distance_ang"]
    if image < _CLOSE_IMAGE_ANG:
        said.append(f"the ion meets its own image at {image:.2f} Å, nearer than 5 Å")
    for flag, words in (
        ("minimum_below_base", "the grid's minimum is over 0.2 eV below the crystal's energy"),
        ("minimum_far_from_site", "the grid's minimum is over 0.5 Å from the ion's site"),
    ):
        ions = [str(row["mobile_ion"]) for row in facts.ions if row[flag]]
        if ions:
            said.append(f"{words} for {len(ions)} of {len(facts.ions)} ions ({', '.join(ions)})")
    if facts.scan["accuracy"] == "screen":
        said.append("screened scan: energies above 0.6 eV are not all known")
    if facts.descriptors.get("fv_0p5_WARNlowPES"):
        said.append("the landscape of some ion nowhere rises to 0.5 eV")
    if facts.tombstone is not None:
        said.append(f"the material has left its source: {facts.tombstone['reason']}")
    if facts.scan["structure_id"] != facts.material["structure_id"]:
        said.append("the material has another structure now")
    return said


def _identities(facts: Facts) -> Fact:
    scan, described = facts.scan, facts.descriptors
    return {
        "structure_id": scan["structure_id"],
        "potential_id": scan["potential_id"],
        "checkpoint_sha256": scan["checkpoint_sha256"],
        "scan_id": scan["scan_id"],
        "grid_sha256": scan["grid_sha256"],
        "descriptor_id": described["descriptor_id"],
        "descriptor_version": described["descriptor_version"],
    }


def _run(run: Fact | None) -> Fact | None:
    if run is None:
        return None
    versions: Any = json.loads(run["versions"] or "{}")
    return {
        "run_id": run["run_id"],
        "recipe": run["recipe"],
        "started_at": run["started_at"],
        "versions": versions,
    }


def _path(attributes: Fact) -> Fact:
    return {name: attributes[name] for name in _PATH}
