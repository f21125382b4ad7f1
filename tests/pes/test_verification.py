"""Energies that the plain potential does not confirm never leave a scan."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from ionlake.errors import GridError, PotentialError
from ionlake.geometry import minimum_image_distances
from ionlake.pes.grid import grid_fractional
from ionlake.pes.plan import orbit_points, plan_scan, without_symmetry
from ionlake.pes.scan import evaluate_points, scan_orbit, scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.pes.verification import (
    CertificateError,
    EvaluatorError,
    Verification,
    verify_orbit,
    worst,
)
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.potentials import OwnEvaluator, PairPotential

COARSE = ScanSettings(spacing_ang=0.8)
FINE = ScanSettings(spacing_ang=0.4)
UNEVEN = CosineLandscape(amplitudes_ev=(0.2, 0.4, 0.8))
CUBIC = StructureRecord(
    4.0 * np.eye(3),
    np.array([3, 3, 8, 3]),
    np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0, 0, 0], [0.5, 0.5, 0]]),
)


@dataclass(frozen=True)
class Recorder:
    """Pair energies that remember the batches they were asked for."""

    inner: object = field(default_factory=PairPotential)
    batches: list[np.ndarray] = field(default_factory=list)

    @property
    def card(self):
        return self.inner.card

    def energies(self, cell, numbers, positions):
        self.batches.append(positions)
        return self.inner.energies(cell, numbers, positions)


def first_orbit(record, settings, potential):
    """Plan, orbit, points and energies of the first scanned ion."""
    plan = plan_scan(record, settings, parity=potential.card.parity)
    orbit = plan.orbits[0]
    points = orbit_points(plan, orbit.ion)
    return plan, orbit, points, evaluate_points(plan, orbit.ion, points.evaluated, potential)


def contacts(plan, ion, points):
    """Distance of each evaluated point from the nearest frozen atom, the slow way."""
    places = grid_fractional(plan.shape, points.evaluated)
    return minimum_image_distances(places, plan.framework(ion)[1], plan.structure.cell).min(axis=1)


def error_at(places, by_ev):
    """An error at these fractional points only."""

    def error(_site, points, energies):
        off = np.abs(points[:, None] - places).max(axis=2).min(axis=1) < 1e-9
        return energies + by_ev * off

    return error


@pytest.mark.parametrize("material", ["Li2O-225", "Li3N-191", "LiAlO2-92"])
def test_an_exact_evaluator_is_confirmed(material):
    own = OwnEvaluator(inner=PairPotential(chirality=0.1))
    plan = plan_scan(load_bundled(material), COARSE)
    for orbit in plan.orbits:
        found = scan_orbit(plan, orbit, own).verification
        assert 0 <= found.evaluator_error_ev < 1e-9
        assert found.certificate_ev < 1e-9
        assert found.n_energies > 0


@pytest.mark.parametrize("spacing", [0.4, 0.8])
@pytest.mark.parametrize("material", ["Li2O-225", "Li3N-191", "LiAlO2-92", "LiFePO4-62"])
@pytest.mark.parametrize("where", ["lowest", "closest"])
def test_an_error_at_the_points_that_matter_most_is_found(material, spacing, where):
    record, settings = load_bundled(material), ScanSettings(spacing_ang=spacing)
    if material == "LiFePO4-62":
        settings = replace(settings, spacing_ang=3 * spacing)
    plan, orbit, points, energies = first_orbit(record, settings, PairPotential())
    near = contacts(plan, orbit.ion, points)
    chosen = energies.argmin() if where == "lowest" else near <= near.min() + 1e-6
    places = np.atleast_2d(grid_fractional(plan.shape, points.evaluated)[chosen])
    wrong = OwnEvaluator(error_at(places, -2e-4))
    match = rf"off by 2.0e-04 eV .* in {record.formula}, with mobile ion {orbit.ion} at \["
    with pytest.raises(EvaluatorError, match=match):
        scan_orbit(plan, orbit, wrong)
    with pytest.raises(EvaluatorError, match='scan with evaluator "batched"'):
        scan_structure(record, settings, wrong)
    allowed = scan_structure(record, settings, OwnEvaluator(error_at(places, -9e-5)))
    assert allowed.attrs["verification"]["evaluator_error_ev"] == pytest.approx(9e-5)


def test_nothing_may_be_excluded_and_there_is_a_closest_contact():
    record = load_bundled("Li3N-191")
    settings = replace(FINE, exclusion_radius_ang=1e-3, grid="paper")
    moved = record.fractional_positions + np.array([0.04, 0.03, 0.05])
    shifted = StructureRecord(record.cell, record.atomic_numbers, moved)
    plan, orbit, points, _ = first_orbit(shifted, settings, PairPotential())
    assert (points.source >= 0).all()
    near = contacts(plan, orbit.ion, points)
    places = grid_fractional(plan.shape, points.evaluated)[near <= near.min() + 1e-6]
    with pytest.raises(EvaluatorError):
        scan_orbit(plan, orbit, OwnEvaluator(error_at(places, 2e-4)))


def test_an_error_everywhere_is_found_at_once():
    calls = []

    def shifted(_site, points, energies):
        calls.append(len(points))
        return energies + 2e-4

    record = load_bundled("Li2O-225")
    with pytest.raises(EvaluatorError):
        scan_structure(record, COARSE, OwnEvaluator(shifted))
    assert len(calls) == 1, "no second scan without symmetry"


def test_an_error_seen_only_in_copies_is_the_evaluators():
    """The certificate finds it; the plain potential at the copied point's source tells whose."""
    record = load_bundled("LiAlO2-92")
    recorder = Recorder()
    plan, orbit, points, energies = first_orbit(record, COARSE, OwnEvaluator(inner=recorder))
    recorder.batches.clear()
    verify_orbit(plan, orbit, points, energies, OwnEvaluator(inner=recorder))
    site = plan.sites[orbit.ion]
    asked = recorder.batches[0][:2, site] @ np.linalg.inv(record.cell)
    places = grid_fractional(plan.shape, points.evaluated)
    unseen = np.abs(places[:, None] - asked).max(axis=2).min(axis=1) > 1e-9
    assert unseen.sum() == len(places) - 2
    with pytest.raises(EvaluatorError, match=r"off by 1\.0e-03 eV"):
        verify_orbit(plan, orbit, points, energies + 1e-3 * unseen, OwnEvaluator())


