"""What an update would do, material by material, without doing it."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ionlake.lake import files, schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import lake_root
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.lake.rows import Row
from ionlake.pipeline.changes import Change
from ionlake.pipeline.decision import Decision, decide
from ionlake.pipeline.known import Known, read_known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Method, Task, Todo
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import make_method
from ionlake.pipeline.sources import make_source
from ionlake.pipeline.staleness import descriptor_state, scan_state
from ionlake.structures.sources.interface import SourceFollower


@dataclass(frozen=True)
class PlannedMaterial:
    """What would be done for one material.

    Attributes:
        material_id: The material.
        change: How it differs from what the lake knows.
        stages: ``row``, ``scan``, ``describe`` or ``tombstone``.
        reasons: Why.
    """

    material_id: str
    change: str
    stages: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """What an update would do.

    Attributes:
        recipe: Name of the recipe.
        lake: Folder of the lake, or its URL.
        materials_read: Materials the source offers.
        changes: Number of materials for each kind of change.
        materials: Materials for which something would be done.
        materials_pending: Materials that would still need computing afterwards.
        materials_failed: Materials that cannot be read or treated.
        quarantined: Materials left out because they failed too often.
    """

    recipe: str
    lake: str
    materials_read: int
    changes: dict[str, int]
    materials: tuple[PlannedMaterial, ...]
    materials_pending: int
    materials_failed: int
    quarantined: tuple[str, ...]


@dataclass(frozen=True)
class _Done:
    """Scans by structure, descriptors by scan, and structures that materials had before."""

    scans: dict[str, list[Row]]
    described: dict[str, list[Row]]
    former: dict[str, list[str]]


def dry_run(
    recipe: Recipe,
    lake: str | Path,
    options: RunOptions,
    *,
    offline: bool = False,
    follower: SourceFollower | None = None,
) -> DryRun:
    """Work out what an update would do; no energy is evaluated and no lake is changed or made.

    Args:
        recipe: What would be done.
        lake: Folder of the lake, or its URL.
        options: How far the update would go.
        offline: Read the newest summaries of the database that the lake keeps, ask no server.
        follower: Who is told how reading over the network goes.

    Raises:
        LakeError: If the folder is something else than a lake.
        SourceError: If the source as a whole cannot be read.
        PotentialError: If the potential cannot be loaded.
    """
    kept = LakeLayout(lake_root(lake)).summaries(recipe.source.kind) if offline else None
    source = make_source(recipe, kept=kept, offline=offline, follower=follower)
    method = make_method(recipe)
    known, done = _read(lake)
    decision = decide(source.name, source.entries(), known, recipe, method, options)
    materials = _materials(decision, known, method, done)
    chosen = {material_id for task in decision.chosen for material_id in task.material_ids}
    return DryRun(
        recipe=recipe.name,
        lake=str(lake),
        materials_read=decision.n_read,
        changes=decision.counts,
        materials=tuple(materials),
        materials_pending=len(decision.to_do - chosen),
        materials_failed=len(decision.failures),
        quarantined=decision.quarantined,
    )


def _read(lake: str | Path) -> tuple[Known, _Done]:
    """What a lake knows and holds; nothing where there is no lake yet."""
    scans: dict[str, list[Row]] = defaultdict(list)
    described: dict[str, list[Row]] = defaultdict(list)
    former: dict[str, list[str]] = defaultdict(list)
    if not files.names_in(lake_root(lake)):
        return Known(), _Done(scans, described, former)
    with read_ledger(find_lake(lake)) as ledger, ledger.snapshot():
        for row in ledger.rows(schema.SCANS):
            scans[row["structure_id"]].append(row)
        for row in ledger.rows(schema.DESCRIPTOR_VALUES):
            described[row["scan_id"]].append(row)
        for row in ledger.rows(schema.FORMER_STRUCTURES):
            former[row["material_id"]].append(row["structure_id"])
        return read_known(ledger), _Done(scans, described, former)


def _materials(
    decision: Decision, known: Known, method: Method, done: _Done
) -> list[PlannedMaterial]:
    """One per material with something to do: those to compute first, the cheapest of them first."""
    changes = {change.material_id: change for change in decision.changes}
    tasks = {material_id: task for task in decision.chosen for material_id in task.material_ids}
    planned = []
    for material_id in [*tasks, *(name for name in changes if name not in tasks)]:
        change, task = changes[material_id], tasks.get(material_id)
        stages: list[str] = []
        if change.kind is not Change.UNCHANGED:
            stages.append("tombstone" if change.kind is Change.GONE else "row")
        reasons = [change.reason] if change.reason else []
        if task is not None:
            stages += ["scan", "describe"] if task.todo is Todo.SCAN else ["describe"]
            reasons += [
                reason
                for reason in _why(material_id, task, known, method, done)
                if change.kind not in {Change.NEW, Change.STRUCTURE}
            ]
        if stages:
            planned.append(
                PlannedMaterial(material_id, change.kind.value, tuple(stages), tuple(reasons))
            )
    return planned


def _why(
    material_id: str, task: Task, known: Known, method: Method, done: _Done
) -> tuple[str, ...]:
    """Why a task has to be done, from what is stored."""
    before = known.materials.get(material_id, {}).get("structure_id")
    had = dict.fromkeys([task.structure.structure_id, *done.former.get(material_id, []), before])
    scans = [row for each in had for row in done.scans.get(str(each), [])]
    scan = scan_state(task.structure, method, scans)
    if not scan.current:
        return scan.reasons
    described = done.described.get(task.scan_id, [])
    return descriptor_state(task.structure, method, scan, described).reasons
