"""What stands in for computing: how long a step would take, and results of the size of real ones.

A prediction is never quite right, so each crystal deviates: its number of points from the quick
prediction, its time per point from the cost model. Both deviations are drawn once for each scan,
from its identity, so that a simulation can be repeated.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

from ionlake.descriptors.identity import descriptor_id
from ionlake.pes.scan import Verification
from ionlake.pipeline.blocks import Block
from ionlake.pipeline.cost import CrystalCost, QuickSize, crystal_cost, quick_size
from ionlake.pipeline.jobs import (
    FinishedScan,
    GridPlace,
    PlannedOrbit,
    PlannedScan,
    ScanItem,
    ScanJob,
    StagedBlock,
    VerifiedOrbit,
)
from ionlake.pipeline.plan import Method
from ionlake.pipeline.rows import DescribedScan, Row
from ionlake.pipeline.simulation.grid_writing import GridWriting

LN_POINTS: Final = 1.08
"""Standard deviation of ln(points / quickly predicted points), over the scans of 621 lithium
compounds of the Materials Project."""

LN_TIME: Final = 0.28
"""Standard deviation of ln(time / predicted time) for a known number of points, over the same."""


@dataclass(frozen=True)
class Fate:
    """How a scan turns out.

    Attributes:
        size: Its sizes as predicted.
        orbits: The ions that are scanned, with the points they turn out to have.
        cost: Predicted times.
        slowness: Real times over predicted ones.
    """

    size: QuickSize
    orbits: tuple[PlannedOrbit, ...]
    cost: CrystalCost
    slowness: float

    @property
    def points(self) -> list[int]:
        """Points of each scanned ion."""
        return [orbit.n_points for orbit in self.orbits]


@dataclass
class StandIn:
    """Answers in the place of a worker.

    Attributes:
        methods: How scans are done, by the id of the potential.
        model: A real finished scan, whose rows all others resemble.
        writing: Writes some of the grids and counts all.
    """

    methods: Mapping[str, Method]
    model: FinishedScan
    writing: GridWriting

    def __post_init__(self) -> None:
        """Blocks of one scan ask for its fate again and again."""
        self._fate: Callable[[ScanJob], Fate] = lru_cache(maxsize=4096)(self._draw)

    def __call__(self, step: Callable[..., Any], args: tuple[Any, ...]) -> tuple[float, Any]:
        """Do a step in name: the seconds it would take, and its result."""
        match step.__name__:
            case "bundle_step":
                done = [self._whole(item) for item in args[0]]
                return sum(each.seconds for each in done), done
            case "scan_step":
                finished = self._whole(ScanItem(*args))
                return finished.seconds, finished
            case "plan_step":
                return self._planned(args[0])
            case "block_step":
                return self._block(*args)
            case "verify_step":
                return self._verified(*args[:2])
            case "finish_scan_step":
                job, place = args[0], args[-1]
                finished = self._finished(job, place, self._fate(job).cost.finish_s)
                return finished.seconds, finished
        raise NotImplementedError(f"a simulated run begins with an empty lake: {step.__name__}")

    def _planned(self, job: ScanJob) -> tuple[float, PlannedScan]:
        fate = self._fate(job)
        seconds = fate.cost.plan_s * fate.slowness
        return seconds, PlannedScan(fate.orbits, (), fate.cost, seconds)

    def _block(self, job: ScanJob, block: Block, path: Any) -> tuple[float, StagedBlock]:
        fate = self._fate(job)
        seconds = fate.cost.block_s(block.n_points) * fate.slowness
        self.writing.count_block(block.n_points)
        return seconds, StagedBlock(block, path, seconds, "cpu", block.n_points)

    def _verified(self, job: ScanJob, index: int) -> tuple[float, VerifiedOrbit]:
        fate = self._fate(job)
        seconds = fate.cost.check_s(fate.points[index]) * fate.slowness
        return seconds, VerifiedOrbit(
            index, Verification(n_energies=fate.cost.many_points), seconds
        )

    def _whole(self, item: ScanItem) -> FinishedScan:
        fate = self._fate(item.job)
        return self._finished(item.job, item.place, fate.cost.scan_s(fate.points) * fate.slowness)

    def _finished(self, job: ScanJob, place: GridPlace, seconds: float) -> FinishedScan:
        fate = self._fate(job)
        shape = self.writing.shape_of(fate.size)
        seconds += self.writing.write(job.scan_id, place.path, shape)
        rows = _rows_like(self.model.described, job, shape)
        scan = self.model.scan | {
            **_identity(job),
            "n_mobile_ions": shape[0],
            **dict(zip(("n_a", "n_b", "n_c"), shape[1:], strict=True)),
            "points_total": math.prod(shape),
            "points_evaluated": sum(fate.points),
            "grid_path": place.relative,
            "compute_seconds": seconds,
        }
        return FinishedScan(scan, rows, sum(fate.points), seconds)

    def _draw(self, job: ScanJob) -> Fate:
        method = self.methods[job.potential_id]
        size = quick_size(job.structure, job.settings)
        cost = crystal_cost(
            size.structure,
            size.grid_points,
            size.n_ions,
            method.card,
            method.evaluator,
            accuracy=job.settings.accuracy,
        )
        more, slower = _normal(job.scan_id, 2)
        points = math.ceil(size.points * math.exp(LN_POINTS * more) / size.n_scanned)
        points = min(points, size.grid_points)
        orbits = tuple(PlannedOrbit(ion, points) for ion in range(size.n_scanned))
        return Fate(size, orbits, cost, math.exp(LN_TIME * slower))


def _normal(name: str, count: int) -> list[float]:
    """Numbers of a standard normal distribution that only this name has."""
    digest = hashlib.sha256(name.encode()).digest()
    parts = [int.from_bytes(digest[4 * n : 4 * n + 4], "big") for n in range(count)]
    return [NormalDist().inv_cdf((part + 0.5) / 2**32) for part in parts]


def _identity(job: ScanJob) -> Row:
    return {
        "scan_id": job.scan_id,
        "structure_id": job.structure.structure_id,
        "potential_id": job.potential_id,
        "potential": job.potential.name,
        "run_id": job.run_id,
    }


def _rows_like(model: DescribedScan, job: ScanJob, shape: Sequence[int]) -> DescribedScan:
    """As many rows as a scan of this shape has, all but their keys those of the model."""
    own = {"descriptor_id": descriptor_id(job.scan_id), "scan_id": job.scan_id}
    ions = range(shape[0])
    return replace(
        model,
        descriptors=model.descriptors | own | {"run_id": job.run_id},
        mobile_ions=[model.mobile_ions[0] | own | {"mobile_ion": ion} for ion in ions],
        pathways=[row | own | {"run_id": job.run_id} for row in model.pathways],
        chunks=[model.chunks[0] | {"scan_id": job.scan_id, "mobile_ion": ion} for ion in ions],
    )
