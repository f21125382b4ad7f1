"""The lithium crystals that come with the package, written down from published crystallography."""

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from ionlake.errors import SourceError, StructureError
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry

DATA_FILE = "bundled_crystals.yaml"
LICENCE = "Apache-2.0"
SYMMETRY_TOLERANCE_ANG = 1e-5


@dataclass(frozen=True)
class WyckoffSite:
    """One set of symmetry-equivalent atoms.

    Attributes:
        species: Element symbol.
        wyckoff: Multiplicity in the conventional cell and Wyckoff letter, such as ``4c``.
        position: A representative, in fractions of the conventional cell.
    """

    species: str
    wyckoff: str
    position: tuple[float, float, float]


@dataclass(frozen=True)
class BundledCrystal:
    """A crystal as its publication describes it.

    Attributes:
        material_id: Formula and space group number, such as ``Li3N-191``.
        name: Chemical name, with the polymorph where there are several.
        formula: Formula as chemists write it.
        space_group_number: Number in the International Tables.
        space_group_symbol: Short Hermann-Mauguin symbol; its first letter is the centring.
        lattice: Free lattice parameters of the conventional cell, Å and degrees.
        sites: Occupied Wyckoff sites.
        note: Why the crystal is in the set.
        reference: Authors, journal, pages, year.
        doi: Digital object identifier of the reference, where known.
    """

    material_id: str
    name: str
    formula: str
    space_group_number: int
    space_group_symbol: str
    lattice: Mapping[str, float]
    sites: tuple[WyckoffSite, ...]
    note: str
    reference: str
    doi: str | None

    def structure(self) -> StructureRecord:
        """The primitive cell of spglib's standard setting.

        Raises:
            StructureError: A site has another multiplicity than its Wyckoff symbol says.
        """
        import spglib

        conventional = self._conventional()
        cell, positions, numbers = spglib.standardize_cell(
            (conventional.cell[:], conventional.get_scaled_positions(), conventional.numbers),
            to_primitive=True,
            symprec=SYMMETRY_TOLERANCE_ANG,
        )
        return StructureRecord(cell, numbers, positions)

    def _conventional(self) -> Any:
        from ase.spacegroup import crystal

        a = self.lattice["a"]
        b, c = self.lattice.get("b", a), self.lattice.get("c", a)
        gamma = 120 if 143 <= self.space_group_number <= 194 else 90
        conventional = crystal(
            [site.species for site in self.sites],
            [site.position for site in self.sites],
            spacegroup=self.space_group_number,
            cellpar=[a, b, c, 90, self.lattice.get("beta", 90), gamma],
        )
        multiplicities = [int(site.wyckoff[:-1]) for site in self.sites]
        if len(conventional) != sum(multiplicities):
            raise StructureError(
                f"the sites of {self.material_id} make {len(conventional)} atoms, their Wyckoff "
                f"symbols say {sum(multiplicities)}: correct a position or a symbol"
            )
        return conventional


class BundledSource:
    """The bundled crystals, in the order of the data file.

    Attributes:
        name: ``bundled``.
        max_sites: Crystals with more atoms in the primitive cell are left out.
        mobile_species: Crystals without this element are left out.
    """

    name = "bundled"

    def __init__(self, max_sites: int | None = None, mobile_species: str | None = None) -> None:
        """Choose how large the crystals may be, and what moves.

        Args:
            max_sites: Largest number of atoms in the primitive cell; None for no limit.
            mobile_species: Symbol of the element that moves; None for any.
        """
        self.max_sites, self.mobile_species = max_sites, mobile_species

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver the crystals one after another.

        Raises:
            SourceError: No bundled crystal has such an ion, or none is small enough.
        """
        every = [(crystal, crystal.structure()) for crystal in bundled_crystals().values()]
        records = [each for each in every if self.mobile_species in {None, *each[1].elements}]
        if not records:
            raise SourceError(
                f"no bundled crystal has {self.mobile_species}, they have Li, Na or Mg: name files"
                " instead"
            )
        smallest = min(record.n_sites for _, record in records)
        if self.max_sites is not None and self.max_sites < smallest:
            raise SourceError(
                f"no bundled crystal has at most {self.max_sites} atoms,"
                f" the smallest has {smallest}: raise max_sites"
            )
        return (
            _entry(crystal, record)
            for crystal, record in records
            if self.max_sites is None or record.n_sites <= self.max_sites
        )


def bundled_ids() -> tuple[str, ...]:
    """Material ids of all bundled crystals, in the order of the data file."""
    return tuple(bundled_crystals())


def load_bundled(material_id: str) -> StructureRecord:
    """One bundled crystal.

    Args:
        material_id: Such as ``Li3N-191``; see `bundled_ids`.

    Raises:
        SourceError: There is no crystal of that name.
    """
    crystal = bundled_crystals().get(material_id)
    if crystal is None:
        raise SourceError(
            f"no bundled crystal is called {material_id!r}, expected one of"
            f" {', '.join(bundled_ids())}: choose one of these or name a file instead"
        )
    return crystal.structure()


@cache
def bundled_crystals() -> Mapping[str, BundledCrystal]:
    """The published descriptions of all bundled crystals, by material id."""
    import yaml

    data = importlib.resources.files("ionlake.structures").joinpath(DATA_FILE)
    described = yaml.safe_load(data.read_text(encoding="utf-8"))
    return {each["material_id"]: _crystal(each) for each in described}


def _crystal(data: Mapping[str, Any]) -> BundledCrystal:
    return BundledCrystal(
        material_id=data["material_id"],
        name=data["name"],
        formula=data["formula"],
        space_group_number=data["space_group"]["number"],
        space_group_symbol=data["space_group"]["symbol"],
        lattice=data["lattice"],
        sites=tuple(
            WyckoffSite(site["species"], site["wyckoff"], _position(site["position"]))
            for site in data["sites"]
        ),
        note=data["note"],
        reference=data["reference"],
        doi=data.get("doi"),
    )


def _position(coordinates: list[Any]) -> tuple[float, float, float]:
    """Coordinates as printed: decimals, or exact fractions such as ``1/3``."""
    x, y, z = (float(Fraction(str(value))) for value in coordinates)
    return x, y, z


def _entry(crystal: BundledCrystal, structure: StructureRecord) -> SourceEntry:
    doi = "" if crystal.doi is None else f", doi:{crystal.doi}"
    return SourceEntry(
        crystal.material_id, structure, reference=crystal.reference + doi, licence=LICENCE
    )
