"""Scans reduced by symmetry against full scans, and what happens where symmetry does not hold."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.errors import GridError, PotentialError, StructureError
from ionlake.geometry import minimum_image_distances
from ionlake.names import PointStatus
from ionlake.pes import scan
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pes.scan import OrbitEnergies, evaluate_points, scan_orbit, scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.pes.verification import CertificateError, Verification
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.crystals import crystals
from tests.reference.potentials import OwnEvaluator, PairPotential

COARSE = ScanSettings(spacing_ang=0.8)
FULL = replace(COARSE, symmetry="none")
CRYSTALS = ("Li2O-225", "Li3N-191", "LiCoO2-166", "LiAlO2-92", "Li3PO4-31", "Li3P-194")
UNEVEN = CosineLandscape(amplitudes_ev=(0.2, 0.4, 0.8))
CUBIC = StructureRecord(
    4.0 * np.eye(3),
    np.array([3, 3, 8, 3]),
    np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0, 0, 0], [0.5, 0.5, 0]]),
)


def total_energies(record, scan_settings, potential):
    """Result of a scan before it becomes a dataset: total energies in double precision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "scan_dataset", lambda result: result)
        return scan_structure(record, scan_settings, potential)


def evaluated(result):
    """Number of points the potential was asked for."""
    return np.sum(result.status == PointStatus.EVALUATED)


def plain_scan(record, shape, potential, radius=1.2):
    """Every point of every ion by the definition of the scan."""
    energies = []
    for site in record.mobile_sites("Li"):
        others = np.delete(record.fractional_positions, site, axis=0)
        grid = np.full(shape, np.nan)
        for point in np.ndindex(*shape):
            fractional = np.array(point) / np.array(shape)
            distances = minimum_image_distances(fractional[None], others, record.cell)
            if distances.min(initial=np.inf) >= radius:
                moved = record.fractional_positions.copy()
                moved[site] = fractional
                positions = (moved @ record.cell)[None]
                grid[point] = potential.energies(record.cell, record.atomic_numbers, positions)[0]
        energies.append(grid)
    return np.array(energies)


@pytest.mark.parametrize("grid", ["paper", "commensurate"])
def test_a_scan_is_what_its_definition_says(grid):
    record = load_bundled("Li3N-191")
    potential = PairPotential(cutoff=4.0)
    result = total_energies(record, ScanSettings(spacing_ang=1.0, grid=grid), potential)
    expected = plain_scan(record, result.plan.shape, potential)
    np.testing.assert_array_equal(np.isnan(result.energies), np.isnan(expected))
    np.testing.assert_allclose(result.energies, expected, rtol=0, atol=1e-9)
    whole = (record.fractional_positions @ record.cell)[None]
    base = potential.energies(record.cell, record.atomic_numbers, whole)[0]
    assert result.base_energy_ev == pytest.approx(base, abs=1e-9)


@pytest.mark.parametrize("chirality", [0.0, 0.1])
@pytest.mark.parametrize("material", CRYSTALS)
def test_reduced_scans_equal_full_scans(material, chirality):
    record, potential = load_bundled(material), PairPotential(chirality=chirality)
    reduced = total_energies(record, COARSE, potential)
    full = total_energies(record, FULL, potential)
    np.testing.assert_array_equal(np.isnan(reduced.energies), np.isnan(full.energies))
    np.testing.assert_allclose(reduced.energies, full.energies, rtol=0, atol=1e-9)
    assert evaluated(reduced) < 0.6 * evaluated(full)
    assert reduced.verification.certificate_ev < 1e-9
    assert reduced.verification.evaluator_error_ev is None
    assert reduced.plan.reduced
    assert np.nanmax(full.energies) - np.nanmin(full.energies) > 0.5


def test_a_larger_crystal_on_a_coarse_grid():
    record, potential = load_bundled("LiFePO4-62"), PairPotential(chirality=0.1)
    coarse = replace(COARSE, spacing_ang=1.5)
    reduced = total_energies(record, coarse, potential)
    full = total_energies(record, replace(coarse, symmetry="none"), potential)
    np.testing.assert_allclose(reduced.energies, full.energies, rtol=0, atol=1e-9)
    assert 3.5 * evaluated(reduced) < evaluated(full)


@settings(max_examples=15, deadline=None)
@given(
    record=crystals(most_atoms=16),
    grid=st.sampled_from(["paper", "commensurate"]),
    chirality=st.sampled_from([0.0, 0.1]),
)
def test_reduced_scans_of_random_crystals_equal_full_scans(record, grid, chirality):
    potential = PairPotential(chirality=chirality)
    wide = ScanSettings(spacing_ang=1.1, grid=grid, exclusion_radius_ang=0.8)
    try:
        full = total_energies(record, replace(wide, symmetry="none"), potential)
    except GridError:
        return
    reduced = total_energies(record, wide, potential)
    np.testing.assert_allclose(reduced.energies, full.energies, rtol=0, atol=1e-8)
    assert reduced.plan.reduced


