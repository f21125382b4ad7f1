"""The units of work that Dask workers carry out: read, compute, write, report.

Workers write energies to the lake's staging area and grids to their final path; nothing they write
counts before the run that sent them the work has committed a row for it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ionlake.descriptors.table import describe_all
from ionlake.lake.grids import open_grid, write_grid
from ionlake.lake.staging import read_orbit, read_orbit_attributes, write_orbit
from ionlake.pes.plan import ScanPlan, plan_scan, without_symmetry
from ionlake.pes.scan import (
    CertificateError,
    OrbitEnergies,
    assemble,
    base_energy,
    scan_orbit,
)
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.rows import DescribedScan, Row, described_rows, scan_row
from ionlake.potentials.interface import Potential
from ionlake.potentials.load import load_potential
from ionlake.structures.record import StructureRecord


@dataclass(frozen=True)
class ScanJob:
    """A scan as it travels to a worker.

    Attributes:
        structure: The crystal.
        settings: Scan settings with the symmetry mode resolved.
        potential: What to load; each worker loads it once.
        run_id: The run.
        reduced: False to evaluate every point of every ion.
    """

    structure: StructureRecord
    settings: ScanSettings
    potential: PotentialSettings
    run_id: str
    reduced: bool = True

    def plan(self) -> ScanPlan:
        """The scan, worked out again where it is needed instead of being sent around."""
        plan = plan_scan(self.structure, self.settings)
        return plan if self.reduced else without_symmetry(plan)


@dataclass(frozen=True)
class StagedOrbit:
    """Energies of one orbit in the staging area.

    Attributes:
        ion: The scanned mobile ion.
        path: The staging array.
        n_points: Number of energies in it.
        n_energies: Energies the potential was asked for.
    """

    ion: int
    path: Path
    n_points: int
    n_energies: int


@dataclass(frozen=True)
class FinishedScan:
    """A grid at its final path with the rows that commit it.

    Attributes:
        scan: Row of ``scans``.
        described: Rows of the descriptors.
        n_energies: Energies the potential was asked for in this step.
    """

    scan: Row
    described: DescribedScan
    n_energies: int


@dataclass(frozen=True)
class StepFailure:
    """An error as it travels back from a worker: as a value, so that no log repeats it.

    Attributes:
        error: Name of its class.
        message: What it says.
        certificate: Whether it is a `CertificateError`, after which a full scan helps.
    """

    error: str
    message: str
    certificate: bool


def attempt(step: Callable[..., Any], *args: Any) -> Any:
    """Carry out a step on a worker; its result, or a `StepFailure`."""
    try:
        return step(*args)
    except Exception as error:  # noqa: BLE001 - one bad material never stops a run
        return StepFailure(type(error).__name__, str(error), isinstance(error, CertificateError))


def scan_orbit_step(job: ScanJob, orbit_index: int, path: Path) -> StagedOrbit:
    """Scan one orbit and stage its energies.

    Args:
        job: The scan.
        orbit_index: Which orbit of its plan.
        path: Where to stage the energies.
    """
    plan = job.plan()
    result = scan_orbit(plan, plan.orbits[orbit_index], worker_potential(job.potential))
    attributes = {
        "certificate_ev": result.certificate_ev,
        "n_energies": result.n_energies,
        "seconds": result.seconds,
        "reduced": job.reduced,
    }
    write_orbit(path, result.energies, attributes)
    return StagedOrbit(result.ion, path, len(result.energies), result.n_energies)


def finish_scan_step(
    job: ScanJob, orbits: list[StagedOrbit], grid_path: Path, relative_path: str
) -> FinishedScan:
    """Assemble the staged orbits into a grid, write it and describe it.

    Args:
        job: The scan.
        orbits: All its orbits.
        grid_path: Final path of the grid.
        relative_path: The same, as rows name it.
    """
    started = time.perf_counter()
    plan, potential = job.plan(), worker_potential(job.potential)
    results = [_read(orbit) for orbit in orbits]
    grid = assemble(plan, results, base_energy(plan, potential), potential)
    write_grid(grid_path, grid)
    described = described_rows(grid, *describe_all(grid), job.run_id)
    seconds = sum(result.seconds for result in results) + time.perf_counter() - started
    return FinishedScan(scan_row(grid, relative_path, seconds, job.run_id), described, 1)


def describe_step(grid_path: Path, run_id: str) -> DescribedScan:
    """Describe a grid that is stored already."""
    grid = open_grid(grid_path).load()
    return described_rows(grid, *describe_all(grid), run_id)


@lru_cache(maxsize=1)
def worker_potential(settings: PotentialSettings) -> Potential:
    """The potential of this process, loaded once; one thread per process on the CPU."""
    import torch

    torch.set_num_threads(1)
    return load_potential(settings.name, device=settings.device, dtype=settings.dtype)


def _read(orbit: StagedOrbit) -> OrbitEnergies:
    noted: dict[str, Any] = read_orbit_attributes(orbit.path)
    return OrbitEnergies(
        ion=orbit.ion,
        energies=read_orbit(orbit.path, orbit.n_points),
        certificate_ev=float(noted["certificate_ev"]),
        n_energies=int(noted["n_energies"]),
        seconds=float(noted["seconds"]),
    )
