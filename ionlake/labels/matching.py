"""Which material of a lake a conductivity was measured on.

By the material's id, else by its ICSD number, else by composition and structure, in this order. The
composition must agree whichever way is taken: an id with another formula is a mistake somewhere,
and such a row is not matched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ionlake.labels.composition import chemical_system, same_composition
from ionlake.structures.record import StructureRecord

_SHOWN: Final = 3


class MatchedBy(StrEnum):
    """The way by which a row found its material."""

    MATERIAL_ID = "material_id"
    ICSD = "icsd"
    STRUCTURE = "structure"


@dataclass(frozen=True)
class Candidate:
    """A material that rows may belong to.

    Attributes:
        material_id: Its id.
        formula: Its formula.
        structure_id: Its structure.
        energy_above_hull_ev_per_atom: Its stability, for choosing between equals.
        icsd_ids: Its collection numbers in the ICSD.
    """

    material_id: str
    formula: str
    structure_id: str
    energy_above_hull_ev_per_atom: float | None = None
    icsd_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wanted:
    """What a row says of its crystal; see `Label` for the fields."""

    material_id: str | None
    icsd_id: str | None
    formula: str | None
    structure: StructureRecord | None
    structure_note: str | None = None


@dataclass(frozen=True)
class Match:
    """Where a row belongs.

    Attributes:
        material_id: The material, None if there is none.
        matched_by: The way, None likewise.
        reason: Why there is no match, or what else would have fitted.
        rms: Root mean square displacement of the sites over the free length per atom, for a match
            by structure.
    """

    material_id: str | None = None
    matched_by: MatchedBy | None = None
    reason: str | None = None
    rms: float | None = None


@dataclass
class Matcher:
    """Finds the materials of rows among candidates.

    Attributes:
        candidates: The materials.
        load: Gives the structure with an id.
    """

    candidates: Sequence[Candidate]
    load: Callable[[str], StructureRecord]
    _by_id: Mapping[str, Candidate] = field(init=False, repr=False)
    _by_icsd: Mapping[str, list[Candidate]] = field(init=False, repr=False)
    _by_system: Mapping[str, list[Candidate]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the candidates by what rows name."""
        self._by_id = {each.material_id: each for each in self.candidates}
        numbers = [(number, each) for each in self.candidates for number in each.icsd_ids]
        systems = [(chemical_system(each.formula), each) for each in self.candidates]
        self._by_icsd, self._by_system = _grouped(numbers), _grouped(systems)

    def match(self, row: Wanted) -> Match:
        """The material of a row.

        Args:
            row: What the row says of its crystal.
        """
        named = self._by_id.get(row.material_id or "")
        if named is not None:
            return _checked([named], row, MatchedBy.MATERIAL_ID)
        numbered = self._by_icsd.get(row.icsd_id or "", [])
        if numbered:
            return _checked(numbered, row, MatchedBy.ICSD)
        return self._by_structure(row)

    def _by_structure(self, row: Wanted) -> Match:
        missing = _not_there(row)
        formula = row.formula or (row.structure.formula if row.structure else None)
        if formula is None:
            return Match(reason=f"{missing}; without formula and structure there is no other way")
        alike = [
            each
            for each in self._by_system.get(chemical_system(formula), [])
            if same_composition(each.formula, formula)
        ]
        if not alike:
            return Match(reason=f"no material has the composition {formula}")
        if row.structure is None:
            what = row.structure_note or "the row has no structure to compare"
            return Match(reason=f"{len(alike)} with the composition {formula}, but {what}")
        if not same_composition(row.structure.formula, formula):
            return Match(
                reason=f"the row's structure is {row.structure.formula}, its formula {formula}"
            )
        return self._closest(row.structure, alike)

    def _closest(self, structure: StructureRecord, alike: Sequence[Candidate]) -> Match:
        from pymatgen.analysis.structure_matcher import StructureMatcher

        matcher, mine = StructureMatcher(), structure.to_pymatgen()
        fitting: list[tuple[float, Candidate]] = []
        for each in alike:
            found = matcher.get_rms_dist(mine, self.load(each.structure_id).to_pymatgen())
            if found is not None:
                fitting.append((float(found[0]), each))
        if not fitting:
            names = _listed([each.material_id for each in alike])
            return Match(reason=f"its structure fits none with its composition: {names}")
        rms, best = min(fitting, key=lambda pair: (round(pair[0], 6), *_preference(pair[1])))
        others = _listed([each.material_id for _, each in fitting if each is not best])
        reason = f"the closest; {others} would fit too" if others else None
        return Match(best.material_id, MatchedBy.STRUCTURE, reason, rms)


def _checked(found: Sequence[Candidate], row: Wanted, way: MatchedBy) -> Match:
    """The preferred one of the named materials, if its composition is the row's."""
    formula = row.formula or (row.structure.formula if row.structure else None)
    right = [e for e in found if formula is None or same_composition(e.formula, formula)]
    if not right:
        names = _listed([f"{each.material_id} is {each.formula}" for each in found])
        return Match(reason=f"composition: {names}, the row says {formula}")
    best = min(right, key=_preference)
    others = _listed([each.material_id for each in right if each is not best])
    return Match(best.material_id, way, f"{others} would fit too" if others else None)


def _preference(candidate: Candidate) -> tuple[float, str]:
    hull = candidate.energy_above_hull_ev_per_atom
    return (float("inf") if hull is None else hull, candidate.material_id)


def _not_there(row: Wanted) -> str:
    named: list[str] = []
    if row.material_id:
        named.append(f"the lake has no material {row.material_id}")
    if row.icsd_id:
        named.append(f"no material with ICSD number {row.icsd_id}")
    return " and ".join(named) or "the row names no material"


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