def test_mirror_images_are_used_where_the_potential_has_parity():
    record = load_bundled("Li3PO4-31")
    chiral = total_energies(record, COARSE, PairPotential(chirality=1e-14))
    even = total_energies(record, COARSE, PairPotential())
    assert (chiral.plan.settings.symmetry, even.plan.settings.symmetry) == ("proper", "all")
    assert 1.5 * evaluated(even) < evaluated(chiral)
    np.testing.assert_allclose(even.energies, chiral.energies, rtol=0, atol=1e-9)


def test_mirror_images_asked_for_without_parity_are_recorded_and_not_refused():
    record, chiral = load_bundled("Li3PO4-31"), PairPotential(chirality=0.3)
    forced = total_energies(record, replace(COARSE, symmetry="all"), chiral)
    full = total_energies(record, FULL, chiral)
    assert forced.plan.reduced
    assert forced.verification.certificate_ev > 1e-3
    assert np.nanmax(np.abs(forced.energies - full.energies)) >= forced.verification.certificate_ev


@pytest.mark.parametrize("mode", ["auto", "all"])
def test_a_false_claim_of_parity_ends_in_a_full_scan(mode):
    @dataclass(frozen=True)
    class Claims:
        inner: PairPotential = field(default_factory=lambda: PairPotential(chirality=0.3))

        @property
        def card(self):
            return replace(self.inner.card, parity=True)

        def energies(self, cell, numbers, positions):
            return self.inner.energies(cell, numbers, positions)

    record = load_bundled("Li3PO4-31")
    result = total_energies(record, replace(COARSE, symmetry=mode), Claims())
    full = total_energies(record, FULL, Claims())
    assert not result.plan.reduced
    np.testing.assert_array_equal(result.energies, full.energies)


@pytest.mark.parametrize("mode", ["auto", "proper", "all"])
def test_a_potential_that_breaks_the_symmetry_is_scanned_in_full(mode):
    dataset = scan_structure(CUBIC, replace(COARSE, symmetry=mode), UNEVEN)
    symmetry = dataset.attrs["symmetry"]
    assert symmetry["given_up"] is True
    assert symmetry["points_copied"] == 0
    assert symmetry["orbit_ions"] == [0, 1, 2]
    assert symmetry["framework_operations"] == [1, 1, 1]
    assert symmetry["certificate_ev"] == 0.0
    total = dataset.energy + dataset.minimum_energy_ev
    shape = dataset.energy.shape[1:]
    np.testing.assert_allclose(total, plain_scan(CUBIC, shape, UNEVEN), rtol=0, atol=1e-6)
    plan = plan_scan(CUBIC, replace(COARSE, symmetry=mode), parity=True)
    with pytest.raises(CertificateError, match=r"in Li3O differ by .* scan without symmetry"):
        scan_orbit(plan, plan.orbits[0], UNEVEN)


@dataclass(frozen=True)
class Spoiled:
    """Pair energies with something done to them."""

    spoil: object
    inner: PairPotential = field(default_factory=PairPotential)

    @property
    def card(self):
        return self.inner.card

    def energies(self, cell, numbers, positions):
        return self.spoil(self.inner.energies(cell, numbers, positions))


