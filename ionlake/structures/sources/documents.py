"""Entries from documents: mappings that hold a crystal and what a database says of it."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ionlake.errors import SourceError, StructureError
from ionlake.structures.conversion import arrays_from_pymatgen, arrays_from_pymatgen_dict
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry
from ionlake.structures.sources.parsing import crystal_from_cif, one_line
from ionlake.structures.sources.selection import Properties, Selection

Document = Mapping[str, Any]

GAP_KEYS = ("band_gap_ev", "band_gap")
HULL_KEYS = ("energy_above_hull_ev_per_atom", "energy_above_hull")


@dataclass(frozen=True)
class Provenance:
    """Where a document comes from.

    Attributes:
        reference: File, database record or citation.
        licence: Licence of the data, where stated.
        attribution: Whom to name and cite.
        database_version: Release of the database.
    """

    reference: str
    licence: str | None = None
    attribution: str | None = None
    database_version: str | None = None


def entry_from_document(
    material_id: str, document: Document, selection: Selection, provenance: Provenance
) -> SourceEntry | None:
    """The entry of a document, None where the selection leaves it out.

    Args:
        material_id: Name of the material.
        document: Holds ``structure`` (a pymatgen dict) or ``cif`` (text), and where known
            ``band_gap_ev`` or ``band_gap``, ``energy_above_hull_ev_per_atom`` or
            ``energy_above_hull``, ``deprecated``, ``last_updated`` and ``database_IDs``.
        selection: Filters.
        provenance: Where it comes from.

    Returns:
        A document that cannot be read is an entry with an error.
    """
    try:
        properties = _properties(document)
        if not selection.admits_properties(properties):
            return None
        structure = _structure(document)
    except (SourceError, StructureError) as error:
        named = type(error)(f"{material_id}: {error}")
        return SourceEntry.failed(material_id, named, provenance.reference, provenance.licence)
    if not selection.admits_crystal(structure.elements, structure.n_sites):
        return None
    return SourceEntry(
        material_id=material_id,
        structure=structure,
        band_gap_ev=properties.band_gap_ev,
        energy_above_hull_ev_per_atom=properties.energy_above_hull_ev_per_atom,
        reference=provenance.reference,
        licence=provenance.licence,
        database_version=provenance.database_version,
        attribution=provenance.attribution,
        last_updated=optional_text(document, "last_updated"),
        external_ids=_external_ids(document),
    )


def optional_text(document: Document, key: str) -> str | None:
    """A value of a document as text, None where it is missing or empty."""
    value = document.get(key)
    return None if value is None or value == "" else str(value)


def _properties(document: Document) -> Properties:
    deprecated = document.get("deprecated") or False
    if not isinstance(deprecated, bool):
        raise SourceError(f"deprecated is {deprecated!r}, expected true or false: correct it")
    return Properties(_number(document, GAP_KEYS), _number(document, HULL_KEYS), deprecated)


def _number(document: Document, keys: tuple[str, ...]) -> float | None:
    """The first of these values that is there; infinite numbers and NaN are none."""
    for key in keys:
        value = document.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SourceError(f"{key} is {value!r}, expected a number: correct it or leave it out")
        return float(value) if math.isfinite(value) else None
    return None


def _external_ids(document: Document) -> tuple[tuple[str, str], ...]:
    """Identifiers in other databases, as ``database_IDs`` lists them: {"icsd": ["icsd-26880"]}."""
    by_database = document.get("database_IDs")
    if not isinstance(by_database, Mapping):
        return ()
    return tuple(
        sorted(
            {
                (str(name).lower(), str(each).lower().removeprefix(f"{str(name).lower()}-"))
                for name, ids in by_database.items()
                if isinstance(ids, list | tuple)
                for each in ids
            }
        )
    )


def _structure(document: Document) -> StructureRecord:
    structure, cif = document.get("structure"), document.get("cif")
    if structure is None and cif is None:
        raise StructureError(
            "it holds no crystal, expected structure (a pymatgen dict) or cif (text): add one"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if structure is not None:
                arrays = arrays_from_pymatgen_dict(structure)
            else:
                arrays = arrays_from_pymatgen(_from_cif(cif))
    except (SourceError, StructureError):
        raise
    except Exception as error:
        raise StructureError(
            f"its {'cif' if structure is None else 'structure'} cannot be read"
            f" ({one_line(error)}): check that it is complete"
        ) from error
    return StructureRecord(*arrays)


def _from_cif(cif: Any) -> Any:
    if not isinstance(cif, str):
        raise TypeError(f"got {type(cif).__name__}, expected text")
    return crystal_from_cif(cif, "its cif")
