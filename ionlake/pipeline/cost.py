"""How long a scan takes: a prediction in core-seconds, from sizes alone. Pure.

A scan costs, for every ion it moves: building the evaluator, the points, and the check of copies
and of the evaluator. Two predictions share the model. The exact one takes the numbers of points
that a planned scan has. The quick one knows only the crystal: it serves to put many materials in
order and to decide how their work is cut up, where a factor of a few does no harm.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ionlake.geometry import volume
from ionlake.pes.evaluator import BATCHED
from ionlake.pes.grid import paper_shape
from ionlake.pes.image_guard import scan_repeats, scanned_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.interface import PotentialCard
from ionlake.structures.record import StructureRecord


class Family(Enum):
    """How a potential evaluates the points of a scan, as far as time is concerned."""

    OPERATOR = "operator"
    """An evaluator of the potential's own that updates what the moving ion changes."""
    BATCHED = "batched"
    """Batches of whole structures."""
    UNKNOWN = "unknown"
    """A potential that names no cut-off."""


@dataclass(frozen=True)
class CostModel:
    """Times on one core, for every family of evaluators. To fit them again, change them here.

    Fitted on one core of an AMD EPYC (72 GFLOP/s in a large matrix product) with SevenNet-0
    (cut-off 5 Å), the operator on crystals of 2 to 54 atoms (15 % rms for a point). Pairs are
    directed pairs of atoms within the potential's cut-off, per cell.

    Attributes:
        operator_s_per_atom: Time of a point per atom of the cell, operator family, s.
        operator_s_per_pair: Time of a point per pair, operator family, s.
        operator_build_s: Time to build the evaluator of one ion, s.
        operator_build_s_per_atom: The same, per atom, s.
        batched_s_per_pair: Time of a point per pair, batched family, s.
        unknown_s_per_atom: Time of a point per atom, unknown family, s.
        plain_s_per_pair: Time of a plain float64 energy per pair, s.
        operator_checks: Plain float64 energies that an ion of the operator family is checked with,
            if it has few points and if it has many.
        plain_checks: Energies that an ion of the other families is checked with.
        many_points: Points from which on an ion has many.
        plan_s: Time to plan a scan, s.
        plan_s_per_point: Time per grid point and scanned ion to find the points to evaluate, s.
        finish_s: Time to assemble, write and describe a grid, s.
        finish_s_per_point: The same, per grid point and mobile ion, s.
        excluded_ang3: Volume that one atom takes from the allowed points at an exclusion radius
            of 1.2 Å, Å³; the allowed share is exp(−excluded_ang3 · (N − 1) / V).
        symmetry_order: Points of the full grid per evaluated point of a typical crystal, for the
            quick prediction.
        screened_share: Share of a scan's points that screening evaluates.
    """

    operator_s_per_atom: float = 0.085e-3
    operator_s_per_pair: float = 0.00026e-3
    operator_build_s: float = 0.02
    operator_build_s_per_atom: float = 0.008
    batched_s_per_pair: float = 0.062e-3
    unknown_s_per_atom: float = 1e-3
    plain_s_per_pair: float = 0.12e-3
    operator_checks: tuple[int, int] = (4, 10)
    plain_checks: int = 6
    many_points: int = 1500
    plan_s: float = 0.01
    plan_s_per_point: float = 1e-6
    finish_s: float = 0.06
    finish_s_per_point: float = 2e-6
    excluded_ang3: float = 9.45
    symmetry_order: float = 4.0
    screened_share: float = 0.34


DEFAULT_MODEL: Final = CostModel()
_REFERENCE_RADIUS_ANG: Final = 1.2


@dataclass(frozen=True)
class CrystalCost:
    """What scanning one crystal with one potential costs, in core-seconds.

    Attributes:
        point_s: One point; for a screened scan the mean over those it skips too.
        build_s: Building the evaluator of one ion and finding its points.
        checks_s: Checking one ion of few points, and one of many.
        many_points: Number of points from which on an ion has many.
        plan_s: Planning the scan.
        finish_s: Assembling, writing and describing the grid.
    """

    point_s: float
    build_s: float
    checks_s: tuple[float, float]
    many_points: int
    plan_s: float
    finish_s: float

    def block_s(self, n_points: int) -> float:
        """A block of points of one ion, its evaluator built first."""
        return self.build_s + n_points * self.point_s

    def check_s(self, n_points: int) -> float:
        """The check of one ion that has so many evaluated points."""
        return self.checks_s[n_points >= self.many_points]

    def scan_s(self, points: Iterable[int]) -> float:
        """A whole scan.

        Args:
            points: Numbers of points to evaluate, one per scanned ion.
        """
        ions = sum(self.block_s(n) + self.check_s(n) for n in points)
        return self.plan_s + ions + self.finish_s


def family_of(card: PotentialCard, evaluator: str) -> Family:
    """How a potential evaluates scans.

    Args:
        card: The potential.
        evaluator: From `ionlake.pes.evaluator.evaluator_name`.
    """
    if card.cutoff_ang is None:
        return Family.UNKNOWN
    return Family.BATCHED if evaluator == BATCHED else Family.OPERATOR


def pairs_within(structure: StructureRecord, cutoff_ang: float) -> float:
    """Expected number of directed pairs within a cut-off, per cell.

    From the mean density alone, N · (N / V) · 4/3 π r³: no neighbours are looked up, and a
    prediction needs no more.

    Args:
        structure: The crystal.
        cutoff_ang: Cut-off, Å.
    """
    density = structure.n_sites / volume(structure.cell)
    return structure.n_sites * density * 4.0 / 3.0 * math.pi * cutoff_ang**3


