"""Which ions and which points a scan evaluates."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings

from ionlake.errors import GridError, StructureError
from ionlake.pes.exclusion import allowed_points
from ionlake.pes.plan import IonOrbit, orbit_points, plan_scan, resolve_symmetry, without_symmetry
from ionlake.pes.settings import ScanSettings
from ionlake.pes.symmetry import image_indices
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.crystals import crystals
from tests.reference.landscapes import TRICLINIC

COARSE = ScanSettings(spacing_ang=0.8)


@pytest.mark.parametrize(
    ("mode", "parity", "resolved"),
    [
        ("auto", False, "proper"),
        ("auto", True, "all"),
        ("proper", True, "proper"),
        ("all", False, "all"),
        ("none", True, "none"),
    ],
)
def test_what_auto_means(mode, parity, resolved):
    assert resolve_symmetry(mode, parity=parity) == resolved
    plan = plan_scan(load_bundled("LiF-225"), replace(COARSE, symmetry=mode), parity=parity)
    assert plan.settings.symmetry == resolved
    assert len(plan.operations) == {"none": 1, "proper": 24, "all": 48}[resolved]


@pytest.mark.parametrize("material", ["LiFePO4-62", "Li3PO4-31", "LiCoO2-166"])
def test_the_grid_depends_on_the_crystal_alone(material):
    record = load_bundled(material)
    shapes = {
        plan_scan(record, replace(COARSE, symmetry=mode), parity=parity).shape
        for mode in ("auto", "proper", "all", "none")
        for parity in (False, True)
    }
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("material", "orbits"),
    [
        ("Li2O-225", [[0, 1]]),
        ("Li3N-191", [[0], [1, 2]]),
        ("LiAlO2-92", [[0, 1, 2, 3]]),
        ("LiFePO4-62", [[0, 1, 2, 3]]),
    ],
)
def test_ions_of_one_orbit_share_a_scan(material, orbits):
    plan = plan_scan(load_bundled(material), COARSE)
    found = [[orbit.ion, *(ion for ion, _ in orbit.copies)] for orbit in plan.orbits]
    assert sorted(sorted(orbit) for orbit in found) == orbits


@settings(max_examples=40, deadline=None)
@given(record=crystals())
def test_copies_come_by_operations_that_map_the_ions(record):
    plan = plan_scan(record, COARSE, parity=True)
    ions = record.fractional_positions[plan.sites]
    everyone = []
    for orbit in plan.orbits:
        everyone += [orbit.ion, *(ion for ion, _ in orbit.copies)]
        for ion, operation in orbit.copies:
            image = (
                plan.operations.rotations[operation] @ ions[orbit.ion]
                + plan.operations.translations[operation]
            )
            gap = image - ions[ion]
            np.testing.assert_allclose(gap, np.round(gap), atol=1e-5)
    assert sorted(everyone) == list(range(len(ions)))


@settings(max_examples=40, deadline=None)
@given(record=crystals())
def test_every_allowed_point_has_a_source_and_no_other(record):
    plan = plan_scan(record, COARSE)
    for ion in range(len(plan.sites)):
        try:
            points = orbit_points(plan, ion)
        except GridError:
            continue
        _, others = plan.framework(ion)
        allowed = allowed_points(record.cell, others, plan.shape, 1.2).ravel()
        np.testing.assert_array_equal(points.source >= 0, allowed)
        own = points.source[points.evaluated]
        np.testing.assert_array_equal(own, np.arange(len(points.evaluated)))
        assert (np.diff(points.evaluated) > 0).all()


def test_the_framework_leaves_out_one_ion():
    record = load_bundled("Li3N-191")
    plan = plan_scan(record, COARSE)
    for ion, site in enumerate(plan.sites):
        numbers, positions = plan.framework(ion)
        np.testing.assert_array_equal(numbers, np.delete(record.atomic_numbers, site))
        np.testing.assert_array_equal(positions, np.delete(record.fractional_positions, site, 0))


def test_a_framework_may_have_more_symmetry_than_the_crystal():
    """One ion in a supercell of a framework: without it, the supercell's translations return."""
    framework = Atoms("NaF", [[0, 0, 0], [2, 2, 2]], cell=4 * np.eye(3), pbc=True) * (2, 1, 1)
    record = StructureRecord.from_ase(framework + Atoms("Li", [[1.0, 2.3, 0.4]]))
    plan = plan_scan(record, ScanSettings(spacing_ang=1.0))
    points = orbit_points(plan, 0)
    assert len(plan.operations) == 1
    assert points.n_operations == 2 * 8
    source = points.source.reshape(plan.shape)
    np.testing.assert_array_equal(source, np.roll(source, 4, axis=0))


def test_a_cell_of_one_atom_has_nothing_to_freeze():
    record = StructureRecord(4.0 * np.eye(3), np.array([3]), np.zeros((1, 3)))
    with pytest.raises(StructureError, match="cell of Li holds one atom"):
        plan_scan(record, COARSE)


def test_no_allowed_point_is_an_error():
    record = load_bundled("LiF-225")
    plan = plan_scan(record, ScanSettings(exclusion_radius_ang=5.0))
    with pytest.raises(GridError, match=r"all 1728 grid points of mobile ion 0 in LiF lie within"):
        orbit_points(plan, 0)


def test_no_mobile_ion_is_an_error():
    with pytest.raises(StructureError, match="LiF has no Na"):
        plan_scan(load_bundled("LiF-225"), ScanSettings(mobile_species="Na"))


def test_giving_symmetry_up_keeps_the_grid():
    plan = plan_scan(load_bundled("Li2O-225"), COARSE)
    full = without_symmetry(plan)
    assert full.shape == plan.shape
    assert full.settings == plan.settings
    assert full.orbits == (IonOrbit(0, ()), IonOrbit(1, ()))
    assert (plan.reduced, full.reduced) == (True, False)
    points = orbit_points(full, 1)
    assert points.n_operations == 1
    assert len(points.evaluated) == (points.source >= 0).sum()
    assert len(orbit_points(plan, 1).evaluated) < len(points.evaluated)


def test_one_point_along_an_axis():
    record = StructureRecord(
        np.diag([0.7, 4.0, 4.0]), np.array([3, 8]), np.array([[0, 0, 0], [0, 0.5, 0.5]])
    )
    plan = plan_scan(record, ScanSettings(spacing_ang=0.8, exclusion_radius_ang=0.6))
    assert plan.shape[0] == 1
    for rotation, translation in zip(
        plan.operations.rotations, plan.operations.translations, strict=True
    ):
        images = image_indices(rotation, translation, plan.shape)
        assert sorted(images.tolist()) == list(range(np.prod(plan.shape)))


def test_a_triclinic_crystal_is_scanned_point_by_point():
    positions = np.array([[0.1, 0.2, 0.3], [0.55, 0.61, 0.82], [0.9, 0.45, 0.13]])
    plan = plan_scan(StructureRecord(TRICLINIC, np.array([3, 8, 3]), positions), COARSE)
    assert [orbit.copies for orbit in plan.orbits] == [(), ()]
    points = orbit_points(plan, 0)
    assert len(points.evaluated) == (points.source >= 0).sum()
