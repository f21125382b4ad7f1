"""Read a recipe's source and work out what a run would do, without doing it."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from ionlake.lake import schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import lake_root
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.lake.rows import Row
from ionlake.pipeline.cluster import usable_cores, worker_count
from ionlake.pipeline.forecast import Forecast, Unfit, summarise
from ionlake.pipeline.held import ASSUMED_WORTH, Held, compare, told_worth
from ionlake.pipeline.material_forecast import (
    MaterialForecast,
    known_seconds,
    plan_material,
    predict_material,
)
from ionlake.pipeline.plan import Task, Todo, plan_run, predicted_seconds, sort_out
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import make_methods
from ionlake.pipeline.shard import WHOLE, Shard
from ionlake.pipeline.sources import make_source
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry, SourceFollower

Progress = Callable[[int, int], None]
"""Called with the number of scans planned and the number of scans in all."""

_FEW: Final = 30
"""So few scans are planned sooner than processes start."""


def preview(
    recipe: Recipe,
    lake: str | Path | None = None,
    *,
    quick: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    offline: bool = False,
    follower: SourceFollower | None = None,
    shard: Shard = WHOLE,
    cores_per_gpu: float | None = None,
) -> Forecast:
    """Predict what a run of a recipe would do; no energy is evaluated and no lake is changed.

    Many scans are planned in several processes, as many as this machine has cores.

    Args:
        recipe: What would be done.
        lake: A lake whose finished work counts; none by default.
        quick: Predict numbers of points from the crystals alone instead of planning every scan.
        workers: Workers to predict for; by default those the recipe would have now.
        progress: Called after each planned scan.
        offline: Read the newest summaries of the database that the lake keeps, ask no server.
        follower: Who is told how reading over the network goes.
        shard: Share of the materials that the run would do.
        cores_per_gpu: How many cores one GPU stands for, from `ionlake doctor`.

    Raises:
        LakeError: If the folder is no lake.
        SourceError: If the source as a whole cannot be read.
        PotentialError: If the potential cannot be loaded.
        SettingsError: If the recipe names a scheduler that does not answer, or a potential twice.
    """
    methods = make_methods(recipe)
    scans, descriptors = _finished(lake)
    kept = LakeLayout(lake_root(lake)).summaries(recipe.source.kind) if lake and offline else None
    source = make_source(recipe, kept=kept, offline=offline, follower=follower)
    structures, problems, n_read = _read(shard.of(source.entries()))
    good, refused = sort_out(structures, methods)
    problems += [("check", type(each.error).__name__, str(each.error)) for each in refused]
    tasks = plan_run(good, scans, descriptors)
    materials = [predict_material(task) for task in tasks] if quick else _plan_all(tasks, progress)
    for each in materials:
        if each.problem is not None:
            problems += [("scan", *each.problem)] * len(each.material_ids)
    count = workers or worker_count(recipe.cluster)
    return summarise(
        materials,
        recipe.name,
        methods,
        n_read,
        _counted(problems),
        count,
        quick=quick,
        held=_held(tasks, scans, quick=quick),
        gpu=told_worth(cores_per_gpu) if cores_per_gpu else ASSUMED_WORTH,
    )


def _finished(lake: str | Path | None) -> tuple[dict[str, Row], set[str]]:
    """Scans, by their identity, and descriptors that a lake holds."""
    if lake is None:
        return {}, set()
    with read_ledger(find_lake(lake)) as ledger:
        scans: dict[str, Row] = {row["scan_id"]: row for row in ledger.rows(schema.SCANS)}
        return scans, ledger.finished_descriptors()


def _held(tasks: Iterable[Task], scans: Mapping[str, Row], *, quick: bool) -> Held:
    """How predictions have held on the scans of these tasks that a processor has finished."""
    done = [
        (task, row)
        for task in tasks
        if (row := scans.get(task.scan_id)) is not None and row["device"] == "cpu"
    ]
    predicted = [
        predicted_seconds(task.structure, Todo.SCAN, task.method)
        if quick
        else known_seconds(task, row)
        for task, row in done
    ]
    return compare(predicted, [row["compute_seconds"] for _, row in done])


def _read(
    entries: Iterable[SourceEntry],
) -> tuple[dict[str, StructureRecord], list[tuple[str, str, str]], int]:
    """Materials that can be read, problems (stage, error, message) of the others, and all."""
    structures: dict[str, StructureRecord] = {}
    problems: list[tuple[str, str, str]] = []
    n_read = 0
    for entry in entries:
        n_read += 1
        if entry.structure is None:
            problems.append(("read", str(entry.error_type), str(entry.error)))
        else:
            structures[entry.material_id] = entry.structure
    return structures, problems, n_read


def _plan_all(tasks: list[Task], progress: Progress | None) -> list[MaterialForecast]:
    """Plan every scan, in the order of work."""
    scans = [task for task in tasks if task.todo is Todo.SCAN]
    others = [predict_material(task) for task in tasks if task.todo is not Todo.SCAN]
    planned = []
    for forecast in _planned(scans):
        planned.append(forecast)
        if progress is not None:
            progress(len(planned), len(scans))
    return others + planned


def _planned(scans: list[Task]) -> Iterator[MaterialForecast]:
    cores = usable_cores()
    if len(scans) <= _FEW or cores == 1:
        yield from map(plan_material, scans)
        return
    chunk = max(1, min(16, len(scans) // (8 * cores)))
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=fresh) as pool:
        yield from pool.map(plan_material, scans, chunksize=chunk)


def _counted(problems: list[tuple[str, str, str]]) -> list[Unfit]:
    """Problems by kind, the most frequent first, each with its first message."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for stage, error, message in problems:
        kinds.setdefault((stage, error), []).append((message.splitlines() or [error])[0])
    counted = [Unfit(*kind, len(messages), messages[0]) for kind, messages in kinds.items()]
    return sorted(counted, key=lambda unfit: -unfit.materials)
