"""Which stages of a material are current, and which input made the others stale. Pure.

Everything is read off the identities that rows store beside their numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ionlake.descriptors.identity import descriptor_id
from ionlake.descriptors.keys import DESCRIPTOR_VERSION
from ionlake.lake.rows import Row
from ionlake.pes.identity import SCAN_VERSION
from ionlake.pipeline.changes import Change, MaterialChange
from ionlake.pipeline.plan import Method
from ionlake.structures.record import StructureRecord

_OF_POTENTIAL: Final = ("potential", "potential checkpoint", "modality", "precision")
_PARAMETERS: Final = "potential parameters"


@dataclass(frozen=True)
class StageState:
    """One stage of a material.

    Attributes:
        stage: ``row``, ``scan`` or ``descriptors``.
        current: Whether the lake holds what would be made now.
        reasons: Inputs that differ, as ``input: stored → wanted``, or why there is nothing.
        potential: Name of the potential, None for the row.
    """

    stage: str
    current: bool
    reasons: tuple[str, ...] = ()
    potential: str | None = None


def row_state(change: MaterialChange) -> StageState:
    """Whether the row of a material is as its source gives it now."""
    current = change.kind is Change.UNCHANGED
    return StageState("row", current, () if current else (f"{change.kind}: {change.reason}",))


def scan_state(
    structure: StructureRecord,
    method: Method,
    scans: Iterable[Row],
    methods: Sequence[Method] = (),
) -> StageState:
    """Whether a structure has the scan that a method asks for; if not, what differs.

    Args:
        structure: The structure.
        method: How it is to be scanned.
        scans: Rows of ``scans`` of the material: of this structure and of those it had before.
        methods: All methods of the recipe; scans with another one's potential are no former ones.
    """
    reasons = _scan_differences(structure, method, scans, methods)
    return StageState("scan", not reasons, reasons, method.card.name)


def _scan_differences(
    structure: StructureRecord,
    method: Method,
    scans: Iterable[Row],
    methods: Sequence[Method],
) -> tuple[str, ...]:
    """Why there is no scan as wanted; empty where there is one."""
    wanted = method.scan_id(structure)
    others = {each.card.potential_id for each in methods} - {method.card.potential_id}
    scans = [row for row in scans if row["potential_id"] not in others]
    scans.sort(key=lambda row: str(row["run_id"]), reverse=True)
    if any(row["scan_id"] == wanted for row in scans):
        return ()
    if not scans:
        return ("never scanned",)
    inputs = _wanted_inputs(structure, method)
    nearest = min((_differences(_stored_inputs(row), inputs) for row in scans), key=len)
    return nearest or ("screening version: other than now",)


def descriptor_state(
    structure: StructureRecord, method: Method, scan: StageState, described: Iterable[Row]
) -> StageState:
    """Whether a scan has the descriptors of this version; if not, what differs.

    Args:
        structure: The structure.
        method: How it is to be scanned.
        scan: What was found about its scan.
        described: Rows of ``descriptor_values`` of the material.
    """
    reasons = _descriptor_differences(structure, method, scan, described)
    return StageState("descriptors", not reasons, reasons, method.card.name)


def _descriptor_differences(
    structure: StructureRecord, method: Method, scan: StageState, described: Iterable[Row]
) -> tuple[str, ...]:
    """Why there are no descriptors as wanted; empty where there are."""
    if not scan.current:
        return ("the scan is not current",)
    wanted = method.scan_id(structure)
    own = [row for row in described if row["scan_id"] == wanted]
    if any(row["descriptor_id"] == descriptor_id(wanted) for row in own):
        return ()
    if not own:
        return ("never described",)
    newest = max(row["descriptor_version"] for row in own)
    return (f"descriptor version: {newest} → {DESCRIPTOR_VERSION}",)


def _wanted_inputs(structure: StructureRecord, method: Method) -> dict[str, Any]:
    settings, card = method.settings_of(structure), method.card
    return {
        "structure": structure.structure_id,
        "mobile species": settings.mobile_species,
        "scan protocol": settings.scan_protocol,
        "grid": settings.grid,
        "spacing_ang": settings.spacing_ang,
        "exclusion_radius_ang": settings.exclusion_radius_ang,
        "symmetry": settings.symmetry,
        "accuracy": settings.accuracy,
        "potential": card.name,
        "potential checkpoint": card.checkpoint_sha256,
        "modality": card.modality,
        "precision": card.dtype,
        _PARAMETERS: card.potential_id,
        "evaluator version": method.evaluator,
        "scan version": SCAN_VERSION,
    }


def _stored_inputs(scan: Row) -> dict[str, Any]:
    """The same of a stored scan; the grid's name without the spacing that it may carry."""
    return {
        "structure": scan["structure_id"],
        "mobile species": scan["mobile_species"],
        "scan protocol": scan["scan_protocol"],
        "grid": str(scan["grid_protocol"]).partition("-")[0],
        "spacing_ang": scan["grid_spacing_ang"],
        "exclusion_radius_ang": scan["exclusion_radius_ang"],
        "symmetry": scan["symmetry_mode"],
        "accuracy": scan["accuracy"],
        "potential": scan["potential"],
        "potential checkpoint": scan["checkpoint_sha256"],
        "modality": scan["modality"],
        "precision": scan["dtype"],
        _PARAMETERS: scan["potential_id"],
        "evaluator version": scan["evaluator"],
        "scan version": scan["scan_version"],
    }


def _differences(stored: dict[str, Any], wanted: dict[str, Any]) -> tuple[str, ...]:
    """Inputs that differ; the potential's identity only where nothing else of it does."""
    differing = [name for name in wanted if stored[name] != wanted[name]]
    if any(name in differing for name in _OF_POTENTIAL):
        differing.remove(_PARAMETERS)
    return tuple(f"{name}: {_shown(stored[name])} → {_shown(wanted[name])}" for name in differing)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
