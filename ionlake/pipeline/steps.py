"""The units of work that Dask workers carry out: read, compute, write, report.

Workers write energies to the lake's staging area and grids to their final path; nothing they write
counts before the run that sent them the work has committed a row for it.

A small scan is one item of a bundle. A large one is planned on a worker, evaluated in blocks of
points, verified orbit by orbit and finished.

Dask repeats a step whose worker was lost. A step therefore writes under an attempt of its own, so
that it never meets what the lost worker had written.
"""

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ionlake.descriptors.table import describe_all
from ionlake.errors import DeviceMemoryError, LakeError
from ionlake.geometry import FloatArray
from ionlake.lake.grids import open_grid, write_grid
from ionlake.lake.layout import another_attempt
from ionlake.lake.objects import is_trouble
from ionlake.lake.staging import read_block, write_block
from ionlake.pes.evaluator import evaluator_name, release_evaluator
from ionlake.pes.plan import OrbitPoints, ScanPlan, orbit_points, plan_scan, without_symmetry
from ionlake.pes.scan import (
    CertificateError,
    OrbitEnergies,
    assemble,
    base_energy,
    evaluate_orbit,
    evaluate_points,
    scan_orbit,
    verify_orbit,
)
from ionlake.pipeline.admission import WorkerRefusedError, require_potential, require_versions
from ionlake.pipeline.blocks import Block, covers
from ionlake.pipeline.cost import crystal_cost
from ionlake.pipeline.device import device_error_ev
from ionlake.pipeline.jobs import (
    DescribeItem,
    FinishedDescription,
    FinishedScan,
    GridPlace,
    PlannedOrbit,
    PlannedScan,
    ScanItem,
    ScanJob,
    StagedBlock,
    StepFailure,
    VerifiedOrbit,
)
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.rows import Computed, described_rows, scan_row
from ionlake.potentials.interface import Potential
from ionlake.potentials.load import device_name, load_potential

_STORAGE: Final = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.ENOTDIR,
}


def attempt(step: Callable[..., Any], *args: Any) -> Any:
    """Carry out a step on a worker; its result, or a `StepFailure`.

    A scan that the memory of a GPU does not hold is done on the processor.
    """
    try:
        return step(*args)
    except DeviceMemoryError as error:
        if isinstance(args[0], ScanJob) and args[0].potential.device != "cpu":
            return attempt(step, args[0].on_processor(), *args[1:])
        return StepFailure(type(error).__name__, str(error))
    except Exception as error:  # noqa: BLE001 - one bad material never stops a run
        return StepFailure(
            type(error).__name__,
            str(error),
            certificate=isinstance(error, CertificateError),
            storage=_is_storage(error),
            refused=isinstance(error, WorkerRefusedError),
        )


def admitted(versions: Mapping[str, str], step: Callable[..., Any], *args: Any) -> Any:
    """As `attempt`, on a worker of the same versions as the run.

    Args:
        versions: Those of the run.
        step: What is to be done.
        args: Its arguments.
    """
    refused = attempt(require_versions, versions)
    return attempt(step, *args) if refused is None else refused


def bundle_step(items: Sequence[ScanItem | DescribeItem]) -> list[Any]:
    """Do several small materials, each on its own: one result or `StepFailure` for each.

    Args:
        items: Scans and descriptions.
    """
    return [
        attempt(scan_step, item.job, item.place)
        if isinstance(item, ScanItem)
        else attempt(describe_step, item.path, item.run_id)
        for item in items
    ]


def scan_step(job: ScanJob, place: GridPlace) -> FinishedScan:
    """A whole scan: plan, evaluate, verify, write and describe.

    Args:
        job: The scan.
        place: Where its grid is written.
    """
    started = time.perf_counter()
    plan, potential = _plan(job), _potential(job)
    results = [scan_orbit(plan, orbit, potential) for orbit in plan.orbits]
    return _finish(job, results, place, started, n_energies=sum(r.n_energies for r in results))


def plan_step(job: ScanJob, staged: Sequence[StagedBlock]) -> PlannedScan:
    """Work out what a scan has to evaluate, and which staged energies can be read.

    Args:
        job: The scan.
        staged: Blocks that an earlier run has staged.
    """
    started = time.perf_counter()
    plan, potential = _plan(job), _potential(job)
    orbits = tuple(
        PlannedOrbit(orbit.ion, len(_points(job, orbit.ion).evaluated)) for orbit in plan.orbits
    )
    cost = crystal_cost(
        plan.structure,
        int(np.prod(plan.shape)),
        len(plan.sites),
        potential.card,
        evaluator_name(potential, job.settings.evaluator),
        accuracy=job.settings.accuracy,
    )
    readable = tuple(block for block in staged if _is_readable(block))
    return PlannedScan(orbits, readable, cost, time.perf_counter() - started)


def block_step(job: ScanJob, block: Block, path: Path) -> StagedBlock:
    """Evaluate one block of points and stage its energies.

    Args:
        job: The scan.
        block: The points; all of the ion's if the scan is screened.
        path: Where to stage the energies, up to the attempt.
    """
    started, path = time.perf_counter(), another_attempt(path)
    plan, potential = _plan(job), _potential(job)
    if job.settings.accuracy == "full":
        flat = _points(job, block.ion).evaluated[block.first : block.end]
        energies = evaluate_points(plan, block.ion, flat, potential)
    else:
        energies = evaluate_orbit(plan, block.ion, potential)
    write_block(path, energies)
    n_energies = int(np.isfinite(energies).sum())
    seconds = time.perf_counter() - started
    return StagedBlock(block, path, seconds, device_name(potential), n_energies)