def crystal_cost(
    structure: StructureRecord,
    grid_points: int,
    n_ions: int,
    card: PotentialCard,
    evaluator: str,
    *,
    accuracy: str,
    model: CostModel = DEFAULT_MODEL,
) -> CrystalCost:
    """What scanning a crystal costs.

    Args:
        structure: The crystal.
        grid_points: Points of the grid of one ion.
        n_ions: Mobile ions in the cell.
        card: The potential.
        evaluator: From `ionlake.pes.evaluator.evaluator_name`.
        accuracy: ``full`` or ``screen``.
        model: Times of single operations.
    """
    n = structure.n_sites
    pairs = pairs_within(structure, card.cutoff_ang or 0.0)
    build = model.plan_s_per_point * grid_points
    checks = (model.plain_checks, model.plain_checks)
    match family_of(card, evaluator):
        case Family.OPERATOR:
            point = model.operator_s_per_atom * n + model.operator_s_per_pair * pairs
            plain = model.plain_s_per_pair * pairs
            build += model.operator_build_s + model.operator_build_s_per_atom * n
            checks = model.operator_checks
        case Family.BATCHED:
            point = plain = model.batched_s_per_pair * pairs
        case Family.UNKNOWN:
            point = plain = model.unknown_s_per_atom * n
    return CrystalCost(
        point_s=point * evaluated_share(accuracy, model),
        build_s=build,
        checks_s=(checks[0] * plain, checks[1] * plain),
        many_points=model.many_points,
        plan_s=model.plan_s,
        finish_s=model.finish_s + model.finish_s_per_point * grid_points * n_ions,
    )


def evaluated_share(accuracy: str, model: CostModel = DEFAULT_MODEL) -> float:
    """Expected share of the irreducible points that a scan evaluates.

    Args:
        accuracy: ``full`` or ``screen``.
        model: Holds the share of a screened scan.
    """
    return model.screened_share if accuracy == "screen" else 1.0


def allowed_share(
    structure: StructureRecord, settings: ScanSettings, model: CostModel = DEFAULT_MODEL
) -> float:
    """Expected share of grid points that no other atom excludes.

    As if atoms were thrown into the cell at random: exp(−v (N − 1) / V), where v stands for the
    sphere an atom excludes, enlarged because atoms keep apart.

    Args:
        structure: The crystal.
        settings: Settings of the scan.
        model: Holds v for a radius of 1.2 Å.
    """
    radius = settings.exclusion_radius_ang / _REFERENCE_RADIUS_ANG
    excluded = model.excluded_ang3 * radius**3
    return math.exp(-excluded * (structure.n_sites - 1) / volume(structure.cell))


@dataclass(frozen=True)
class QuickSize:
    """Sizes of a scan, predicted from the crystal alone.

    Attributes:
        structure: What is scanned, the crystal or its supercell.
        grid_points: Grid points of one ion.
        n_ions: Mobile ions of the scanned cell.
        n_scanned: Mobile ions that are scanned, about.
        points: Points that are evaluated over all ions, about.
    """

    structure: StructureRecord
    grid_points: int
    n_ions: int
    n_scanned: int
    points: float


def quick_size(
    structure: StructureRecord, settings: ScanSettings, model: CostModel = DEFAULT_MODEL
) -> QuickSize:
    """Sizes of a scan, for which no symmetry is looked at: a typical order stands for it.

    Of the ions of a supercell that lattice translations map onto each other, one is scanned.

    Args:
        structure: The crystal, with at least one ion of the mobile species.
        settings: Settings of the scan.
        model: Holds the typical order of symmetry.
    """
    n_cells = math.prod(scan_repeats(structure.cell, settings))
    scanned = scanned_structure(structure, settings)
    grid = math.prod(paper_shape(structure.cell, settings.spacing_ang)) * n_cells
    n_ions = len(scanned.mobile_sites(settings.mobile_species))
    reduced = settings.symmetry != "none"
    order = model.symmetry_order if reduced else 1.0
    different = n_ions // n_cells if reduced else n_ions
    return QuickSize(
        structure=scanned,
        grid_points=grid,
        n_ions=n_ions,
        n_scanned=max(1, math.ceil(different / order)),
        points=grid * different * allowed_share(scanned, settings, model) / order,
    )


def quick_seconds(
    structure: StructureRecord,
    settings: ScanSettings,
    card: PotentialCard,
    evaluator: str,
    model: CostModel = DEFAULT_MODEL,
) -> float:
    """Core-seconds of a scan, predicted from the crystal alone.

    Args:
        structure: The crystal, with at least one ion of the mobile species.
        settings: Settings of the scan.
        card: The potential.
        evaluator: From `ionlake.pes.evaluator.evaluator_name`.
        model: Times of single operations.
    """
    size = quick_size(structure, settings, model)
    cost = crystal_cost(
        size.structure,
        size.grid_points,
        size.n_ions,
        card,
        evaluator,
        accuracy=settings.accuracy,
        model=model,
    )
    return cost.scan_s([math.ceil(size.points / size.n_scanned)] * size.n_scanned)


def describe_seconds(
    structure: StructureRecord, settings: ScanSettings, model: CostModel = DEFAULT_MODEL
) -> float:
    """Core-seconds to describe a grid that is stored already.

    Args:
        structure: The crystal.
        settings: Settings of its scan.
        model: Times of single operations.
    """
    size = quick_size(structure, settings, model)
    return model.finish_s + model.finish_s_per_point * size.grid_points * size.n_ions
