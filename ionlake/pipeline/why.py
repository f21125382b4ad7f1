"""Why a material is current, or which input made it stale."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ionlake.errors import LakeError, SettingsError
from ionlake.lake import schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.location import lake_root
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.lake.rows import Row
from ionlake.pipeline.changes import Change, MaterialChange, compare_material
from ionlake.pipeline.known import Known, read_known
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.rows import material_row, structure_of
from ionlake.pipeline.run import make_methods
from ionlake.pipeline.sources import make_source
from ionlake.pipeline.staleness import StageState, descriptor_state, row_state, scan_state
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import StructureSource


@dataclass(frozen=True)
class Explanation:
    """The state of one material.

    Attributes:
        material_id: The material.
        recipe: Name of the recipe it is measured against.
        stages: Row, then scan and descriptors for each potential of the recipe.
        failures: Its rows of ``failures``.
        tombstone: Its row of ``tombstones``, None while its source offers it.
    """

    material_id: str
    recipe: str
    stages: tuple[StageState, ...]
    failures: tuple[dict[str, Any], ...]
    tombstone: dict[str, Any] | None


def explain(
    material_id: str, lake: str | Path, recipe: Recipe | None = None, *, offline: bool = False
) -> Explanation:
    """Say for each stage of a material whether it is current, and if not, why.

    Args:
        material_id: The material.
        lake: Folder of the lake, or its URL.
        recipe: What it is measured against; its source is read. By default the last run of a
            recipe that selects the material; then its row counts as current.
        offline: Read the newest summaries of the database that the lake keeps, ask no server.

    Raises:
        LakeError: If the folder is no lake, or neither it nor the recipe knows the material.
        SourceError: If the recipe's source cannot be read.
        SettingsError: If the last run's settings cannot be read by this version.
    """
    with read_ledger(find_lake(lake)) as ledger, ledger.snapshot():
        known = read_known(ledger)
        if recipe is None:
            measure = _last_recipe(material_id, ledger, known)
            change = MaterialChange(material_id, Change.UNCHANGED)
            structure = _stored_structure(known.materials[material_id], ledger)
        else:
            measure = recipe
            kept = LakeLayout(lake_root(lake)).summaries(recipe.source.kind) if offline else None
            source = make_source(recipe, kept=kept, offline=offline)
            change, structure = _from_source(material_id, source, ledger, known)
        stages = _stages(material_id, structure, measure, ledger, known)
        return Explanation(
            material_id=material_id,
            recipe=measure.name,
            stages=(row_state(change), *stages),
            failures=tuple(ledger.rows(schema.FAILURES, material_id=material_id)),
            tombstone=ledger.row(schema.TOMBSTONES, material_id),
        )


def _stages(
    material_id: str, structure: StructureRecord, recipe: Recipe, ledger: Ledger, known: Known
) -> tuple[StageState, ...]:
    methods = make_methods(recipe)
    former = ledger.rows(schema.FORMER_STRUCTURES, material_id=material_id)
    had = {structure.structure_id, *(row["structure_id"] for row in former)}
    if material_id in known.materials:
        had.add(known.materials[material_id]["structure_id"])
    scans = [row for each in had for row in ledger.rows(schema.SCANS, structure_id=each)]
    described = [
        row
        for scan in scans
        for row in ledger.rows(schema.DESCRIPTOR_VALUES, scan_id=scan["scan_id"])
    ]
    stages: list[StageState] = []
    for method in methods:
        scan = scan_state(structure, method, scans, methods)
        stages += [scan, descriptor_state(structure, method, scan, described)]
    return tuple(stages)


def _from_source(
    material_id: str, source: StructureSource, ledger: Ledger, known: Known
) -> tuple[MaterialChange, StructureRecord]:
    """How the source's entry differs from the lake's row, and which structure is meant."""
    before = known.materials.get(material_id)
    for entry in source.entries():
        if entry.material_id != material_id or entry.deprecated:
            continue
        if entry.structure is not None:
            row = material_row(entry, entry.structure, source.name, "")
            return compare_material(row, known), entry.structure
        if before is not None:
            change = MaterialChange(material_id, Change.UNCHANGED, str(entry.error))
            return change, _stored_structure(before, ledger)
    if before is None:
        raise _unknown(material_id, known)
    change = MaterialChange(material_id, Change.GONE, f"not offered by {source.name}")
    return change, _stored_structure(before, ledger)


def _stored_structure(material: Row, ledger: Ledger) -> StructureRecord:
    """The crystal of a row of ``materials``."""
    (row,) = ledger.rows(schema.STRUCTURES, structure_id=material["structure_id"])
    return structure_of(row)


def _last_recipe(material_id: str, ledger: Ledger, known: Known) -> Recipe:
    """The recipe, with its settings, of the last run that selected a material."""
    before = known.materials.get(material_id)
    if before is None:
        raise _unknown(material_id, known)
    names = known.recipes.get(material_id, set())
    runs: list[Row] = [
        row
        for row in ledger.rows(schema.RUNS)
        if row["recipe"] in names or (not names and row["run_id"] == before["run_id"])
    ]
    if not runs:
        raise LakeError(f"no run in the lake selects {material_id}: name a recipe with --recipe")
    try:
        return Recipe.model_validate(json.loads(runs[-1]["settings"]))
    except ValidationError as error:
        raise SettingsError(
            f"the settings of run {runs[-1]['run_id']} are of another ionlake: name the recipe"
            " with --recipe"
        ) from error


def _unknown(material_id: str, known: Known) -> LakeError:
    from difflib import get_close_matches

    close = get_close_matches(material_id, known.materials, n=3)
    hint = f"did you mean {', '.join(close)}?" if close else "table materials lists what is there"
    return LakeError(f"no material {material_id!r} in the lake: {hint}")
