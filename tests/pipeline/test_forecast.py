"""Forecasts: sums over classes, agreement with what a run does, planning in processes."""

import pytest

from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline import preview as previewing
from ionlake.pipeline.forecast import Unfit, summarise
from ionlake.pipeline.held import NOT_COMPARED, Held, compare, told_worth
from ionlake.pipeline.material_forecast import MaterialForecast
from ionlake.pipeline.plan import Method
from ionlake.pipeline.preview import preview
from ionlake.pipeline.run import run_recipe
from ionlake.potentials.analytic import CosineLandscape

METHOD = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")


def material(n_sites, seconds, ids=("m",), todo="scan", **others):
    values = {"orbits": 2, "grid_points": 100, "points": 10, "storage_bytes": 500, "promise": 0.1}
    values |= others
    return MaterialForecast(ids, "LiF", n_sites, todo, core_seconds=seconds, **values)


def summed(materials, workers=2, quick=False, **others):
    unfit = [Unfit("check", "StructureError", 3, "no Li")]
    return summarise(materials, "r", [METHOD], 9, unfit, workers, quick=quick, **others)


def test_materials_are_counted_in_their_class():
    sizes = [1, 10, 11, 20, 21, 30, 31, 50, 51, 100, 101, 5000]
    found = summed([material(size, 3600.0) for size in sizes])
    assert [(each.atoms, each.materials) for each in found.classes] == [
        ("1-10", 2),
        ("11-20", 2),
        ("21-30", 2),
        ("31-50", 2),
        ("51-100", 2),
        (">100", 2),
    ]
    total = found.total
    assert (total.materials, total.orbits, total.points, total.storage_bytes) == (12, 24, 120, 6000)
    assert total.core_hours == pytest.approx(12)
    assert found.wall_seconds == pytest.approx(6 * 3600)


def test_materials_of_one_structure_are_scanned_once_and_counted_each():
    done = {"todo": "nothing", "points": 0, "orbits": None}
    found = summed([material(3, 10.0, ("a", "b")), material(3, 0.0, ("c",), **done)])
    assert (found.total.materials, found.total.done, found.total.to_do) == (3, 1, 2)
    assert (found.total.orbits, found.total.points) == (2, 10)


def test_the_longest_task_bounds_the_time_from_below():
    found = summed([material(3, 60.0, longest_task_s=50.0)], workers=100)
    assert found.wall_seconds == 50.0
    assert found.longest_task_s == 50.0


def test_a_material_with_a_problem_is_left_out():
    found = summed([material(3, 1.0), material(3, 9.0, problem=("GridError", "no point"))])
    assert found.total.materials == 1
    assert [each.core_seconds for each in found.longest] == [1.0]


def test_milestones_tell_how_far_the_order_of_work_gets():
    order = [material(3, 1800.0, promise=0.6), material(3, 1800.0, ("a", "b"), promise=0.3)]
    order += [material(3, 32400.0, promise=0.1)]
    found = summed(order, workers=1).milestones
    assert [each.hours for each in found] == pytest.approx([1.0, 2.5, 5.0, 10.0])
    nearly = summed([material(3, 100.0)] * 380, workers=1).milestones
    assert [each.hours for each in nearly] == pytest.approx([1.0, 2.64, 5.28, 10.56], abs=0.01)
    assert [each.materials for each in found] == [3, 3, 3, 4]
    assert [each.promise_share for each in found] == pytest.approx([0.9, 0.9, 0.9, 1.0])


def test_the_first_hour_is_a_milestone_of_its_own():
    found = summed([material(3, 3600.0)] * 3, workers=1).milestones
    assert [each.hours for each in found] == pytest.approx([0.3, 0.75, 1.0, 1.5, 3.0])
    assert [each.materials for each in found] == [0, 0, 1, 1, 3]
    assert summed([material(3, 0.0, todo="nothing")]).milestones == ()


def test_what_finished_scans_took_corrects_all_times():
    held = compare([1.0] * 20, [2.0] * 18 + [1.0, 17.0])
    assert held == Held(20, 2.7, 2.0, 2.0)
    found = summed([material(3, 3600.0, longest_task_s=100.0)], held=held)
    assert found.total.core_hours == pytest.approx(2.7)
    assert found.longest_task_s == pytest.approx(270.0)
    assert found.core_hours_range == pytest.approx((2.0, 2.0))


def test_without_finished_scans_a_factor_of_two_is_allowed_for():
    assert compare([1.0] * 9, [5.0] * 9) == NOT_COMPARED
    assert summed([material(3, 3600.0)]).core_hours_range == pytest.approx((0.5, 2.0))


def test_gpu_hours_hold_both_uncertainties():
    found = summed([material(3, 36000.0)], gpu=told_worth(50.0))
    assert found.gpu_hours_range == pytest.approx((5.0 / 50.0, 20.0 / 25.0))
    assert found.gpu.told
    assert not summed([material(3, 1.0)]).gpu.told


def test_a_lake_whose_scans_are_known_tells_how_predictions_have_held(recipe, lake, monkeypatch):
    run_recipe(recipe, lake)
    monkeypatch.setattr("ionlake.pipeline.held._FEWEST", 1)
    with read_ledger(find_lake(lake)) as ledger:
        scans = list(ledger.rows(schema.SCANS))
    held = preview(recipe, lake, workers=1).held
    assert held.scans == len(scans)
    assert 0 < held.low <= held.factor <= held.high
    assert preview(recipe, lake, workers=1, quick=True).held.scans == len(scans)


def test_the_forecast_is_what_the_run_then_does(recipe, lake):
    expected = preview(recipe, workers=2)
    summary = run_recipe(recipe, lake)
    assert expected.total.to_do == summary.materials_computed == 3
    assert sum(unfit.materials for unfit in expected.unfit) == summary.materials_failed
    assert expected.materials_read == summary.materials_read
    after = preview(recipe, lake, workers=2)
    assert (after.total.done, after.total.to_do, after.total.points) == (3, 0, 0)
    assert after.total.core_hours == 0.0


def test_processes_plan_what_one_process_plans(recipe, monkeypatch):
    alone, seen = preview(recipe, workers=1), []
    monkeypatch.setattr(previewing, "_FEW", 0)
    monkeypatch.setattr(previewing, "usable_cores", lambda: 2)
    together = preview(recipe, workers=1, progress=lambda *counts: seen.append(counts))
    assert together == alone
    assert seen == [(1, 2), (2, 2)]


def test_a_quick_forecast_plans_nothing(recipe, monkeypatch):
    monkeypatch.setattr(previewing, "_plan_all", None)
    found = preview(recipe, quick=True, workers=1)
    assert found.quick
    assert found.total.orbits is None
    assert found.total.points > 0


def test_a_folder_that_is_no_lake_is_an_error(recipe, tmp_path):
    with pytest.raises(LakeError):
        preview(recipe, tmp_path / "nowhere", workers=1)


def test_workers_are_those_of_the_recipes_scheduler(recipe):
    assert preview(recipe, quick=True).workers == 2
