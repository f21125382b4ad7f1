"""What a lake knows before a run: rows and identities, read at once."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.lake.rows import Row


@dataclass(frozen=True)
class Known:
    """The state of a lake as far as it decides what a run has to do.

    Attributes:
        materials: Rows of ``materials``, by material id.
        tombstones: Rows of ``tombstones``, by material id.
        recipes: Names of the recipes whose sources offer a material, by material id.
        failures: Rows of ``failures``, by failure id.
        noted: Pairs of recipe and material that the ledger notes as selected.
        scans: Scans that need no computing.
        descriptors: Descriptors that need no computing.
    """

    materials: Mapping[str, Row] = field(default_factory=dict)
    tombstones: Mapping[str, Row] = field(default_factory=dict)
    recipes: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    failures: Mapping[str, Row] = field(default_factory=dict)
    noted: AbstractSet[tuple[str, str]] = frozenset()
    scans: AbstractSet[str] = frozenset()
    descriptors: AbstractSet[str] = frozenset()

    def offered_by(self, recipe: str) -> set[str]:
        """Materials that the source of a recipe offered when it was last read."""
        return {material for material, recipes in self.recipes.items() if recipe in recipes}

    def noted_by(self, recipe: str) -> set[str]:
        """Materials that the ledger notes as selected by a recipe."""
        return {material_id for name, material_id in self.noted if name == recipe}

    @property
    def failed_materials(self) -> set[str]:
        """Materials with a failure that stands."""
        return {row["material_id"] for row in self.failures.values()}


def read_known(ledger: Ledger) -> Known:
    """Read the state of a lake.

    Args:
        ledger: Its ledger, open.

    Raises:
        LakeError: An older ionlake wrote the ledger, and it is open for reading only.
    """
    materials = {row["material_id"]: row for row in ledger.rows(schema.MATERIALS)}
    tombstones = {row["material_id"]: row for row in ledger.rows(schema.TOMBSTONES)}
    noted = {(row["recipe"], row["material_id"]) for row in ledger.rows(schema.SELECTIONS)}
    return Known(
        materials=materials,
        tombstones=tombstones,
        recipes=_recipes(ledger, noted, materials.keys() - tombstones.keys(), materials),
        failures={row["failure_id"]: row for row in ledger.rows(schema.FAILURES)},
        noted=noted,
        scans=ledger.finished_scans(),
        descriptors=ledger.finished_descriptors(),
    )


def _recipes(
    ledger: Ledger,
    noted: AbstractSet[tuple[str, str]],
    living: AbstractSet[str],
    materials: Mapping[str, Row],
) -> Mapping[str, AbstractSet[str]]:
    """Recipes of each material.

    Lakes from before selections were noted have none: there the run that brought a material tells.
    """
    recipes: dict[str, set[str]] = {}
    for recipe, material_id in noted:
        recipes.setdefault(material_id, set()).add(recipe)
    unnoted = living - recipes.keys()
    runs = {row["run_id"]: row["recipe"] for row in ledger.rows(schema.RUNS)} if unnoted else {}
    for material_id in unnoted:
        brought_by = runs.get(materials[material_id]["run_id"])
        if brought_by is not None:
            recipes[material_id] = {brought_by}
    return recipes
