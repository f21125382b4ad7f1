"""What a ledger holds, as far as it decides what another lake takes over from it."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from ionlake.lake import schema
from ionlake.lake.ledger import Ledger

_SUBJECT: Final = (
    *("structure_id", "mobile_species", "scan_protocol", "grid_protocol", "grid_spacing_ang"),
    *("exclusion_radius_ang", "accuracy", "symmetry_mode", "potential_id"),
)
"""What one scan of a structure replaces another of: the same as in the view ``grids``."""


@dataclass(frozen=True)
class HeldMaterial:
    """A material.

    Attributes:
        structure_id: Its structure.
        run_id: Run that brought its row as it is; a later run has a larger one.
        gone: Whether it has a tombstone.
    """

    structure_id: str
    run_id: str
    gone: bool = False


@dataclass(frozen=True)
class HeldScan:
    """A scan.

    Attributes:
        version: Version of the scan algorithm.
        digest: SHA-256 of its grid, None where an older ionlake took none.
        subject: What it is the scan of; another one of the same subject replaces it.
    """

    version: int
    digest: str | None
    subject: tuple[Any, ...]

    @property
    def structure_id(self) -> str:
        """The structure that was scanned."""
        return str(self.subject[0])


@dataclass(frozen=True)
class HeldDescription:
    """The descriptors of a scan.

    Attributes:
        scan_id: The scan.
        version: Version of the descriptors.
        pathways: Version of its paths, None where it has none.
    """

    scan_id: str
    version: int
    pathways: int | None = None


@dataclass(frozen=True)
class HeldFailure:
    """A failure that stands.

    Attributes:
        material_id: The material.
        structure_id: The structure that failed, None where none could be read.
        stage: As in the table.
        inputs_id: What the attempt would have made: a scan, or descriptors.
        run_id: Run of the last attempt.
        failed_at: Its time, ISO, UTC.
    """

    material_id: str
    structure_id: str | None
    stage: str
    inputs_id: str | None
    run_id: str
    failed_at: str


@dataclass(frozen=True)
class Holdings:
    """Keys of a ledger, with what decides between two rows of one key.

    Attributes:
        materials: By identifier.
        former: Structures that materials had before, by material.
        structures: Identifiers of all structures.
        scans: By identifier.
        descriptions: By the identifier of the descriptors.
        failures: By identifier.
        md_runs: Versions of the runs of dynamics by identifier.
        conductivities: Identifiers of fits to runs of dynamics.
        labels: Pairs of set and row.
        runs: Identifiers of all runs.
        waiting: Those of them of which it is noted what they had to do.
    """

    materials: Mapping[str, HeldMaterial] = field(default_factory=dict)
    former: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    structures: AbstractSet[str] = frozenset()
    scans: Mapping[str, HeldScan] = field(default_factory=dict)
    descriptions: Mapping[str, HeldDescription] = field(default_factory=dict)
    failures: Mapping[str, HeldFailure] = field(default_factory=dict)
    md_runs: Mapping[str, int] = field(default_factory=dict)
    conductivities: AbstractSet[str] = frozenset()
    labels: AbstractSet[tuple[str, str]] = frozenset()
    runs: AbstractSet[str] = frozenset()
    waiting: AbstractSet[str] = frozenset()


def read_holdings(ledger: Ledger) -> Holdings:
    """Read the keys of a ledger.

    Raises:
        LakeError: An older ionlake wrote the ledger, and it is open for reading only.
    """
    gone = {material_id for (material_id,) in ledger.columns(schema.TOMBSTONES, "material_id")}
    materials = ledger.columns(schema.MATERIALS, "material_id", "structure_id", "run_id")
    former = defaultdict(set)
    for name, structure in ledger.columns(schema.FORMER_STRUCTURES, "material_id", "structure_id"):
        former[name].add(structure)
    scans = ledger.columns(schema.SCANS, "scan_id", "scan_version", "grid_sha256", *_SUBJECT)
    failures = ledger.columns(
        schema.FAILURES,
        *("failure_id", "material_id", "structure_id", "stage", "inputs_id", "run_id", "failed_at"),
    )
    return Holdings(
        materials={
            name: HeldMaterial(structure, run, name in gone) for name, structure, run in materials
        },
        former=former,
        structures={name for (name,) in ledger.columns(schema.STRUCTURES, "structure_id")},
        scans={name: HeldScan(version, digest, tuple(s)) for name, version, digest, *s in scans},
        descriptions=_descriptions(ledger),
        failures={name: HeldFailure(*row) for name, *row in failures},
        md_runs=dict(ledger.columns(schema.MD_RUNS, "md_run_id", "md_version")),
        conductivities={
            name for (name,) in ledger.columns(schema.CONDUCTIVITIES, "conductivity_id")
        },
        labels={(name, key) for name, key in ledger.columns(schema.LABELS, "label_set", "row_key")},
        runs={name for (name,) in ledger.columns(schema.RUNS, "run_id")},
        waiting=ledger.runs_with_to_do(),
    )


def _descriptions(ledger: Ledger) -> dict[str, HeldDescription]:
    paths = dict(ledger.columns(schema.PATHWAYS, "descriptor_id", "pathway_version"))
    names = ("descriptor_id", "scan_id", "descriptor_version")
    return {
        name: HeldDescription(scan_id, version, paths.get(name))
        for name, scan_id, version in ledger.columns(schema.DESCRIPTOR_VALUES, *names)
    }