@pytest.mark.parametrize("mode", ["auto", "proper", "all"])
@pytest.mark.parametrize("potential", [UNEVEN, OwnEvaluator(inner=UNEVEN)])
def test_a_potential_that_breaks_the_symmetry_has_no_certificate(potential, mode):
    plan = plan_scan(CUBIC, replace(COARSE, symmetry=mode), parity=True)
    with pytest.raises(CertificateError, match=r"in Li3O differ by .* scan without symmetry"):
        scan_orbit(plan, plan.orbits[0], potential)
    dataset = scan_structure(CUBIC, replace(COARSE, symmetry=mode), potential)
    assert dataset.attrs["symmetry"]["given_up"] is True
    full = scan_structure(CUBIC, replace(COARSE, symmetry="none"), UNEVEN)
    np.testing.assert_array_equal(dataset.energy, full.energy)


@dataclass(frozen=True)
class SiteShift:
    """Each ion's landscape has the symmetry, but equivalent ions have unequal ones."""

    home: np.ndarray
    inner: PairPotential = field(default_factory=PairPotential)

    @property
    def card(self):
        return self.inner.card

    def energies(self, cell, numbers, positions):
        moved = np.abs(positions - self.home).max(axis=2) > 1e-9
        shift = moved @ (0.01 * np.arange(len(numbers)))
        return self.inner.energies(cell, numbers, positions) + shift


def test_copies_of_another_ion_are_certified_too():
    record = load_bundled("LiAlO2-92")
    uneven = SiteShift(record.fractional_positions @ record.cell)
    dataset = scan_structure(record, COARSE, uneven)
    assert dataset.attrs["symmetry"]["given_up"] is True
    full = scan_structure(record, replace(COARSE, symmetry="none"), uneven)
    np.testing.assert_array_equal(dataset.energy, full.energy)


