"""What one material would take: its scan planned, or only predicted from the crystal. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ionlake.errors import IonlakeError
from ionlake.pes.image_guard import scanned_structure
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pipeline.blocks import BLOCK_SECONDS, missing_blocks, points_in
from ionlake.pipeline.cost import crystal_cost, evaluated_share, quick_size
from ionlake.pipeline.plan import Task, Todo
from ionlake.pipeline.promise import promise
from ionlake.structures.record import StructureRecord

_BYTES_PER_POINT: Final = 5
"""A float32 energy and a status, before compression."""


@dataclass(frozen=True)
class MaterialForecast:
    """What one structure takes with one potential.

    Attributes:
        material_ids: Materials that have this structure.
        formula: Reduced formula.
        n_sites: Atoms in the cell.
        todo: ``scan``, ``describe`` or ``nothing``.
        orbits: Mobile ions to scan; None if only predicted.
        grid_points: Grid points over all mobile ions.
        points: Points to evaluate.
        core_seconds: Predicted time on one core.
        longest_task_s: Predicted time of its longest task.
        storage_bytes: Size of the grid before compression.
        problem: Why it cannot be planned, as the kind of error and its message; None if it can.
        potential: Name of the potential.
        potential_id: Its identity.
        promise: Chance that it turns out promising, see `ionlake.pipeline.promise`.
    """

    material_ids: tuple[str, ...]
    formula: str
    n_sites: int
    todo: str
    orbits: int | None = None
    grid_points: int = 0
    points: int = 0
    core_seconds: float = 0.0
    longest_task_s: float = 0.0
    storage_bytes: int = 0
    problem: tuple[str, str] | None = None
    potential: str = ""
    potential_id: str = ""
    promise: float = 0.0


def plan_material(task: Task) -> MaterialForecast:
    """Plan one scan and count its points.

    Args:
        task: The material.
    """
    if task.todo is not Todo.SCAN:
        return predict_material(task)
    try:
        plan = plan_scan(task.structure, task.method.settings)
        points = [len(orbit_points(plan, orbit.ion).evaluated) for orbit in plan.orbits]
    except IonlakeError as error:
        return _forecast_of(task, problem=(type(error).__name__, str(error)))
    n_ions, grid = len(plan.sites), int(np.prod(plan.shape))
    return _material(task, plan.structure, points, grid, n_ions, exact=True)


def predict_material(task: Task) -> MaterialForecast:
    """Predict from the crystal alone what a material takes.

    Args:
        task: The material.
    """
    if task.todo is not Todo.SCAN:
        return _forecast_of(task, task.seconds)
    size = quick_size(task.structure, task.method.settings)
    points = [round(size.points)]
    return _material(task, size.structure, points, size.grid_points, size.n_ions, exact=False)


def known_seconds(task: Task, scan: Mapping[str, Any]) -> float:
    """Core-seconds that a scan should have taken, now that its sizes are known.

    Args:
        task: The material.
        scan: Its row of ``scans``.
    """
    method, orbits = task.method, scan["n_ion_orbits"]
    cost = crystal_cost(
        scanned_structure(task.structure, method.settings),
        scan["n_a"] * scan["n_b"] * scan["n_c"],
        scan["n_mobile_ions"],
        method.card,
        method.evaluator,
        accuracy=method.settings.accuracy,
    )
    points = scan["points_evaluated"] / evaluated_share(method.settings.accuracy)
    return cost.scan_s([round(points / orbits)] * orbits)


def _material(
    task: Task,
    scanned: StructureRecord,
    points: list[int],
    grid: int,
    n_ions: int,
    *,
    exact: bool,
) -> MaterialForecast:
    method = task.method
    accuracy = method.settings.accuracy
    cost = crystal_cost(scanned, grid, n_ions, method.card, method.evaluator, accuracy=accuracy)
    size = points_in(BLOCK_SECONDS, cost.point_s, cut=accuracy == "full")
    first = missing_blocks(0, max(points), [], size)[0].n_points
    whole = cost.scan_s(points) if exact else task.seconds
    parts = [cost.block_s(first), cost.check_s(max(points)), cost.finish_s]
    return replace(
        _forecast_of(task),
        orbits=len(points) if exact else None,
        grid_points=grid * n_ions,
        points=round(sum(points) * evaluated_share(accuracy)),
        core_seconds=whole,
        longest_task_s=min(whole, max(parts)) if whole > BLOCK_SECONDS else whole,
        storage_bytes=grid * n_ions * _BYTES_PER_POINT,
    )


def _forecast_of(
    task: Task, seconds: float = 0.0, problem: tuple[str, str] | None = None
) -> MaterialForecast:
    return MaterialForecast(
        material_ids=task.material_ids,
        formula=task.structure.formula,
        n_sites=task.structure.n_sites,
        todo=task.todo.value,
        core_seconds=seconds,
        longest_task_s=seconds,
        problem=problem,
        potential=task.method.card.name,
        potential_id=task.method.card.potential_id,
        promise=promise(task.structure, task.method.settings.mobile_species),
    )
