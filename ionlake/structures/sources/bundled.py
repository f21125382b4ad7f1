"""The lithium crystals that come with the package, written down from published crystallography."""

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ionlake.errors import SourceError
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry
from ionlake.structures.spacegroups import ExactPoint, WyckoffSite, primitive_cell

DATA_FILE = "bundled_crystals.yaml"
LICENCE = "Apache-2.0"


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
        """The primitive cell, in the axes and origin of the published setting.

        The lattice vectors are those of spglib's ``standardize_cell(to_primitive=True)``; the
        positions are exact to the last bit, so that symmetry searches find the whole group at any
        tolerance.
        """
        from ase.data import atomic_numbers

        cell, species, positions = primitive_cell(
            self.space_group_number, self.space_group_symbol[0], self.lattice, self.sites
        )
        numbers = np.array([atomic_numbers[symbol] for symbol in species])
        return StructureRecord(cell, numbers, positions)


class BundledSource:
    """The bundled crystals, in the order of the data file.

    Attributes:
        name: ``bundled``.
        max_sites: Crystals with more atoms in the primitive cell are left out.
    """

    name = "bundled"

    def __init__(self, max_sites: int | None = None) -> None:
        """Choose how large the crystals may be.

        Args:
            max_sites: Largest number of atoms in the primitive cell; None for no limit.
        """
        self.max_sites = max_sites

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver the crystals one after another.

        Raises:
            SourceError: No bundled crystal is small enough.
        """
        records = [(crystal, crystal.structure()) for crystal in bundled_crystals().values()]
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
            WyckoffSite(site["species"], site["wyckoff"], _exact(site["position"]))
            for site in data["sites"]
        ),
        note=data["note"],
        reference=data["reference"],
        doi=data.get("doi"),
    )


def _exact(position: list[Any]) -> ExactPoint:
    """Fractions from printed coordinates: ``1/3`` as it is, decimals digit by digit."""
    x, y, z = (Fraction(str(value)) for value in position)
    return x, y, z


def _entry(crystal: BundledCrystal, structure: StructureRecord) -> SourceEntry:
    doi = "" if crystal.doi is None else f", doi:{crystal.doi}"
    return SourceEntry(
        crystal.material_id, structure, reference=crystal.reference + doi, licence=LICENCE
    )
