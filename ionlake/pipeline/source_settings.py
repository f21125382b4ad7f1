"""Settings of the sources that a recipe can name, with the filters of those that can choose."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
)

from ionlake.structures.conversion import atomic_number
from ionlake.structures.sources.selection import (
    BAND_GAP_EV_MIN,
    ENERGY_ABOVE_HULL_EV_PER_ATOM_MAX,
    Selection,
)


class Settings(BaseModel):
    """Settings that cannot be changed and refuse unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _element(symbol: str) -> str:
    if atomic_number(symbol) is None:
        raise ValueError(f"{symbol!r} is no element; expected a symbol such as O")
    return symbol


def _chemical_system(system: str) -> str:
    return "-".join(sorted(_element(symbol) for symbol in system.split("-")))


Elements = tuple[Annotated[str, AfterValidator(_element)], ...]
ChemicalSystems = tuple[Annotated[str, AfterValidator(_chemical_system)], ...]
Words = tuple[Annotated[str, Field(min_length=1)], ...]


class BundledSourceSettings(Settings):
    """The crystals that come with ionlake.

    Attributes:
        max_sites: Only crystals with at most this many atoms in the cell.
    """

    kind: Literal["bundled"]
    max_sites: PositiveInt | None = None


class FileSourceSettings(Settings):
    """Crystals in files.

    Attributes:
        paths: Files, folders or globs; relative ones start at the recipe's folder.
    """

    kind: Literal["files"]
    paths: tuple[str, ...] = Field(min_length=1)


class SelectionSettings(Settings):
    """Filters; a material has to hold the mobile species of the scan besides.

    Attributes:
        band_gap_ev_min: Smallest band gap, eV; null for any.
        energy_above_hull_ev_per_atom_max: Largest distance to the convex hull, eV/atom; null for
            any.
        elements: Elements that have to be there, all of them.
        exclude_elements: Elements that must not be there.
        chemical_systems: Exactly these elements, such as Li-O.
        n_sites_max: Largest number of atoms in the cell.
        material_ids: Only these materials, as the database spells them.
    """

    band_gap_ev_min: NonNegativeFloat | None = None
    energy_above_hull_ev_per_atom_max: NonNegativeFloat | None = None
    elements: Elements = ()
    exclude_elements: Elements = ()
    chemical_systems: ChemicalSystems = ()
    n_sites_max: PositiveInt | None = None
    material_ids: Words = ()

    def selection(self, mobile_species: str) -> Selection:
        """The filters as sources take them."""
        filters = {name: getattr(self, name) for name in SelectionSettings.model_fields}
        return Selection(mobile_species, **filters)


class MaterialsProjectSourceSettings(SelectionSettings):
    """Materials of the Materials Project; the paper's selection by default."""

    kind: Literal["materials_project"]
    band_gap_ev_min: NonNegativeFloat | None = BAND_GAP_EV_MIN
    energy_above_hull_ev_per_atom_max: NonNegativeFloat | None = ENERGY_ABOVE_HULL_EV_PER_ATOM_MAX


class JsonLinesSourceSettings(SelectionSettings):
    """Materials of dumps with one JSON object a line; no filters by default.

    Attributes:
        paths: Files; relative ones start at the recipe's folder.
    """

    kind: Literal["json_lines"]
    paths: tuple[str, ...] = Field(min_length=1)


class OptimadeSourceSettings(Settings):
    """Structures of databases that speak OPTIMADE.

    Attributes:
        base_urls: Addresses of the databases.
        filter: In OPTIMADE's filter language; by default all with the mobile species of the scan.
    """

    kind: Literal["optimade"]
    base_urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = Field(min_length=1)
    filter: str | None = None


SourceSettings = Annotated[
    BundledSourceSettings
    | FileSourceSettings
    | MaterialsProjectSourceSettings
    | JsonLinesSourceSettings
    | OptimadeSourceSettings,
    Field(discriminator="kind"),
]

SOURCES: Final[Mapping[str, type[Settings]]] = {
    "bundled": BundledSourceSettings,
    "files": FileSourceSettings,
    "materials_project": MaterialsProjectSourceSettings,
    "json_lines": JsonLinesSourceSettings,
    "optimade": OptimadeSourceSettings,
}
