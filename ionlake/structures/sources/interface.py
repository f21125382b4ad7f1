"""What every source of crystals offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from ionlake.errors import IonlakeError
from ionlake.structures.record import StructureRecord


@dataclass(frozen=True)
class SourceEntry:
    """One material as a source delivers it: a crystal, or the reason why there is none.

    One unreadable material never stops a run, so its error travels as data beside the others.

    Attributes:
        material_id: Name of the material, unique within its source.
        structure: The crystal; None where it could not be read.
        error: One line saying what was wrong and what to do; None where the crystal was read.
        error_type: Class name of the error, such as ``StructureError``.
        band_gap_ev: Electronic band gap in eV, where the source knows it.
        energy_above_hull_ev_per_atom: Distance to the convex hull in eV/atom, where known.
        reference: File path, database record or citation.
        licence: Licence of the data, where the source states one.
        database_version: Release of the database the entry was read from.
        attribution: Whom to name and cite when the data is used, as the licence asks.
        deprecated: Whether the database has withdrawn the material.
        last_updated: When the database last changed the material, ISO 8601.
        external_ids: Entries of other databases that are the same crystal, as pairs of database and
            identifier, such as ("icsd", "26880").
    """

    material_id: str
    structure: StructureRecord | None
    error: str | None = None
    error_type: str | None = None
    band_gap_ev: float | None = None
    energy_above_hull_ev_per_atom: float | None = None
    reference: str = ""
    licence: str | None = None
    database_version: str | None = None
    attribution: str | None = None
    deprecated: bool = False
    last_updated: str | None = None
    external_ids: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse an entry that is both read and failed, or neither."""
        failed = self.error is not None
        if (self.structure is None) != failed or failed != (self.error_type is not None):
            raise ValueError(
                f"entry {self.material_id} needs either a structure or an error with its type"
            )

    @classmethod
    def failed(
        cls, material_id: str, error: IonlakeError, reference: str, licence: str | None = None
    ) -> Self:
        """An entry for a material whose crystal could not be read."""
        return cls(
            material_id=material_id,
            structure=None,
            error=str(error),
            error_type=type(error).__name__,
            reference=reference,
            licence=licence,
        )


class SourceFollower:
    """Follows how a source is read. This one says nothing; overwrite what is of interest."""

    def materials_fetched(self, n_done: int, n_total: int) -> None:
        """So many of so many materials have come over the network."""

    def source_waits(self, reason: str, seconds: float) -> None:
        """The source did not answer; it is asked again after this time."""


@runtime_checkable
class StructureSource(Protocol):
    """Anything that delivers named crystals: a folder, a database, a bundled set."""

    @property
    def name(self) -> str:
        """Short name of the source, stored beside every material it delivers."""
        ...

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver every material once, in an order that does not change between calls.

        Raises:
            SourceError: The source as a whole cannot be read. A single unreadable material is an
                entry with an error instead.
        """
        ...