def verify_step(job: ScanJob, orbit_index: int, blocks: Sequence[StagedBlock]) -> VerifiedOrbit:
    """Compare some of the staged energies of one orbit with the plain potential.

    What a killed run had staged is verified again by the run that commits it.

    Args:
        job: The scan.
        orbit_index: Which orbit of its plan.
        blocks: All blocks of the orbit.
    """
    started = time.perf_counter()
    plan, potential = _plan(job), _potential(job)
    orbit = plan.orbits[orbit_index]
    points = _points(job, orbit.ion)
    energies = _read(blocks, len(points.evaluated))
    verification = verify_orbit(plan, orbit, points, energies, potential)
    return VerifiedOrbit(orbit_index, verification, time.perf_counter() - started)


def finish_scan_step(
    job: ScanJob,
    blocks: Sequence[StagedBlock],
    verified: Sequence[VerifiedOrbit],
    planning_seconds: float,
    place: GridPlace,
) -> FinishedScan:
    """Assemble the staged orbits into a grid, write it and describe it.

    Args:
        job: The scan.
        blocks: All its blocks.
        verified: What was found about each orbit, in the order of the plan.
        planning_seconds: Time the planning took, s.
        place: Where the grid is written.
    """
    started = time.perf_counter()
    results = []
    for orbit, checked in zip(_plan(job).orbits, verified, strict=True):
        own = [block for block in blocks if block.block.ion == orbit.ion]
        energies = _read(own, len(_points(job, orbit.ion).evaluated))
        seconds = sum(block.seconds for block in own) + checked.seconds
        results.append(OrbitEnergies(orbit.ion, energies, checked.verification, seconds))
    before = planning_seconds + sum(result.seconds for result in results)
    devices = [block.device for block in blocks]
    return _finish(job, results, place, started, before=before, devices=devices, n_energies=0)


def describe_step(grid_path: Path, run_id: str) -> FinishedDescription:
    """Describe a grid that is stored already."""
    started = time.perf_counter()
    grid = open_grid(grid_path).load()
    rows = described_rows(grid, *describe_all(grid), run_id)
    return FinishedDescription(rows, time.perf_counter() - started)


@lru_cache(maxsize=8)
def worker_potential(settings: PotentialSettings) -> Potential:
    """A potential of this process, loaded once; one thread per process on the CPU.

    Those of an ensemble take turns, structure by structure, and are small.
    """
    import torch

    torch.set_num_threads(1)
    return load_potential(settings.name, device=settings.device, dtype=settings.dtype)


@lru_cache(maxsize=8)
def worker_device_error_ev(settings: PotentialSettings) -> float | None:
    """What this process's device is off by, measured once; see `device_error_ev`."""
    return device_error_ev(worker_potential(settings), settings.name)


def _potential(job: ScanJob) -> Potential:
    """The potential of a scan, the same as the run's.

    Raises:
        WorkerRefusedError: It is another one here.
    """
    potential = worker_potential(job.potential)
    require_potential(potential.card, job.potential_id)
    return potential


@lru_cache(maxsize=2)
def _plan(job: ScanJob) -> ScanPlan:
    """The scan, worked out where it is needed; a worker does many blocks of one scan in a row."""
    plan = plan_scan(job.structure, job.settings)
    return plan if job.reduced else without_symmetry(plan)


@lru_cache(maxsize=2)
def _points(job: ScanJob, ion: int) -> OrbitPoints:
    """The points of one ion; those of a large cell take as much memory as its grid."""
    return orbit_points(_plan(job), ion)


def _finish(
    job: ScanJob,
    results: list[OrbitEnergies],
    place: GridPlace,
    started: float,
    *,
    before: float = 0.0,
    devices: Sequence[str | None] = (),
    n_energies: int,
) -> FinishedScan:
    """Write and describe a scan whose energies are all there.

    Args:
        job: The scan.
        results: One per orbit.
        place: Where the grid is written.
        started: When this step began.
        before: Time that earlier steps took, s.
        devices: What its blocks were computed on; by default all was done in this step.
        n_energies: Energies the potential was asked for in this step so far.
    """
    release_evaluator()
    place = place.anew()
    plan, potential = _plan(job), _potential(job)
    grid = assemble(plan, results, base_energy(plan, potential), potential)
    digest = write_grid(place.path, grid)
    described = described_rows(grid, *describe_all(grid), job.run_id)
    seconds = time.perf_counter() - started
    on = sorted({device for device in devices or [device_name(potential)] if device is not None})
    by = Computed(
        ", ".join(on) or None, worker_device_error_ev(job.potential), before + seconds, job.run_id
    )
    row = scan_row(grid, place.relative, digest, by)
    return FinishedScan(row, described, n_energies + 1, seconds)


def _is_storage(error: BaseException | None) -> bool:
    """Whether an error comes from a disk that is full or a store that does not answer."""
    if is_trouble(error):
        return True
    while error is not None:
        if isinstance(error, OSError) and error.errno in _STORAGE:
            return True
        error = error.__cause__ or error.__context__
    return False


def _read(blocks: Sequence[StagedBlock], n_points: int) -> FloatArray:
    """Energies of all points of an ion from its blocks.

    Raises:
        LakeError: If a block cannot be read, or they do not hold every point once.
    """
    ordered = sorted(blocks, key=lambda staged: staged.block)
    if not covers(n_points, (staged.block for staged in ordered)):
        found = [(staged.block.first, staged.block.end) for staged in ordered]
        raise LakeError(
            f"the staged blocks hold the points {found}, expected 0 to {n_points} without a gap: "
            "remove the folder staging of the lake and run again"
        )
    return np.concatenate([read_block(each.path, each.block.n_points) for each in ordered])


def _is_readable(staged: StagedBlock) -> bool:
    with suppress(LakeError):
        read_block(staged.path, staged.block.n_points)
        return True
    return False
