"""What an update would do, material by material, without doing it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ionlake.lake import files, schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import lake_root
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.lake.rows import Row
from ionlake.pipeline.changes import Change, MaterialChange
from ionlake.pipeline.decision import Decision, decide
from ionlake.pipeline.known import Known, read_known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Method, Task, Todo
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import make_methods
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
        reasons: Why; in an ensemble with the potential before each.
        potentials: Names of the potentials that it would be scanned or described with.
    """

    material_id: str
    change: str
    stages: tuple[str, ...]
    reasons: tuple[str, ...]
    potentials: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """What an update would do.

    Attributes:
        recipe: Name of the recipe.
        lake: Folder of the lake, or its URL.
        materials_read: Materials the source offers.
        changes: Number of materials for each kind of change.
        materials: Materials for which something would be done.
        materials_pending: Materials that would still need computing afterwards, once for each
            potential of an ensemble.
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
    methods = make_methods(recipe)
    known, done = _read(lake)
    decision = decide(source.name, source.entries(), known, recipe, methods, options)
    materials = _materials(decision, known, methods, done)
    chosen = {pair for task in decision.chosen for pair in task.pairs}
    return DryRun(
        recipe=recipe.name,
        lake=str(lake),
        materials_read=decision.n_read,
        changes=decision.counts,
        materials=tuple(materials),
        materials_pending=len(decision.to_do - chosen),
        materials_failed=len(decision.failures),
        quarantined=tuple(dict.fromkeys(material_id for material_id, _ in decision.quarantined)),
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
    decision: Decision, known: Known, methods: Sequence[Method], done: _Done
) -> list[PlannedMaterial]:
    """One per material with something to do: those to compute first, in the order of work."""
    changes = {change.material_id: change for change in decision.changes}
    tasks: dict[str, list[Task]] = defaultdict(list)
    for task in decision.chosen:
        for material_id in task.material_ids:
            tasks[material_id].append(task)
    planned = []
    for material_id in [*tasks, *(name for name in changes if name not in tasks)]:
        change, own = changes[material_id], tasks.get(material_id, [])
        stages = [*_row_stage(change), *_computing_stages(own)]
        reasons = [change.reason] if change.reason else []
        if change.kind not in {Change.NEW, Change.STRUCTURE}:
            for task in own:
                reasons += _why(material_id, task, known, methods, done)
        if stages:
            potentials = tuple(task.method.card.name for task in own)
            planned.append(
                PlannedMaterial(
                    material_id, change.kind.value, tuple(stages), tuple(reasons), potentials
                )
            )
    return planned


def _row_stage(change: MaterialChange) -> list[str]:
    if change.kind is Change.UNCHANGED:
        return []
    return ["tombstone" if change.kind is Change.GONE else "row"]


def _computing_stages(tasks: Sequence[Task]) -> list[str]:
    if any(task.todo is Todo.SCAN for task in tasks):
        return ["scan", "describe"]
    return ["describe"] if tasks else []


def _why(
    material_id: str, task: Task, known: Known, methods: Sequence[Method], done: _Done
) -> list[str]:
    """Why a task has to be done, from what is stored."""
    method = task.method
    before = known.materials.get(material_id, {}).get("structure_id")
    had = dict.fromkeys([task.structure.structure_id, *done.former.get(material_id, []), before])
    scans = [row for each in had for row in done.scans.get(str(each), [])]
    state = scan_state(task.structure, method, scans, methods)
    if state.current:
        described = done.described.get(task.scan_id, [])
        state = descriptor_state(task.structure, method, state, described)
    prefix = f"{method.card.name}: " if len(methods) > 1 else ""
    return [prefix + reason for reason in state.reasons]
