"""What one run will do: the changes of its source, the work they need, what waits. Pure.

A run and its dry run decide here alike; one carries the decision out, the other prints it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ionlake.lake.failures import Failure
from ionlake.lake.rows import Row
from ionlake.pipeline.changes import Change, MaterialChange, Offer, compare, departed
from ionlake.pipeline.failing import failure_of, is_quarantined, unread
from ionlake.pipeline.known import Known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Method, Pair, Refusal, Task, Todo, plan_run, sort_out
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.rows import material_row
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry


@dataclass(frozen=True)
class Decision:
    """What a run will do.

    Attributes:
        n_read: Entries of the source.
        offer: What the source offers now.
        structures: Crystals of all that can be read, by material id.
        changes: How each material differs from what the lake knows.
        departed: Materials that leave the selection of the recipe.
        failures: What cannot be read or treated, and was not quarantined before.
        quarantined: Materials left out because they failed too often with the same inputs, each
            with the potential it failed with.
        tasks: All materials that can be treated, cheap and promising ones first.
        chosen: Those to be computed in this run.
    """

    n_read: int
    offer: Offer
    structures: Mapping[str, StructureRecord]
    changes: tuple[MaterialChange, ...]
    departed: frozenset[str]
    failures: tuple[Failure, ...]
    quarantined: tuple[Pair, ...]
    tasks: tuple[Task, ...]
    chosen: tuple[Task, ...]

    @property
    def reused(self) -> tuple[Task, ...]:
        """Tasks that need no computing."""
        return tuple(task for task in self.tasks if task.todo is Todo.NOTHING)

    @property
    def to_do(self) -> set[Pair]:
        """What needs computing, in this run or a later one, and is not quarantined."""
        needy = (task.pairs for task in self.tasks if task.todo is not Todo.NOTHING)
        return set().union(*needy) - set(self.quarantined)

    @property
    def counts(self) -> dict[str, int]:
        """Number of materials for each kind of change."""
        return {kind.value: len(self.changed(kind)) for kind in Change}

    def changed(self, *kinds: Change) -> list[MaterialChange]:
        """The changes of these kinds."""
        return [change for change in self.changes if change.kind in kinds]


def decide(
    source: str,
    entries: Iterable[SourceEntry],
    known: Known,
    recipe: Recipe,
    methods: Sequence[Method],
    options: RunOptions,
    run_id: str = "",
) -> Decision:
    """Work out what a run has to do.

    Args:
        source: Name of the source.
        entries: What it offers.
        known: What the lake knows.
        recipe: The recipe.
        methods: How its materials are scanned; one per potential of an ensemble.
        options: How far the run goes.
        run_id: The run; empty where nothing will be stored.
    """
    entries = options.shard.of(entries)
    offer, structures = _offer(source, entries, run_id)

    def may_leave(material_id: str) -> bool:
        return options.mirror and options.shard.holds(material_id)

    changes = [
        change
        for change in compare(offer, known, recipe.name)
        if change.kind is not Change.GONE or may_leave(change.material_id)
    ]
    good, refused = sort_out(structures, methods)
    failures = _failures(entries, refused, run_id)
    again = options.retry or options.failed_only
    limit = None if again else recipe.max_attempts
    new, old = _part(failures, known, limit)
    tasks = plan_run(good, known.scans, known.descriptors)
    todo = [task for task in tasks if task.todo is not Todo.NOTHING]
    waiting = [task for task in todo if _waits(task, known, limit)]
    return Decision(
        n_read=len(entries),
        offer=offer,
        structures=structures,
        changes=tuple(changes),
        departed=frozenset(filter(may_leave, departed(offer, known, recipe.name))),
        failures=tuple(new),
        quarantined=(
            *((failure.material_id, failure.potential_id) for failure in old),
            *(pair for task in waiting for pair in sorted(task.pairs)),
        ),
        tasks=tuple(tasks),
        chosen=tuple(_choose(todo, waiting, known, options)),
    )


def _offer(
    source: str, entries: Iterable[SourceEntry], run_id: str
) -> tuple[Offer, dict[str, StructureRecord]]:
    """What the source offers, as rows, and the crystals."""
    structures: dict[str, StructureRecord] = {}
    rows: dict[str, Row] = {}
    unreadable, deprecated, external_ids = [], [], {}
    for entry in entries:
        if entry.deprecated:
            deprecated.append(entry.material_id)
            continue
        if entry.structure is None:
            unreadable.append(entry.material_id)
            continue
        structures[entry.material_id] = entry.structure
        rows[entry.material_id] = material_row(entry, entry.structure, source, run_id)
        if entry.external_ids:
            external_ids[entry.material_id] = entry.external_ids
    return Offer(source, rows, unreadable, deprecated, external_ids), structures


def _failures(
    entries: Iterable[SourceEntry], refused: Iterable[Refusal], run_id: str
) -> list[Failure]:
    """What cannot be read, and what cannot be treated."""
    unreadable = [
        unread(run_id, entry.material_id, str(entry.error_type), str(entry.error))
        for entry in entries
        if entry.structure is None and not entry.deprecated
    ]
    return unreadable + [
        failure_of(
            each.method,
            run_id,
            each.material_id,
            "check",
            type(each.error).__name__,
            str(each.error),
            each.structure,
        )
        for each in refused
    ]


def _part(
    failures: Iterable[Failure], known: Known, limit: int | None
) -> tuple[list[Failure], list[Failure]]:
    """Failures that are to be recorded, and those that were recorded often enough."""
    new: list[Failure] = []
    old: list[Failure] = []
    for failure in failures:
        quarantined = limit is not None and is_quarantined(failure, known.failures, limit)
        (old if quarantined else new).append(failure)
    return new, old


def _waits(task: Task, known: Known, limit: int | None) -> bool:
    """Whether a task is quarantined for one of its materials, which share their inputs."""
    if limit is None:
        return False
    stage = "describe" if task.todo is Todo.DESCRIBE else "scan"
    attempts = (
        failure_of(task.method, "", material_id, stage, "", "", task.structure)
        for material_id in task.material_ids
    )
    return any(is_quarantined(attempt, known.failures, limit) for attempt in attempts)


def _choose(
    todo: Iterable[Task], waiting: Collection[Task], known: Known, options: RunOptions
) -> list[Task]:
    """What is computed, in the order of work; a limit counts structures, whatever the methods."""
    out = {task.descriptor_id for task in waiting}
    chosen = [task for task in todo if task.descriptor_id not in out]
    if options.failed_only:
        failed = known.failed_materials
        chosen = [task for task in chosen if not failed.isdisjoint(task.material_ids)]
    structures = dict.fromkeys(task.structure.structure_id for task in chosen)
    within = set(list(structures)[: options.limit])
    return [task for task in chosen if task.structure.structure_id in within]
