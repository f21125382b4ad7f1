"""What a run of a recipe would do and take, added up over its materials. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ionlake.pipeline.held import ASSUMED_WORTH, NOT_COMPARED, GpuWorth, Held
from ionlake.pipeline.material_forecast import MaterialForecast
from ionlake.pipeline.milestones import HOUR_S, Milestone, milestones
from ionlake.pipeline.plan import Method, Todo

SIZE_CLASSES: Final = (10, 20, 30, 50, 100)
"""Largest numbers of atoms of the classes; one more class holds all larger cells."""

_N_LONGEST: Final = 5


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
        held: How predictions have held on scans that are finished; all times are corrected by it.
        core_hours_range: Bounds of the hours on one core that four of five predictions keep.
        gpu: How many cores one GPU was taken for.
        gpu_hours_range: Bounds of the hours on one GPU, both uncertainties together.
        milestones: How far the run is after its first hour, and when parts of it are done.
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
    held: Held
    core_hours_range: tuple[float, float]
    gpu: GpuWorth
    gpu_hours_range: tuple[float, float]
    milestones: tuple[Milestone, ...]


def summarise(
    materials: Sequence[MaterialForecast],
    recipe: str,
    methods: Sequence[Method],
    materials_read: int,
    unfit: Sequence[Unfit],
    workers: int,
    *,
    quick: bool,
    held: Held = NOT_COMPARED,
    gpu: GpuWorth = ASSUMED_WORTH,
) -> Forecast:
    """Add up what single materials take.

    Args:
        materials: All materials, in the order of work; those with a problem are left out.
        recipe: Name of the recipe.
        methods: How materials are scanned; one per potential of an ensemble.
        materials_read: Materials the source offers.
        unfit: Materials that cannot be treated.
        workers: Number of workers.
        quick: Whether numbers of points are predicted instead of planned.
        held: How predictions have held so far.
        gpu: How many cores one GPU stands for.
    """
    fit = [_corrected(each, held.factor) for each in materials if each.problem is None]
    total = _sum("all", fit)
    by_time = sorted(fit, key=lambda each: -each.core_seconds)[:_N_LONGEST]
    task = max((each.longest_task_s for each in fit), default=0.0)
    low, high = (total.core_hours * ratio / held.factor for ratio in (held.low, held.high))
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
        wall_seconds=max(total.core_hours * HOUR_S / workers, task),
        held=held,
        core_hours_range=(low, high),
        gpu=gpu,
        gpu_hours_range=(low / gpu.high, high / gpu.low),
        milestones=_milestones(fit, workers),
    )


def _corrected(material: MaterialForecast, factor: float) -> MaterialForecast:
    return replace(
        material,
        core_seconds=material.core_seconds * factor,
        longest_task_s=material.longest_task_s * factor,
    )


def _milestones(materials: Sequence[MaterialForecast], workers: int) -> tuple[Milestone, ...]:
    todo = [each for each in materials if each.core_seconds > 0]
    return milestones(
        [each.core_seconds / workers for each in todo],
        [len(each.material_ids) for each in todo],
        [each.promise for each in todo],
    )


def _by_potential(materials: Sequence[MaterialForecast], method: Method) -> PotentialForecast:
    own = [each for each in materials if each.potential_id == method.card.potential_id]
    return PotentialForecast(
        potential=method.card.name,
        evaluator=method.evaluator,
        points=sum(each.points for each in own),
        core_hours=sum(each.core_seconds for each in own) / HOUR_S,
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
        core_hours=sum(each.core_seconds for each in members) / HOUR_S,
        storage_bytes=sum(each.storage_bytes for each in members),
    )
