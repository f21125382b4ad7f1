"""From a crystal to all its descriptors, against batches of whole structures without symmetry."""

import statistics
import time
from dataclasses import dataclass

import ionlake
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pes.settings import ScanSettings
from ionlake.pes.symmetry import _spglib_operations
from ionlake.structures.sources.bundled import load_bundled
from tests.benchmarks.cases import NO_SYMMETRY

WARM_UP = "LiF-225"
_SHORT_S = 5.0


@dataclass(frozen=True)
class EndToEnd:
    """One material from crystal to descriptors.

    Attributes:
        crystal: Name.
        grid: Points of the grid along each axis.
        ions: Mobile ions.
        evaluated: Points that symmetry leaves to evaluate, over all ions.
        allowed: Allowed points of all ions, without symmetry.
        scan_s: The scan, plan and verification included.
        describe_s: Levels and all descriptors; zero where the scan was only predicted.
        measured: False where ``scan_s`` is evaluated points times the operator's time per point.
        baseline_s: Allowed points times the batched time per point, plus ``describe_s``.
    """

    crystal: str
    grid: tuple[int, ...]
    ions: int
    evaluated: int
    allowed: int
    scan_s: float
    describe_s: float
    measured: bool
    baseline_s: float

    @property
    def seconds(self):
        """Scan and descriptors."""
        return self.scan_s + self.describe_s

    @property
    def ratio(self):
        """Baseline over this."""
        return self.baseline_s / self.seconds


def measure_end_to_end(case, potential, per_point, effort):
    """Scan and describe a crystal with nothing remembered of it; the dataset too, if measured."""
    plan = plan_scan(case.structure, ScanSettings(), parity=potential.card.parity)
    evaluated = _count(plan)
    scan_s, describe_s, dataset = 1e-3 * evaluated * per_point.operator_ms, 0.0, None
    if scan_s <= effort.scan_limit_s:
        repeats = effort.repeats(case.structure.n_sites) if scan_s < _SHORT_S else 1
        scan_s, describe_s, dataset = _medians(case.structure, potential, repeats)
    allowed = _count(plan_scan(case.structure, NO_SYMMETRY))
    return EndToEnd(
        crystal=case.name,
        grid=plan.shape,
        ions=len(plan.sites),
        evaluated=evaluated,
        allowed=allowed,
        scan_s=scan_s,
        describe_s=describe_s,
        measured=dataset is not None,
        baseline_s=1e-3 * allowed * per_point.batched_ms + describe_s,
    ), dataset


def _medians(structure, potential, repeats):
    """Median seconds of scan and descriptors, after another crystal has loaded all code."""
    _run(load_bundled(WARM_UP), potential)
    scans, descriptions, datasets = zip(
        *(_run(structure, potential) for _ in range(repeats)), strict=True
    )
    return statistics.median(scans), statistics.median(descriptions), datasets[0]


def _run(structure, potential):
    """Seconds of scan and descriptors, nothing remembered of the crystal, and the dataset."""
    orbit_points.cache_clear()
    _spglib_operations.cache_clear()
    started = time.perf_counter()
    dataset = ionlake.scan(structure, potential=potential)
    scanned = time.perf_counter()
    ionlake.describe(dataset)
    return scanned - started, time.perf_counter() - scanned, dataset


def _count(plan):
    return sum(len(orbit_points(plan, orbit.ion).evaluated) for orbit in plan.orbits)
