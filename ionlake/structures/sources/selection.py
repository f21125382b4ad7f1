"""Which materials of a database are wanted. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ionlake.errors import SourceError
from ionlake.structures.sources.material_ids import settled_id

BAND_GAP_EV_MIN: Final = 0.5
"""What the paper takes for an electronic insulator."""

ENERGY_ABOVE_HULL_EV_PER_ATOM_MAX: Final = 0.05
"""What the paper takes for stable enough."""


@dataclass(frozen=True)
class Properties:
    """What a database says of a material beside its crystal.

    Attributes:
        band_gap_ev: Electronic band gap in eV; None where the database does not know it.
        energy_above_hull_ev_per_atom: Distance to the convex hull in eV/atom; None where unknown.
        deprecated: Whether the database has withdrawn the material.
    """

    band_gap_ev: float | None = None
    energy_above_hull_ev_per_atom: float | None = None
    deprecated: bool = False


@dataclass(frozen=True)
class Selection:
    """Filters that a material has to pass; bounds belong to the range, empty tuples filter nothing.

    Deprecated materials never pass.

    Attributes:
        mobile_species: Element that has to be there because it is to move.
        band_gap_ev_min: Smallest band gap, eV; None for any.
        energy_above_hull_ev_per_atom_max: Largest distance to the convex hull, eV/atom; None for
            any.
        elements: Elements that have to be there, all of them.
        exclude_elements: Elements that must not be there, none of them.
        chemical_systems: Exactly these elements, such as ``Li-O`` (in alphabetical order).
        n_sites_max: Largest number of atoms in the cell; None for any.
        material_ids: Only these materials.

    References:
        arXiv:2411.06804, whose bounds are the constants of this module.
    """

    mobile_species: str
    band_gap_ev_min: float | None = None
    energy_above_hull_ev_per_atom_max: float | None = None
    elements: tuple[str, ...] = ()
    exclude_elements: tuple[str, ...] = ()
    chemical_systems: tuple[str, ...] = ()
    n_sites_max: int | None = None
    material_ids: tuple[str, ...] = ()

    @property
    def required_elements(self) -> tuple[str, ...]:
        """The mobile species and the other elements that have to be there, sorted."""
        return tuple(sorted({self.mobile_species, *self.elements}))

    def admits_properties(self, properties: Properties) -> bool:
        """Whether a material passes as far as its properties tell.

        Raises:
            SourceError: A filter needs a property that the database does not give.
        """
        if properties.deprecated:
            return False
        gap_min, hull_max = self.band_gap_ev_min, self.energy_above_hull_ev_per_atom_max
        gap, hull = properties.band_gap_ev, properties.energy_above_hull_ev_per_atom
        if gap_min is not None and _known(gap, "band gap", "band_gap_ev_min") < gap_min:
            return False
        name = "energy_above_hull_ev_per_atom_max"
        return hull_max is None or _known(hull, "energy above hull", name) <= hull_max

    def admits_crystal(self, elements: Collection[str], n_sites: int) -> bool:
        """Whether a material passes as far as its crystal tells.

        Args:
            elements: Symbols of its elements.
            n_sites: Number of atoms in its cell.
        """
        present = set(elements)
        return (
            present >= set(self.required_elements)
            and present.isdisjoint(self.exclude_elements)
            and (not self.chemical_systems or "-".join(sorted(present)) in self.chemical_systems)
            and (self.n_sites_max is None or n_sites <= self.n_sites_max)
        )

    def contains(self, other: "Selection") -> bool:
        """Whether every material that the other selection admits is admitted by this one too.

        Lists of material ids have to be the same, in either style.
        """
        return (
            set(self.required_elements) <= set(other.required_elements)
            and set(self.exclude_elements) <= set(other.exclude_elements)
            and _wider(_negated(self.band_gap_ev_min), _negated(other.band_gap_ev_min))
            and _wider(
                self.energy_above_hull_ev_per_atom_max, other.energy_above_hull_ev_per_atom_max
            )
            and _wider(self.n_sites_max, other.n_sites_max)
            and (not self.chemical_systems or _among(other.chemical_systems, self.chemical_systems))
            and {*map(settled_id, self.material_ids)} == {*map(settled_id, other.material_ids)}
        )


def _known(value: float | None, what: str, name: str) -> float:
    if value is None:
        raise SourceError(
            f"its {what} is not given, the filter {name} needs it: add it to the data, or set the"
            " filter to null in the recipe"
        )
    return value


def _wider(outer: float | None, inner: float | None) -> bool:
    """Whether an upper bound is at least another one; None is no bound."""
    return outer is None or (inner is not None and outer >= inner)


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def _among(some: Collection[str], these: Collection[str]) -> bool:
    return bool(some) and set(some) <= set(these)
