"""Carry out the part of a decision that needs no computing: rows, selections, tombstones."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ionlake.lake import schema
from ionlake.lake.rows import Row
from ionlake.pipeline.changes import Change
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.decision import Decision
from ionlake.pipeline.known import Known
from ionlake.pipeline.rows import structure_row


def store(decision: Decision, known: Known, run: RunContext, recipe: str) -> None:
    """Write what a source has changed and what cannot be treated, in one transaction.

    Args:
        decision: What the run will do.
        known: What the lake knew.
        run: The run.
        recipe: Name of the recipe.
    """
    ledger = run.writer.ledger
    gone = decision.changed(Change.GONE)
    pairs = [_pair(material_id, decision, run) for material_id in _to_write(decision, known)]
    for change in decision.changed(Change.STRUCTURE):
        before, now = known.materials[change.material_id], decision.offer.rows[change.material_id]
        run.reporter.structure_changed(change.material_id, before["reference"], now["reference"])
    with ledger.together():
        ledger.put_materials(pairs)
        ledger.put_external_ids(decision.offer.external_ids)
        noted = known.noted_by(recipe)
        offered = [*decision.offer.rows, *decision.offer.unreadable]
        ledger.select(recipe, [each for each in offered if each not in noted])
        ledger.deselect(recipe, sorted(decision.departed))
        ledger.bury(
            _tombstone(known.materials[change.material_id], change.reason, run.run_id)
            for change in gone
        )
        for failure in decision.failures:
            run.fail(failure)
        ledger.note_plan(
            run.run_id,
            to_do=len(decision.to_do),
            quarantined=len(decision.quarantined),
            gone=len(gone),
        )
        ledger.note_to_do(run.run_id, _to_do(decision))


def _to_do(decision: Decision) -> Iterator[tuple[str, str, str]]:
    """What needs computing, each with the potential and the descriptors that it will have."""
    pairs = decision.to_do
    for task in decision.tasks:
        for material_id in task.material_ids:
            potential_id = task.method.card.potential_id
            if (material_id, potential_id) in pairs:
                yield material_id, potential_id, task.descriptor_id


def _to_write(decision: Decision, known: Known) -> list[str]:
    """Materials whose row is not as it stands, or whose failures may be obsolete."""
    as_before = {change.material_id for change in decision.changed(Change.UNCHANGED)}
    as_before -= known.failed_materials
    return [material_id for material_id in decision.offer.rows if material_id not in as_before]


def _pair(material_id: str, decision: Decision, run: RunContext) -> tuple[Row, Row]:
    """The rows of a material and of its structure; the latter is kept as it was made first."""
    structure = decision.structures[material_id]
    stored = run.writer.ledger.row(schema.STRUCTURES, structure.structure_id)
    return decision.offer.rows[material_id], stored or structure_row(structure)


def _tombstone(material: Row, reason: str, run_id: str) -> Row:
    return {
        "material_id": material["material_id"],
        "source": material["source"],
        "structure_id": material["structure_id"],
        "reason": reason,
        "gone_at": datetime.now(UTC),
        "run_id": run_id,
    }
