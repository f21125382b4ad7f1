"""What travels between the run and its workers: scans to do, and what was done. All small."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Self

from ionlake.errors import LakeError
from ionlake.lake.layout import another_attempt
from ionlake.pes.scan import Verification
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.admission import WorkerRefusedError
from ionlake.pipeline.blocks import Block
from ionlake.pipeline.cost import CrystalCost
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.rows import DescribedScan, Row
from ionlake.structures.record import StructureRecord


@dataclass(frozen=True, eq=False)
class ScanJob:
    """A scan as it travels to a worker. Equal for the same scan of the same run.

    Attributes:
        scan_id: Identity of the scan.
        structure: The crystal.
        settings: Scan settings with the symmetry mode resolved.
        potential: What to load; each worker loads it once.
        potential_id: Its identity, which the worker must find too.
        run_id: The run.
        reduced: False to evaluate every point of every ion.
    """

    scan_id: str
    structure: StructureRecord
    settings: ScanSettings
    potential: PotentialSettings
    potential_id: str
    run_id: str
    reduced: bool = True

    def on_processor(self) -> Self:
        """The same scan without a GPU."""
        return replace(self, potential=self.potential.model_copy(update={"device": "cpu"}))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScanJob) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, str, bool, str]:
        return self.scan_id, self.run_id, self.reduced, self.potential.device


@dataclass(frozen=True)
class GridPlace:
    """Where a grid is written.

    Attributes:
        path: Its final path.
        relative: The same, as rows name it.
    """

    path: Path
    relative: str

    def anew(self) -> "GridPlace":
        """The same under a fresh attempt."""
        path = another_attempt(self.path)
        return GridPlace(path, str(PurePosixPath(self.relative).with_name(path.name)))


@dataclass(frozen=True)
class ScanItem:
    """A whole scan inside a bundle."""

    job: ScanJob
    place: GridPlace


@dataclass(frozen=True)
class DescribeItem:
    """A stored grid inside a bundle, to be described.

    Attributes:
        path: The grid.
        run_id: The run.
    """

    path: Path
    run_id: str


@dataclass(frozen=True)
class StagedBlock:
    """Energies of one block of points in the staging area.

    Attributes:
        block: The points.
        path: The staging array.
        seconds: Time the evaluation took, s.
        device: What it was computed on, from `ionlake.potentials.load.device_name`.
        n_energies: Energies the potential was asked for to make it in this run.
    """

    block: Block
    path: Path
    seconds: float
    device: str | None
    n_energies: int = 0


@dataclass(frozen=True)
class PlannedOrbit:
    """One orbit of a planned scan.

    Attributes:
        ion: The scanned mobile ion.
        n_points: Number of points to evaluate.
    """

    ion: int
    n_points: int


@dataclass(frozen=True)
class PlannedScan:
    """What a scan has to evaluate.

    Attributes:
        orbits: Its orbits, in the order of the plan.
        staged: Staged blocks of an earlier run that are whole; the others are computed again.
        cost: What it costs.
        seconds: Time the planning took, s.
    """

    orbits: tuple[PlannedOrbit, ...]
    staged: tuple[StagedBlock, ...]
    cost: CrystalCost
    seconds: float


@dataclass(frozen=True)
class VerifiedOrbit:
    """An orbit all of whose energies are staged and some of which were compared.

    Attributes:
        index: Which orbit of the plan.
        verification: What the comparison found.
        seconds: Time it took, s.
    """

    index: int
    verification: Verification
    seconds: float


@dataclass(frozen=True)
class FinishedScan:
    """A grid at its final path with the rows that commit it.

    Attributes:
        scan: Row of ``scans``.
        described: Rows of the descriptors.
        n_energies: Energies the potential was asked for in this step.
        seconds: Time this step took, s.
    """

    scan: Row
    described: DescribedScan
    n_energies: int
    seconds: float


@dataclass(frozen=True)
class FinishedDescription:
    """The rows of a stored grid that was described.

    Attributes:
        described: The rows.
        seconds: Time it took, s.
    """

    described: DescribedScan
    seconds: float


@dataclass(frozen=True)
class StepFailure:
    """An error as it travels back from a worker: as a value, so that no log repeats it.

    Attributes:
        error: Name of its class.
        message: What it says.
        certificate: Whether it is a `CertificateError`, after which a full scan helps.
        storage: Whether the lake could not be written, or read from a store, which is no
            material's fault.
        refused: Whether the worker has another ionlake or another potential than the run.
    """

    error: str
    message: str
    certificate: bool = False
    storage: bool = False
    refused: bool = False

    def raise_if_blameless(self) -> None:
        """End the run where it was no fault of what was worked on.

        Raises:
            LakeError: The lake's folder could not be written, or its store not be reached.
            WorkerRefusedError: The worker differs from the run.
        """
        if self.storage:
            raise LakeError(
                f"a worker cannot write to the lake ({self.message}): make space or mend the"
                " permissions and run again; what was committed stands"
            )
        if self.refused:
            raise WorkerRefusedError(self.message)
