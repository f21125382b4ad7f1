"""Forecasts: sums over classes, agreement with what a run does, planning in processes."""

import pytest

from ionlake.errors import LakeError
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline import preview as previewing
from ionlake.pipeline.forecast import MaterialForecast, Unfit, summarise
from ionlake.pipeline.plan import Method
from ionlake.pipeline.preview import preview
from ionlake.pipeline.run import run_recipe
from ionlake.potentials.analytic import CosineLandscape

METHOD = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")


def material(n_sites, seconds, ids=("m",), todo="scan", **others):
    values = {"orbits": 2, "grid_points": 100, "points": 10, "storage_bytes": 500} | others
    return MaterialForecast(ids, "LiF", n_sites, todo, core_seconds=seconds, **values)


def summed(materials, workers=2, quick=False):
    unfit = [Unfit("check", "StructureError", 3, "no Li")]
    return summarise(materials, "r", [METHOD], 9, unfit, workers, quick=quick)


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
