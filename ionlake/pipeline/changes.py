"""What has changed in a source since a lake last read it. Pure.

A changed structure is a new structure under the same material; changed properties change a row and
nothing else; a material that is no longer offered is gone, which deletes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ionlake.lake.rows import Row, encode_row
from ionlake.lake.schema import MATERIALS, ORIGIN_COLUMNS
from ionlake.pipeline.known import Known


class Change(StrEnum):
    """How a material differs from what the lake knows of it."""

    NEW = "new"
    RETURNED = "returned"
    STRUCTURE = "structure changed"
    PROPERTIES = "properties only"
    UNCHANGED = "unchanged"
    GONE = "gone"


@dataclass(frozen=True)
class MaterialChange:
    """One material and how it differs.

    Attributes:
        material_id: The material.
        kind: How it differs.
        reason: One line: which values differ, or why it is gone; empty where nothing does.
    """

    material_id: str
    kind: Change
    reason: str = ""


@dataclass(frozen=True)
class Offer:
    """What a source offers.

    Attributes:
        source: Name of the source.
        rows: Rows of ``materials`` of all that can be read, by material id.
        unreadable: Materials that are offered but cannot be read.
        deprecated: Materials that the source has given up.
        external_ids: Which entries of other databases materials are, where the source says so.
    """

    source: str
    rows: Mapping[str, Row]
    unreadable: Collection[str] = ()
    deprecated: Collection[str] = ()
    external_ids: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def compare(offer: Offer, known: Known, recipe: str) -> list[MaterialChange]:
    """One change per material that is offered, given up or gone, in the order of the source.

    A material that cannot be read now stays as it was and is not among them. One that another
    recipe still selects is not gone.

    Args:
        offer: What the source offers now.
        known: What the lake knows.
        recipe: Name of the recipe whose selection the offer is.
    """
    changes = [compare_material(row, known) for row in offer.rows.values()]
    for material_id in offer.deprecated:
        if material_id in known.materials and material_id not in known.tombstones:
            reason = f"deprecated by {offer.source}"
            changes.append(MaterialChange(material_id, Change.GONE, reason))
    for material_id in sorted(departed(offer, known, recipe)):
        alone = known.recipes[material_id] == {recipe} and material_id not in known.tombstones
        if material_id in known.materials and alone and material_id not in offer.deprecated:
            reason = f"no longer offered by {offer.source}"
            changes.append(MaterialChange(material_id, Change.GONE, reason))
    return changes


def departed(offer: Offer, known: Known, recipe: str) -> set[str]:
    """Materials that were in the selection of a recipe and are not any more."""
    return known.offered_by(recipe) - offer.rows.keys() - set(offer.unreadable)


def compare_material(row: Row, known: Known) -> MaterialChange:
    """How one material differs from what the lake knows of it.

    Args:
        row: Its row for ``materials``.
        known: What the lake knows.
    """
    material_id = row["material_id"]
    before = known.materials.get(material_id)
    if before is None:
        return MaterialChange(material_id, Change.NEW, "not in the lake yet")
    differing = _differences(before, row)
    reason = "; ".join(differing.values())
    if material_id in known.tombstones:
        return MaterialChange(material_id, Change.RETURNED, reason or "offered again")
    if "structure_id" in differing:
        return MaterialChange(material_id, Change.STRUCTURE, differing["structure_id"])
    if differing:
        return MaterialChange(material_id, Change.PROPERTIES, reason)
    return MaterialChange(material_id, Change.UNCHANGED)


def _differences(before: Row, now: Row) -> dict[str, str]:
    """Columns that differ as the ledger stores them, each with a line on how."""
    stored, coming = encode_row(MATERIALS, before), encode_row(MATERIALS, now)
    return {
        name: f"{name}: {_shown(old)} → {_shown(new)}"
        for name, old, new in zip(MATERIALS.column_names, stored, coming, strict=True)
        if old != new and name not in ORIGIN_COLUMNS
    }


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