def only_some(energies, value):
    return np.where(np.arange(len(energies)) == len(energies) // 2, value, energies)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_energies_that_are_not_finite(value):
    calls = []

    def spoil(energies):
        calls.append(len(energies))
        return only_some(energies, value)

    with pytest.raises(GridError, match=r"1 energies that are not finite in Li2O, first with"):
        scan_structure(load_bundled("Li2O-225"), COARSE, Spoiled(spoil))
    assert len(calls) == 1, "the first bad block ends the scan"


def test_a_crystal_without_a_finite_energy():
    def spoil(energies):
        return energies * np.nan if len(energies) == 1 else energies

    plan = plan_scan(load_bundled("Li2O-225"), COARSE)
    with pytest.raises(GridError, match=r"gave nan eV for Li2O as it is"):
        scan.base_energy(plan, Spoiled(spoil))


@pytest.mark.parametrize("spoil", [lambda e: e[:1], lambda e: e[:-1], lambda e: e[:, None]])
def test_energies_of_another_shape(spoil):
    with pytest.raises(PotentialError, match=r"returned shape .* one energy for each point"):
        scan_structure(load_bundled("Li2O-225"), COARSE, Spoiled(spoil))


def test_unknown_elements_are_refused_before_any_energy():
    def spoil(_energies):
        raise AssertionError

    @dataclass(frozen=True)
    class Narrow(Spoiled):
        @property
        def card(self):
            return replace(self.inner.card, atomic_numbers=frozenset({3}))

    with pytest.raises(PotentialError, match="does not know O"):
        scan_structure(load_bundled("Li2O-225"), COARSE, Narrow(spoil))


def test_no_mobile_ion():
    with pytest.raises(StructureError, match="no Na"):
        scan_structure(
            load_bundled("Li2O-225"), replace(COARSE, mobile_species="Na"), PairPotential()
        )


@pytest.mark.parametrize("potential", [PairPotential(chirality=0.1), OwnEvaluator()])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_points_may_be_evaluated_in_any_blocks(potential, data):
    plan = plan_scan(load_bundled("LiAlO2-92"), COARSE)
    flat = orbit_points(plan, 0).evaluated
    whole = evaluate_points(plan, 0, flat, potential)
    size = data.draw(st.integers(1, len(flat)))
    order = np.array(data.draw(st.permutations(range(len(flat)))))
    blocks = [order[first : first + size] for first in range(0, len(order), size)]
    parts = [evaluate_points(plan, 0, flat[block], potential) for block in blocks]
    np.testing.assert_allclose(np.concatenate(parts), whole[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("potential", [PairPotential(chirality=0.1), OwnEvaluator()])
def test_one_point_asked_for_twice_has_one_energy(potential):
    plan = plan_scan(load_bundled("LiAlO2-92"), COARSE)
    flat = orbit_points(plan, 0).evaluated[5:6]
    first, again = (evaluate_points(plan, 0, flat, potential) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    both = evaluate_points(plan, 0, np.repeat(flat, 2), potential)
    np.testing.assert_allclose(both, np.repeat(first, 2), rtol=0, atol=1e-12)


def test_no_points_have_no_energies():
    plan = plan_scan(load_bundled("LiAlO2-92"), COARSE)
    none = evaluate_points(plan, 0, np.empty(0, dtype=np.int64), PairPotential())
    assert none.shape == (0,)


@pytest.mark.parametrize("points", [1, 7, 100_000])
def test_any_blocking_gives_the_same_grid(monkeypatch, points):
    record, potential = load_bundled("LiAlO2-92"), PairPotential(chirality=0.1)
    usual = total_energies(record, COARSE, potential)
    monkeypatch.setattr(scan, "_POINTS_PER_BLOCK", points)
    np.testing.assert_array_equal(
        total_energies(record, COARSE, potential).energies, usual.energies
    )


def test_progress_reaches_the_whole(monkeypatch):
    monkeypatch.setattr(scan, "_POINTS_PER_BLOCK", 10)
    plan = plan_scan(load_bundled("Li2O-225"), COARSE)
    seen = []
    result = scan_orbit(plan, plan.orbits[0], PairPotential(), lambda *done: seen.append(done))
    whole = len(result.energies)
    assert seen == [(min(done, whole), whole) for done in range(10, whole + 10, 10)]


def test_energies_asked_for_are_counted():
    counted = []

    def spoil(energies):
        counted.append(len(energies))
        return energies

    plan = plan_scan(load_bundled("Li3N-191"), COARSE)
    results = [scan_orbit(plan, orbit, Spoiled(spoil)) for orbit in plan.orbits]
    assert sum(result.n_energies for result in results) == sum(counted)
    assert all(result.seconds > 0 for result in results)


def test_the_result_names_its_evaluator_and_reference():
    record = load_bundled("Li3N-191")
    plain = scan_structure(record, COARSE, PairPotential())
    assert plain.attrs["verification"] == {
        "evaluator": "batched-1",
        "reference": "pairs float64",
        "points_checked": 6 + 6,  # copies of each of two orbits
        "evaluator_error_ev": None,
    }
    own = scan_structure(record, COARSE, OwnEvaluator())
    assert own.attrs["verification"]["evaluator"] == "own-7"
    assert own.attrs["verification"]["reference"] == "pairs float64"
    assert 0 <= own.attrs["verification"]["evaluator_error_ev"] < 1e-9
    assert own.attrs["verification"]["points_checked"] == 2 * (2 + 2)


def test_the_base_energy_is_the_plain_potentials():
    def shifted(_site, _points, energies):
        return energies + 1e-5

    record = load_bundled("Li3N-191")
    own = scan_structure(record, COARSE, OwnEvaluator(shifted))
    plain = scan_structure(record, COARSE, PairPotential())
    assert float(own.base_energy_ev) == float(plain.base_energy_ev)
    assert own.attrs["verification"]["evaluator_error_ev"] == pytest.approx(1e-5)
    assert own.attrs["symmetry"]["certificate_ev"] == pytest.approx(1e-5)


def test_results_of_another_plan_are_refused():
    record, potential = load_bundled("Li3N-191"), PairPotential()
    plan = plan_scan(record, COARSE)
    results = [scan_orbit(plan, orbit, potential) for orbit in plan.orbits]
    with pytest.raises(GridError, match=r"mobile ion \d of Li3N has 0 energies, expected"):
        scan.assemble(plan, results[:1], 0.0, potential)
    stale = OrbitEnergies(0, results[0].energies[:-1], Verification(), 1.0)
    with pytest.raises(GridError, match="scan it again with this plan"):
        scan.assemble(plan, [stale, results[1]], 0.0, potential)
    assembled = scan.assemble(plan, results[::-1], 0.0, potential)
    in_order = scan.assemble(plan, results, 0.0, potential)
    np.testing.assert_array_equal(assembled.energy, in_order.energy)
