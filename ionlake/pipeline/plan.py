"""What a run has to do for each material. Pure: it looks at identities, not at files."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ionlake.descriptors.identity import descriptor_id
from ionlake.errors import IonlakeError, StructureError
from ionlake.pes.identity import scan_id
from ionlake.pes.image_guard import settings_for
from ionlake.pes.plan import require_framework, resolve_symmetry
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.cost import describe_seconds, quick_seconds
from ionlake.pipeline.promise import promise
from ionlake.potentials.interface import PotentialCard, require_elements
from ionlake.structures.record import StructureRecord

Pair = tuple[str, str | None]
"""A material and the id of a potential; None where the material could not even be read."""


class Todo(Enum):
    """What is missing for a material."""

    NOTHING = "nothing"
    DESCRIBE = "describe"
    SCAN = "scan"


@dataclass(frozen=True)
class Method:
    """How materials are scanned. A run has one method, that of an ensemble one per potential.

    Attributes:
        settings: Scan settings with the symmetry mode resolved.
        card: The potential.
        evaluator: Code path and version that evaluates the points.
    """

    settings: ScanSettings
    card: PotentialCard
    evaluator: str

    @classmethod
    def resolve(cls, settings: ScanSettings, card: PotentialCard, evaluator: str) -> "Method":
        """The method with what depends on the potential settled."""
        symmetry = resolve_symmetry(settings.symmetry, parity=card.parity)
        return cls(replace(settings, symmetry=symmetry), card, evaluator)

    def settings_of(self, structure: StructureRecord) -> ScanSettings:
        """Settings of the scan of one crystal, as its identity has them."""
        return settings_for(structure.cell, self.settings)

    def scan_id(self, structure: StructureRecord) -> str:
        """Identity of the scan of one crystal."""
        settings, potential = self.settings_of(structure), self.card.potential_id
        return scan_id(structure.structure_id, settings, potential, self.evaluator)


Treatable = tuple[Method, dict[str, StructureRecord]]
"""A method with the structures that passed `check_material`, by material id."""


@dataclass(frozen=True)
class Task:
    """One structure and what is to be done with it by one method.

    Attributes:
        material_ids: Materials that have this structure.
        structure: The crystal.
        scan_id: Identity of its scan under the method's settings.
        descriptor_id: Identity of its descriptors.
        todo: What is missing.
        seconds: Core-seconds that it takes, predicted from the crystal alone.
        method: How it is scanned.
    """

    material_ids: tuple[str, ...]
    structure: StructureRecord
    scan_id: str
    descriptor_id: str
    todo: Todo
    seconds: float
    method: Method

    @property
    def pairs(self) -> set[Pair]:
        """Its materials, each with the potential."""
        return {(name, self.method.card.potential_id) for name in self.material_ids}


@dataclass(frozen=True)
class Refusal:
    """A material that a method cannot treat.

    Attributes:
        material_id: The material.
        structure: The crystal.
        method: How it was to be scanned; the first of all where none can.
        error: Why not.
    """

    material_id: str
    structure: StructureRecord
    method: Method
    error: IonlakeError


def check_material(structure: StructureRecord, method: Method) -> None:
    """Refuse a crystal that this method cannot treat, before any work is done.

    Raises:
        StructureError: If it has no ion of the mobile species, or no other atom.
        PotentialError: If the potential does not know one of its elements.
    """
    structure.mobile_sites(method.settings.mobile_species)
    require_framework(structure)
    require_elements(method.card, structure.atomic_numbers)


def sort_out(
    materials: Mapping[str, StructureRecord], methods: Sequence[Method]
) -> tuple[list[Treatable], list[Refusal]]:
    """The materials that each method can treat, and why not the others.

    What is wrong with a crystal itself is said once, not for every method.

    Args:
        materials: Structures by material id.
        methods: How they are scanned.
    """
    good: list[Treatable] = [(method, {}) for method in methods]
    refused = []
    for material_id, structure in materials.items():
        for method, treatable in good:
            try:
                check_material(structure, method)
                treatable[material_id] = structure
            except IonlakeError as error:
                refused.append(Refusal(material_id, structure, method, error))
                if isinstance(error, StructureError):
                    break
    return good, refused


def plan_run(
    treatable: Iterable[Treatable],
    finished_scans: Collection[str],
    finished_descriptors: Collection[str],
) -> list[Task]:
    """One task per different structure and method, cheap and promising structures first.

    First comes what has the best chance, for its cost, to be found promising. The tasks of one
    structure stand together, so that a run that is cut off has compared the potentials of an
    ensemble on the materials that it has finished.

    Args:
        treatable: Methods with the structures that each of them can treat.
        finished_scans: Scans that need no computing.
        finished_descriptors: Descriptors that need no computing.
    """
    tasks = [
        _task(tuple(names), materials[names[0]], method, finished_scans, finished_descriptors)
        for method, materials in treatable
        for names in _same_structure(materials)
    ]
    whole: dict[str, float] = defaultdict(float)
    for task in tasks:
        whole[task.structure.structure_id] += task.seconds

    def order(task: Task) -> tuple[float, str]:
        structure_id = task.structure.structure_id
        chance = promise(task.structure, task.method.settings.mobile_species)
        return whole[structure_id] / chance, structure_id

    return sorted(tasks, key=order)


def _same_structure(materials: Mapping[str, StructureRecord]) -> Iterable[list[str]]:
    by_structure: dict[str, list[str]] = {}
    for material_id, structure in materials.items():
        by_structure.setdefault(structure.structure_id, []).append(material_id)
    return by_structure.values()


def _task(
    material_ids: tuple[str, ...],
    structure: StructureRecord,
    method: Method,
    finished_scans: Collection[str],
    finished_descriptors: Collection[str],
) -> Task:
    scan = method.scan_id(structure)
    descriptors = descriptor_id(scan)
    if scan not in finished_scans:
        todo = Todo.SCAN
    elif descriptors not in finished_descriptors:
        todo = Todo.DESCRIBE
    else:
        todo = Todo.NOTHING
    seconds = predicted_seconds(structure, todo, method)
    return Task(material_ids, structure, scan, descriptors, todo, seconds, method)


def predicted_seconds(structure: StructureRecord, todo: Todo, method: Method) -> float:
    """Core-seconds that a material takes, predicted from the crystal alone.

    Args:
        structure: The crystal.
        todo: What is missing.
        method: How it is scanned.
    """
    if todo is Todo.NOTHING:
        return 0.0
    if todo is Todo.DESCRIBE:
        return describe_seconds(structure, method.settings)
    return quick_seconds(structure, method.settings, method.card, method.evaluator)
