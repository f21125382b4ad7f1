"""Screened scans against full ones: what is found, what is skipped, and what is then known."""

from dataclasses import replace

import numpy as np
import pytest

import ionlake
from ionlake.descriptors import describe, describe_ions
from ionlake.errors import SettingsError
from ionlake.geometry import IntArray
from ionlake.names import PointStatus
from ionlake.pes.plan import OrbitPoints, orbit_points, plan_scan
from ionlake.pes.scan import scan_structure
from ionlake.pes.screening import POCKETS_BELOW_EV, SCREENED_BELOW_EV, coarse_points, screen
from ionlake.pes.settings import ScanSettings
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.potentials import OwnEvaluator, PairPotential

FULL = ScanSettings(spacing_ang=0.4)
SCREEN = replace(FULL, accuracy="screen")
CRYSTALS = ("Li3N-191", "LiCoO2-166", "Li3P-194", "Li3PO4-31")
SHAPE = (16, 12, 14)


def unreduced(allowed):
    """Points of an ion without symmetry."""
    flat = np.flatnonzero(allowed)
    source: IntArray = np.full(allowed.size, -1)
    source[flat] = np.arange(flat.size)
    return OrbitPoints(flat, source, 1)


def screened(energy, site):
    """Energies of a landscape after screening, NaN where skipped."""
    points = unreduced(~np.isnan(energy))
    found = screen(
        points, energy.shape, np.array(site), lambda p: energy.ravel()[points.evaluated[p]]
    )
    spread = np.full(energy.size, np.nan)
    spread[points.evaluated] = found
    return spread.reshape(energy.shape)


def wells(*centres, depth=4.0, width=1.8):
    """A plateau with wells at these grid points."""
    axes = np.indices(SHAPE).reshape(3, -1).T
    energy = np.full(len(axes), depth)
    for centre in centres:
        apart = np.abs(axes - np.array(centre))
        squares = (np.minimum(apart, np.array(SHAPE) - apart) ** 2).sum(axis=1)
        energy -= depth * np.exp(-squares / (2 * width**2))
    return (energy - energy.min()).reshape(SHAPE)


@pytest.mark.parametrize("material", CRYSTALS)
def test_every_point_to_evaluate_is_next_to_a_coarse_one(material):
    plan = plan_scan(load_bundled(material), FULL)
    points = orbit_points(plan, 0)
    coarse = coarse_points(points, plan.shape)
    marked = np.append(coarse, False)[points.source].reshape(plan.shape)
    near = np.zeros(plan.shape, dtype=bool)
    for offset in np.ndindex(3, 3, 3):
        near |= np.roll(marked, np.array(offset) - 1, axis=(0, 1, 2))
    assert near.ravel()[points.evaluated].all()
    assert 0 < coarse.sum() < len(coarse)


def test_a_pocket_that_no_low_path_reaches_is_found():
    energy = wells((2, 3, 4), (10, 8, 9))
    found = screened(energy, np.array([2, 3, 4]) / SHAPE)
    low = energy < SCREENED_BELOW_EV
    assert low[10, 8, 9]
    np.testing.assert_array_equal(found[low], energy[low])
    assert np.isnan(found).mean() > 0.5
    assert (energy[np.isnan(found)] >= SCREENED_BELOW_EV).all()


def test_a_pocket_narrower_than_the_coarse_points_is_the_limit():
    energy = np.full(SHAPE, 5.0)
    energy[2, 3, 4] = 0.0
    points = unreduced(~np.isnan(energy))
    fine = np.flatnonzero(~coarse_points(points, SHAPE))
    hole = np.unravel_index(fine[-1], SHAPE)
    energy[hole] = 0.1
    site = np.array([2, 3, 4]) / SHAPE
    assert np.isnan(screened(energy, site)[hole])
    around = tuple(
        np.meshgrid(*[(h + np.array([-1, 0, 1])) % n for h, n in zip(hole, SHAPE, strict=True)])
    )
    energy[around] = POCKETS_BELOW_EV - 0.1
    energy[hole] = 0.1
    assert screened(energy, site)[hole] == 0.1


def test_the_lowest_point_may_lie_far_from_the_site():
    energy = wells((2, 3, 4), (10, 8, 9)) + 0.0
    found = screened(energy + np.where(energy > 1, 0, 1e-3), np.array([7, 1, 12]) / SHAPE)
    assert np.isfinite(found[energy < SCREENED_BELOW_EV]).all()


@pytest.mark.parametrize("material", CRYSTALS)
def test_a_screened_scan_is_the_full_scan_below_its_limit(material):
    record, potential = load_bundled(material), PairPotential()
    full, quick = (scan_structure(record, each, potential) for each in (FULL, SCREEN))
    status, energy = quick.status.values, full.energy.values
    skipped = status == PointStatus.SKIPPED
    np.testing.assert_array_equal(np.isnan(quick.energy), skipped | np.isnan(energy))
    np.testing.assert_allclose(quick.energy.values[~skipped], energy[~skipped], atol=1e-6)
    assert (energy[skipped] >= SCREENED_BELOW_EV).all()
    symmetry = quick.attrs["symmetry"]
    assert symmetry["points_skipped"] == skipped.sum() > 0
    parts = ("evaluated", "copied", "excluded", "skipped")
    assert sum(symmetry[f"points_{part}"] for part in parts) == status.size
    assert symmetry["certificate_ev"] < 1e-9
    assert quick.attrs["scan_id"] != full.attrs["scan_id"]
    assert (quick.attrs["accuracy"], quick.attrs["valid_below_ev"]) == ("screen", 0.6)
    assert (full.attrs["accuracy"], full.attrs["valid_below_ev"]) == ("full", None)


@pytest.mark.parametrize("material", CRYSTALS)
def test_what_a_screened_scan_tells_is_what_the_full_scan_tells(material):
    record, potential = load_bundled(material), PairPotential()
    full, quick = (scan_structure(record, each, potential) for each in (FULL, SCREEN))
    rows = [
        (describe(quick), describe(full)),
        *zip(describe_ions(quick), describe_ions(full), strict=True),
    ]
    for row, expected in rows:
        told = {name: value for name, value in row.items() if value is not None}
        assert told == pytest.approx({name: expected[name] for name in told}, abs=1e-12)
    row, expected = rows[0]
    assert {"Xi", "fv_0p5_connected_union", "Wmasked1p5_fv_0p1_disconnected"} <= {
        name for name, value in row.items() if value is not None
    }
    assert row["fv_0p6_connected"] is row["mpe_robust_0p05"] is None
    assert (row["mpe"] is None) == (expected["mpe"] >= SCREENED_BELOW_EV)


def test_an_evaluator_is_verified_where_points_were_evaluated():
    quick = scan_structure(load_bundled("Li3P-194"), SCREEN, OwnEvaluator())
    verification = quick.attrs["verification"]
    assert verification["evaluator"] == "own-7"
    assert verification["evaluator_error_ev"] < 1e-9


def test_progress_ends_at_all_points_or_before():
    seen = []
    record = load_bundled("Li3N-191")
    ionlake.scan(
        record, potential=PairPotential(), accuracy="screen", progress=lambda *n: seen.append(n)
    )
    assert all(done <= total for done, total in seen)
    assert len({total for _, total in seen}) == len(plan_scan(record, ScanSettings()).orbits)


def test_an_unknown_accuracy_is_refused():
    with pytest.raises(SettingsError, match="accuracy is 'rough'; expected one of full, screen"):
        ScanSettings(accuracy="rough")
