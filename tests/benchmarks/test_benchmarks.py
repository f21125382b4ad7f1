"""The benchmarks in short: energies agree and every ratio is a number; none is asserted."""

import math

import pytest

from tests.benchmarks.cases import load_cases
from tests.benchmarks.effort import QUICK

pytestmark = pytest.mark.benchmark

ERROR_LIMIT_EV = 1e-4


@pytest.fixture(scope="module")
def report():
    import torch

    from tests.benchmarks.report import CRYSTALS, measure

    threads = torch.get_num_threads()
    yield measure(load_cases(CRYSTALS), "sevennet-0", QUICK)
    torch.set_num_threads(threads)


def test_energies_agree_with_plain_float64(report):
    for material in report.materials:
        assert material.point.operator_error_ev < ERROR_LIMIT_EV
        assert material.point.batched_error_ev < ERROR_LIMIT_EV


def test_levels_and_barriers_are_those_of_the_references(report):
    assert report.levels
    assert all(each.same for each in report.levels)


def test_ratios_are_finite(report):
    for material in report.materials:
        ratios = (material.point.over_batched, material.point.over_one_by_one, material.whole.ratio)
        assert all(math.isfinite(each) and each > 0 for each in ratios)


def test_the_table_can_be_pasted(report, capsys):
    from tests.benchmarks.tables import MATERIAL_COLUMNS, render

    text = render(report)
    with capsys.disabled():
        print("\n" + text)  # noqa: T201
    rows = [line for line in text.splitlines() if line.startswith("| Li") and "×" in line]
    assert len([r for r in rows if r.count("|") == len(MATERIAL_COLUMNS) + 1]) == 4
