"""What a run of a recipe would do and take, added up over its materials. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ionlake.errors import IonlakeError
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pipeline.blocks import BLOCK_SECONDS, missing_blocks, points_in
from ionlake.pipeline.cost import crystal_cost, evaluated_share, quick_size
from ionlake.pipeline.plan import Method, Task, Todo
from ionlake.structures.record import StructureRecord

SIZE_CLASSES: Final = (10, 20, 30, 50, 100)
"""Largest numbers of atoms of the classes; one more class holds all larger cells."""

_BYTES_PER_POINT: Final = 5
"""A float32 energy and a status, before compression."""

_N_LONGEST: Final = 5


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


@dataclass(frozen=True)
class Unfit:
    """Materials that cannot be treated for one kind of reason.

    Attributes:
        stage: ``read``, ``check`` or ``scan``, as in the table ``failures``.
        error: Kind of error.
        materials: How many.
        example: What is wrong with the first of them.
    """

    stage: str
    error: str
    materials: int
    example: str


@dataclass(frozen=True)
class ClassForecast:
    """Sums over the materials of one class of sizes, each once for each potential.

    Attributes:
        atoms: The class, for example ``11-20``, or ``all``.
        materials: Materials that the recipe can treat.
        done: Of these, in the lake already.
        to_do: Of these, still to do.
        orbits: Mobile ions to scan; None if only predicted.
        grid_points: Grid points over all mobile ions.
        points: Points to evaluate.
        core_hours: Predicted hours on one core.
        storage_bytes: Size of the grids before compression.
    """

    atoms: str
    materials: int
    done: int
    to_do: int
    orbits: int | None
    grid_points: int
    points: int
    core_hours: float
    storage_bytes: int


@dataclass(frozen=True)
class PotentialForecast:
    """Sums over what one potential would do.

    Attributes:
        potential: Name of the potential.
        evaluator: How it evaluates points.
        points: Points to evaluate.
        core_hours: Predicted hours on one core.
    """

    potential: str
    evaluator: str
    points: int
    core_hours: float


@dataclass(frozen=True)
class Forecast:
    """What a run of a recipe would do.

    Attributes:
        recipe: Name of the recipe.
        potentials: By potential; several for an ensemble.
        quick: Whether numbers of points are predicted instead of planned.
        materials_read: Materials the source offers.
        unfit: Materials that cannot be treated, by kind of reason.
        classes: By number of atoms, empty classes left out.
        total: Over all classes.
        longest: The materials that take longest, the longest first.
        longest_task_s: Predicted time of the longest single task.
        workers: Workers the prediction is for.
        wall_seconds: Predicted duration on these workers.
    """

    recipe: str
    potentials: tuple[PotentialForecast, ...]
    quick: bool
    materials_read: int
    unfit: tuple[Unfit, ...]
    classes: tuple[ClassForecast, ...]
    total: ClassForecast
    longest: tuple[MaterialForecast, ...]
    longest_task_s: float
    workers: int
    wall_seconds: float


def summarise(
    materials: Sequence[MaterialForecast],
    recipe: str,
    methods: Sequence[Method],
    materials_read: int,
    unfit: Sequence[Unfit],
    workers: int,
    *,
    quick: bool,
) -> Forecast:
    """Add up what single materials take.

    Args:
        materials: All materials; those with a problem are left out.
        recipe: Name of the recipe.
        methods: How materials are scanned; one per potential of an ensemble.
        materials_read: Materials the source offers.
        unfit: Materials that cannot be treated.
        workers: Number of workers.
        quick: Whether numbers of points are predicted instead of planned.
    """
    fit = [each for each in materials if each.problem is None]
    total = _sum("all", fit)
    by_time = sorted(fit, key=lambda each: -each.core_seconds)[:_N_LONGEST]
    task = max((each.longest_task_s for each in fit), default=0.0)
    return Forecast(
        recipe=recipe,
        potentials=tuple(_by_potential(fit, method) for method in methods),
        quick=quick,
        materials_read=materials_read,
        unfit=tuple(unfit),
        classes=_by_class(fit),
        total=total,
        longest=tuple(each for each in by_time if each.core_seconds > 0),
        longest_task_s=task,
        workers=workers,
        wall_seconds=max(total.core_hours * 3600.0 / workers, task),
    )


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
    )


def _by_potential(materials: Sequence[MaterialForecast], method: Method) -> PotentialForecast:
    own = [each for each in materials if each.potential_id == method.card.potential_id]
    return PotentialForecast(
        potential=method.card.name,
        evaluator=method.evaluator,
        points=sum(each.points for each in own),
        core_hours=sum(each.core_seconds for each in own) / 3600.0,
    )


def _by_class(materials: Sequence[MaterialForecast]) -> tuple[ClassForecast, ...]:
    """One sum for each class of sizes that has members."""
    classes = []
    smallest = 1
    for largest in (*SIZE_CLASSES, None):
        name = f"{smallest}-{largest}" if largest is not None else f">{smallest - 1}"
        members = [
            each
            for each in materials
            if each.n_sites >= smallest and (largest is None or each.n_sites <= largest)
        ]
        if members:
            classes.append(_sum(name, members))
        smallest = 1 + (largest or 0)
    return tuple(classes)


def _sum(atoms: str, members: Sequence[MaterialForecast]) -> ClassForecast:
    done = sum(len(each.material_ids) for each in members if each.todo == Todo.NOTHING.value)
    materials = sum(len(each.material_ids) for each in members)
    orbits = [each.orbits for each in members if each.todo == Todo.SCAN.value]
    return ClassForecast(
        atoms=atoms,
        materials=materials,
        done=done,
        to_do=materials - done,
        orbits=None if None in orbits else sum(each or 0 for each in orbits),
        grid_points=sum(each.grid_points for each in members),
        points=sum(each.points for each in members),
        core_hours=sum(each.core_seconds for each in members) / 3600.0,
        storage_bytes=sum(each.storage_bytes for each in members),
    )