@pytest.mark.parametrize(
    ("spoil", "error", "match"),
    [
        (lambda e: e * np.nan, GridError, "not finite"),
        (lambda e: e[:-1], PotentialError, "returned shape"),
        (lambda e: e[:, None], PotentialError, "returned shape"),
    ],
)
def test_a_reference_that_gives_no_energies_is_an_error(spoil, error, match):
    @dataclass(frozen=True)
    class Spoiled(PairPotential):
        def energies(self, cell, numbers, positions):
            return spoil(super().energies(cell, numbers, positions))

    class Own(OwnEvaluator):
        def reference(self):
            return Spoiled()

    with pytest.raises(error, match=match):
        scan_structure(load_bundled("Li3N-191"), COARSE, Own())


@pytest.mark.parametrize("shape", [lambda e: e[:1], lambda e: e[:-1], lambda e: e[:, None]])
def test_an_evaluator_of_another_shape(shape):
    own = OwnEvaluator(lambda _site, _points, energies: shape(energies))
    with pytest.raises(PotentialError, match=r"returned shape .* one energy for each point"):
        scan_structure(load_bundled("Li2O-225"), COARSE, own)


def test_the_plain_potential_is_asked_once_and_for_more_points_in_larger_scans():
    record = load_bundled("LiAlO2-92")
    asked = []
    for spacing in (0.8, 0.4, 0.3, 0.15):
        recorder = Recorder()
        plan = plan_scan(record, ScanSettings(spacing_ang=spacing))
        orbit, points = plan.orbits[0], orbit_points(plan, 0)
        energies = np.random.default_rng(0).random(len(points.evaluated))
        with pytest.raises(EvaluatorError):
            verify_orbit(plan, orbit, points, energies, OwnEvaluator(inner=recorder))
        (batch,) = recorder.batches
        moved = np.abs(batch - record.fractional_positions @ record.cell).max(axis=2) > 1e-9
        assert (moved.sum(axis=1) <= 1).all()
        asked.append((len(energies), len(batch)))
    sizes = [points for points, _ in asked]
    assert sizes[0] < 200 < 6000 < sizes[-1]
    assert asked[0][1] == 2 + 2
    assert asked[-1][1] == 6 + 6
    assert [count for _, count in asked] == sorted(count for _, count in asked)


def test_the_sample_depends_on_the_plan_alone():
    record, batches = load_bundled("LiAlO2-92"), []
    for _ in range(2):
        recorder = Recorder()
        plan, orbit, points, energies = first_orbit(record, COARSE, PairPotential())
        verify_orbit(plan, orbit, points, energies, OwnEvaluator(inner=recorder))
        batches.append(recorder.batches[0])
    np.testing.assert_array_equal(*batches)


def test_without_copies_and_own_evaluator_nothing_is_asked():
    recorder = Recorder()
    plan, *_ = first_orbit(load_bundled("Li3N-191"), COARSE, PairPotential())
    full = without_symmetry(plan)
    points = orbit_points(full, 0)
    energies = evaluate_points(full, 0, points.evaluated, PairPotential())
    found = verify_orbit(full, full.orbits[0], points, energies, recorder)
    assert found == Verification(None, 0.0, 0)
    assert not recorder.batches
    guarded = verify_orbit(full, full.orbits[0], points, energies, OwnEvaluator())
    assert guarded.evaluator_error_ev < 1e-9
    assert guarded.certificate_ev == 0.0
    assert guarded.n_energies == 4


def test_a_scan_of_one_point():
    record = StructureRecord(3.0 * np.eye(3), np.array([3, 8]), np.array([[0.5] * 3, [0.0] * 3]))
    settings = ScanSettings(spacing_ang=1.5, exclusion_radius_ang=2.2, grid="paper")
    plan, orbit, points, energies = first_orbit(record, settings, PairPotential())
    assert len(energies) == 1
    found = verify_orbit(plan, orbit, points, energies, OwnEvaluator())
    assert found.n_energies == 1
    assert found.evaluator_error_ev < 1e-9


def test_the_worst_of_several():
    found = [Verification(1e-6, 2e-6, 5), Verification(3e-6, 0.0, 4), Verification(None, 1e-5, 2)]
    assert worst(found) == Verification(3e-6, 1e-5, 11)
    assert worst(found[2:]) == found[2]
    assert worst([]) == Verification(None, 0.0, 0)
