"""What a check of a lake can find, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What is wrong."""

    LEDGER_DAMAGED = "ledger_damaged"
    GRID_LOST = "grid_lost"
    GRID_DAMAGED = "grid_damaged"
    GRID_DIFFERS = "grid_differs"
    STAGED_LOST = "staged_lost"
    DESCRIPTORS_DIFFER = "descriptors_differ"
    ENERGIES_DIFFER = "energies_differ"
    TRAJECTORY_LOST = "trajectory_lost"
    TRAJECTORY_DAMAGED = "trajectory_damaged"
    RELEASE_DAMAGED = "release_damaged"
    SCHEMA_DIFFERS = "schema_differs"
    CURRENT_BROKEN = "current_broken"
    CATALOG_OUTDATED = "catalog_outdated"
    ORPHAN = "orphan"


HARMLESS: Final = frozenset({Kind.ORPHAN, Kind.CATALOG_OUTDATED})
"""What a killed process leaves behind: nobody reads it, and nothing is missing."""


REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.LEDGER_DAMAGED: "restore ledger.sqlite from a copy; the releases can still be read",
    Kind.GRID_LOST: "run ionlake repair, then the recipe: the scan is computed again",
    Kind.GRID_DAMAGED: "run ionlake repair --deep, then the recipe: the scan is computed again",
    Kind.GRID_DIFFERS: "run ionlake repair --deep, then the recipe: the scan is computed again",
    Kind.STAGED_LOST: "run ionlake repair, then the recipe: the blocks are computed again",
    Kind.DESCRIPTORS_DIFFER: "run ionlake repair --deep, then the recipe: it describes them again",
    Kind.ENERGIES_DIFFER: "the grid is as it was written, so look at the potential and its library:"
    " versions are in the table runs",
    Kind.TRAJECTORY_LOST: "run ionlake repair, then the recipe: the dynamics is run again",
    Kind.TRAJECTORY_DAMAGED: "run ionlake repair --deep, then the recipe: it is run again",
    Kind.RELEASE_DAMAGED: "restore it from a copy, or run ionlake repair --deep to set it aside",
    Kind.SCHEMA_DIFFERS: "restore it from a copy, or run ionlake repair --deep to set it aside",
    Kind.CURRENT_BROKEN: "run ionlake repair",
    Kind.CATALOG_OUTDATED: "run ionlake repair, or any recipe",
    Kind.ORPHAN: "nothing reads it: run ionlake repair to move it to the trash",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: What kind of thing.
        what: One line: what was found and what was expected.
        where: File or folder, relative to the lake.
        remedy: What to do.
        scan_id: The scan or the run of dynamics it concerns, None where it concerns none.
        in_ledger: Whether a row of the ledger names it, so that a run can compute it again.
        releases: Numbers of the releases that name it.
    """

    kind: Kind
    what: str
    where: str
    remedy: str
    scan_id: str | None = None
    in_ledger: bool = False
    releases: tuple[int, ...] = ()

    @property
    def harmless(self) -> bool:
        """Whether nothing is missing or wrong because of it."""
        return self.kind in HARMLESS


def finding(kind: Kind, what: str, where: str) -> Finding:
    """A finding with the remedy of its kind."""
    return Finding(kind, what, where, REMEDIES[kind])


@dataclass(frozen=True)
class Report:
    """What a check of a lake has found.

    Attributes:
        findings: Everything that is wrong.
        notes: What could not be checked, and why.
        checked: How many things of each kind were looked at.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong; files that nobody reads do not count."""
        return all(found.harmless for found in self.findings)
