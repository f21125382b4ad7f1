"""The parts of the benchmarks that need no clock."""

import numpy as np
import pytest

from tests.benchmarks.cases import load_cases, supercell
from tests.benchmarks.scaling import Cost, fit
from tests.benchmarks.timing import warm_medians


def test_contenders_take_turns_after_a_warm_up():
    calls = []
    times = warm_medians(
        {name: lambda name=name: calls.append(name) for name in "ab"}, 2, at_least=0.0
    )
    assert calls == ["a", "b"] * 3
    assert set(times) == {"a", "b"}


def test_a_known_law_is_found_again():
    sizes = [(2, 90), (8, 300), (28, 1340), (50, 2500), (3, 170)]
    costs = [Cost("", n, pairs, 0.03 * n + 0.002 * pairs + 0.1) for n, pairs in sizes]
    found = fit(costs)
    parameters = (found.per_atom_ms, found.per_pair_ms, found.constant_ms)
    np.testing.assert_allclose(parameters, (0.03, 0.002, 0.1))
    assert found.rms_share < 1e-9


def test_pairs_and_points_of_a_supercell():
    (case,) = load_cases(["LiCl-225"])
    larger = supercell(case, (2, 1, 1))
    assert larger.pairs(5.0) == 2 * case.pairs(5.0)
    points, closest = case.points(24)
    assert len(points) == len(np.unique(points, axis=0)) == 24
    assert closest == pytest.approx(1.2, abs=0.25)


def test_arithmetic_is_counted_from_the_matrices():
    import torch

    from ionlake.potentials.frozen_lattice.network import LinearMap
    from tests.benchmarks.arithmetic import flops_of_linear_map

    linear_map = LinearMap({0: torch.zeros(4, 5), 1: torch.zeros(2, 3)}, None)
    assert flops_of_linear_map(linear_map) == 2 * (4 * 5 + 3 * 2 * 3)


def test_the_versions_behind_the_times_are_named():
    import torch

    from tests.benchmarks.report import versions

    told = versions()
    assert told.startswith("Python 3.")
    assert f"torch {torch.__version__.partition('+')[0]}" in told
    assert "sevenn " in told
