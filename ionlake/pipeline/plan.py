"""What a run has to do for each material. Pure: it looks at identities, not at files."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum

from ionlake.descriptors.identity import descriptor_id
from ionlake.pes.identity import scan_id
from ionlake.pes.image_guard import settings_for
from ionlake.pes.plan import require_framework, resolve_symmetry
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.cost import describe_seconds, quick_seconds
from ionlake.potentials.interface import PotentialCard, require_elements
from ionlake.structures.record import StructureRecord


class Todo(Enum):
    """What is missing for a material."""

    NOTHING = "nothing"
    DESCRIBE = "describe"
    SCAN = "scan"


@dataclass(frozen=True)
class Task:
    """One structure and what is to be done with it.

    Attributes:
        material_ids: Materials that have this structure.
        structure: The crystal.
        scan_id: Identity of its scan under the run's settings.
        descriptor_id: Identity of its descriptors.
        todo: What is missing.
        seconds: Core-seconds that it takes, predicted from the crystal alone.
    """

    material_ids: tuple[str, ...]
    structure: StructureRecord
    scan_id: str
    descriptor_id: str
    todo: Todo
    seconds: float


@dataclass(frozen=True)
class Method:
    """How every material of a run is scanned.

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


def check_material(structure: StructureRecord, method: Method) -> None:
    """Refuse a crystal that this method cannot treat, before any work is done.

    Raises:
        StructureError: If it has no ion of the mobile species, or no other atom.
        PotentialError: If the potential does not know one of its elements.
    """
    structure.mobile_sites(method.settings.mobile_species)
    require_framework(structure)
    require_elements(method.card, structure.atomic_numbers)


def plan_run(
    materials: dict[str, StructureRecord],
    method: Method,
    finished_scans: Collection[str],
    finished_descriptors: Collection[str],
) -> list[Task]:
    """One task per different structure, the cheapest first.

    Args:
        materials: Structures that passed `check_material`, by material id.
        method: How they are scanned.
        finished_scans: Scans that need no computing.
        finished_descriptors: Descriptors that need no computing.
    """
    by_structure: dict[str, list[str]] = {}
    for material_id, structure in materials.items():
        by_structure.setdefault(structure.structure_id, []).append(material_id)
    tasks = []
    for material_ids in by_structure.values():
        structure = materials[material_ids[0]]
        scan = method.scan_id(structure)
        descriptors = descriptor_id(scan)
        if scan not in finished_scans:
            todo = Todo.SCAN
        elif descriptors not in finished_descriptors:
            todo = Todo.DESCRIBE
        else:
            todo = Todo.NOTHING
        seconds = predicted_seconds(structure, todo, method)
        tasks.append(Task(tuple(material_ids), structure, scan, descriptors, todo, seconds))
    return sorted(tasks, key=lambda task: (task.seconds, task.scan_id))


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
