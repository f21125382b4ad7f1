"""The cost model: every part counts, and the quick prediction is near the exact one."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.pes.evaluator import BATCHED
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.cost import (
    CostModel,
    Family,
    crystal_cost,
    family_of,
    pairs_within,
    quick_seconds,
    quick_size,
)
from ionlake.potentials.interface import PotentialCard
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled

SHORT = PotentialCard("short", "float32", 5.0, None, parity=True)
UNKNOWN = replace(SHORT, cutoff_ang=None)
FAMILIES = [(SHORT, "operator-1"), (SHORT, BATCHED), (UNKNOWN, BATCHED)]


@cache
def doubled(name):
    frame = load_bundled(name).to_pymatgen().make_supercell([2, 1, 1])
    return StructureRecord.from_any(frame)


@cache
def crystal(name):
    return load_bundled(name)


def test_the_family_follows_from_the_evaluator_and_the_cutoff():
    assert [family_of(*each) for each in FAMILIES] == list(Family)


def test_pairs_are_those_of_the_mean_density():
    structure = load_bundled("LiFePO4-62")
    frame = structure.to_pymatgen()
    counted = sum(len(neighbours) for neighbours in frame.get_all_neighbors(5.0))
    assert pairs_within(structure, 5.0) == pytest.approx(counted, rel=0.1)


@pytest.mark.parametrize(("card", "evaluator"), FAMILIES)
@settings(deadline=None)
@given(points=st.lists(st.integers(1, 10**6), min_size=1, max_size=5), more=st.integers(1, 10**6))
def test_more_points_ions_and_atoms_take_longer(card, evaluator, points, more):
    structure = crystal("Li3OCl-221")
    cost = crystal_cost(structure, 4096, 3, card, evaluator, accuracy="full")
    base = cost.scan_s(points)
    assert cost.scan_s([points[0] + more, *points[1:]]) > base
    assert cost.scan_s([*points, more]) > base
    double = crystal_cost(doubled("Li3OCl-221"), 4096, 3, card, evaluator, accuracy="full")
    assert double.scan_s(points) > base


@pytest.mark.parametrize(
    "slower",
    [name for name, value in vars(CostModel()).items() if name.endswith(("_s", "_atom", "_pair"))],
)
def test_every_constant_counts_in_some_family(slower):
    structure = load_bundled("Li3OCl-221")
    model = replace(CostModel(), **{slower: 2 * getattr(CostModel(), slower)})
    before, after = (
        [
            crystal_cost(structure, 4096, 3, *each, accuracy="full", model=m).scan_s([1000])
            for each in FAMILIES
        ]
        for m in (CostModel(), model)
    )
    assert all(b <= a for b, a in zip(before, after, strict=True))
    assert before != after


@pytest.mark.parametrize("name", ["LiFePO4-62", "LiAlO2-92", "Li3PO4-31", "LiAlCl4-14", "Li2S-225"])
@pytest.mark.parametrize("distance", [None, 6.0])
def test_the_quick_prediction_is_near_the_exact_one(name, distance):
    structure = load_bundled(name)
    settings = ScanSettings(symmetry="proper", min_image_distance_ang=distance)
    plan = plan_scan(structure, settings)
    exact = [len(orbit_points(plan, orbit.ion).evaluated) for orbit in plan.orbits]
    points = quick_size(structure, settings).points
    assert 1 / 8 < points / sum(exact) < 8
    grid = int(np.prod(plan.shape))
    cost = crystal_cost(
        plan.structure, grid, len(plan.sites), SHORT, "operator-1", accuracy="full"
    ).scan_s(exact)
    assert 1 / 8 < quick_seconds(structure, settings, SHORT, "operator-1") / cost < 8


def test_without_symmetry_the_quick_prediction_knows_the_order():
    structure = load_bundled("LiFePO4-62")
    settings = ScanSettings(symmetry="none", grid="paper")
    plan = plan_scan(structure, settings)
    exact = [len(orbit_points(plan, orbit.ion).evaluated) for orbit in plan.orbits]
    assert quick_size(structure, settings).points == pytest.approx(sum(exact), rel=0.1)
