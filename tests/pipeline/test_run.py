"""Runs of whole recipes on the analytic landscape, with Dask workers inside the process."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import ionlake
from ionlake.errors import GridError, SourceError
from ionlake.lake.lock import LakeLockedError
from ionlake.lake.writer import open_writer
from ionlake.pipeline import steps
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.rows import Computed, scan_row
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.work import Outlook
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled


def failures_of(lake):
    with ionlake.open_lake(lake) as opened:
        rows = opened.query("SELECT material_id, stage, error, message, attempts FROM failures")
    return {row.material_id: row for row in rows.itertuples()}


def test_good_materials_are_computed_and_bad_ones_have_plain_reasons(recipe, lake):
    summary = run_recipe(recipe, lake)

    assert summary.materials_read == 6
    assert summary.materials_computed == 3
    assert summary.materials_failed == 3
    failures = failures_of(lake)
    assert {name: row.stage for name, row in failures.items()} == {
        "broken": "read",
        "mixed": "read",
        "naf": "check",
    }
    assert "disordered" in failures["mixed"].message
    assert "no Li" in failures["naf"].message
    with ionlake.open_lake(lake) as opened:
        found = opened.query("SELECT material_id FROM candidates ORDER BY material_id")
        assert found.material_id.tolist() == ["POSCAR_li3ocl", "lif", "lif_again"]


def test_materials_with_one_structure_share_one_scan(recipe, lake):
    run_recipe(recipe, lake)

    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM scans")) == 2
        assert len(opened.query("SELECT * FROM descriptors")) == 3


def test_a_second_run_asks_the_potential_nothing_and_publishes_nothing(recipe, lake):
    first = run_recipe(recipe, lake)
    second = run_recipe(recipe, lake)

    assert first.energies_evaluated > 0
    assert second.energies_evaluated == 0
    assert second.materials_computed == 0
    assert second.materials_reused == 3
    assert second.release == first.release
    assert failures_of(lake).keys() == {"broken", "mixed", "naf"}


def test_other_settings_are_other_scans_beside_the_old(recipe, lake):
    run_recipe(recipe, lake)
    paper = recipe.model_copy(update={"scan": recipe.scan.__class__(grid="paper", spacing_ang=0.5)})
    summary = run_recipe(paper, lake)

    assert summary.materials_computed == 3
    with ionlake.open_lake(lake) as opened:
        places = opened.query("SELECT grid_protocol, rank FROM rankings ORDER BY ALL")
    assert places.groupby("grid_protocol")["rank"].count().to_dict() == {
        "commensurate-0.5": 3,
        "paper-0.5": 3,
    }


def test_the_lake_holds_what_a_scan_in_memory_gives(recipe, lake, crystals):
    run_recipe(recipe, lake)

    from pymatgen.core import Structure

    from ionlake.pes.scan import scan_structure
    from ionlake.structures.record import StructureRecord

    structure = StructureRecord.from_any(Structure.from_file(crystals / "POSCAR_li3ocl.vasp"))
    direct = scan_structure(structure, recipe.scan, CosineLandscape())
    described = ionlake.describe(direct)
    with ionlake.open_lake(lake) as opened:
        stored = opened.grid("POSCAR_li3ocl").load()
        row = opened.query("SELECT * FROM descriptors WHERE material_id = 'POSCAR_li3ocl'").iloc[0]
    xr.testing.assert_identical(stored.drop_attrs(), direct.drop_attrs())
    assert stored.attrs == direct.attrs
    for name, value in described.items():
        if value is not None:
            assert row[name] == value, name


def test_a_scan_that_cannot_be_planned_is_one_materials_failure(recipe, lake, monkeypatch):
    real = steps.plan_scan

    def fragile(structure, settings):
        if structure.formula == "LiF":
            raise GridError("no plan for this")
        return real(structure, settings)

    monkeypatch.setattr(steps, "plan_scan", fragile)
    summary = run_recipe(recipe, lake)
    assert summary.materials_computed == 1
    assert failures_of(lake)["lif"].message == "no plan for this"


def test_a_potential_without_the_crystal_symmetry_is_scanned_in_full(recipe, lake, monkeypatch):
    uneven = CosineLandscape(amplitudes_ev=(0.2, 0.4, 0.8))
    monkeypatch.setattr("ionlake.pipeline.run.load_potential", lambda *_args, **_kwargs: uneven)
    monkeypatch.setattr(steps, "worker_potential", lambda _settings: uneven)

    summary = run_recipe(recipe, lake)

    assert summary.materials_computed == 3
    with ionlake.open_lake(lake) as opened:
        grid = opened.grid("lif").load()
    assert grid.attrs["symmetry"]["given_up"]
    assert grid.attrs["symmetry"]["points_copied"] == 0
    n = grid.sizes["a"]
    climb = (1 - np.cos(2 * np.pi / n)) / 2
    assert float(grid.energy[0, 1, 0, 0]) == pytest.approx(0.2 * climb, abs=1e-6)
    assert float(grid.energy[0, 0, 0, 1]) == pytest.approx(0.8 * climb, abs=1e-6)


def test_an_interrupted_run_keeps_and_publishes_what_was_done(recipe, lake):
    class Impatient(Reporter):
        def material_done(self, name):
            raise KeyboardInterrupt

    summary = run_recipe(recipe, lake, Impatient())

    assert summary.interrupted
    assert summary.release == 1
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM scans")) == 1
    assert run_recipe(recipe, lake).materials_computed + summary.materials_computed == 3


def test_a_worker_error_of_any_kind_is_one_materials_failure(recipe, lake, monkeypatch):
    real = steps.scan_orbit

    def fragile(plan, orbit, potential, progress=None):
        if plan.structure.formula == "LiF":
            raise ZeroDivisionError("first line\nsecond line")
        return real(plan, orbit, potential, progress)

    monkeypatch.setattr(steps, "scan_orbit", fragile)
    monkeypatch.setattr(Outlook, "bundle_s", 1e9)  # so that both scans travel in one bundle
    summary = run_recipe(recipe, lake)

    assert summary.materials_computed == 1
    failure = failures_of(lake)["lif"]
    assert (failure.stage, failure.error, failure.message) == (
        "scan",
        "ZeroDivisionError",
        "first line",
    )


def test_descriptors_of_an_older_version_are_renewed_without_a_scan(recipe, lake, monkeypatch):
    run_recipe(recipe, lake)
    monkeypatch.setattr("ionlake.descriptors.identity.DESCRIPTOR_VERSION", 999)

    summary = run_recipe(recipe, lake)

    assert summary.energies_evaluated == 0
    assert summary.materials_computed == 3
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM descriptor_values")) == 4
        assert len(opened.query("SELECT * FROM candidates")) == 3


def test_a_second_writer_is_refused_by_name(recipe, lake):
    with open_writer(lake, create=True), pytest.raises(LakeLockedError, match="being written by"):
        run_recipe(recipe, lake)


def test_a_source_that_is_not_there_ends_the_run(recipe, lake, crystals):
    gone = recipe.source.model_copy(update={"paths": (str(crystals / "nowhere"),)})
    with pytest.raises(SourceError, match="nowhere"):
        run_recipe(recipe.model_copy(update={"source": gone}), lake)


def test_the_run_is_recorded_with_its_settings(recipe, lake):
    summary = run_recipe(recipe, lake)
    with ionlake.open_lake(lake) as opened:
        run = opened.query("SELECT * FROM runs").iloc[0]
    assert run.run_id == summary.run_id
    assert run.energies_evaluated == summary.energies_evaluated
    assert '"spacing_ang": 0.5' in run.settings
    assert run.finished_at >= run.started_at
    assert np.isfinite(run.wall_seconds)


@pytest.mark.model
def test_broken_disordered_without_lithium_and_unknown_element(crystals, scheduler, lake):
    """Four unusable crystals are four failures with reasons; everything else is computed."""
    polonium = load_bundled("LiF-225").to_pymatgen()
    polonium.replace_species({"F": "Po"})
    polonium.to(filename=str(crystals / "lipo.cif"))
    recipe = Recipe.model_validate(
        {
            "name": "model",
            "source": {"kind": "files", "paths": [str(crystals)]},
            "scan": {"spacing_ang": 0.8},
            "potential": {"device": "cpu"},
            "cluster": scheduler,
        }
    )
    first = run_recipe(recipe, lake)
    failures = failures_of(lake)
    assert failures.keys() == {"broken", "mixed", "naf", "lipo"}
    assert "does not know Po" in failures["lipo"].message
    assert first.materials_computed == 3
    second = run_recipe(recipe, lake)
    assert second.energies_evaluated == 0
    assert second.materials_reused == 3


def test_the_error_of_the_evaluator_is_a_column_of_scans(recipe, lake):
    run_recipe(recipe, lake)
    with ionlake.open_lake(lake) as opened:
        assert opened.query("SELECT evaluator_error_ev FROM scans").isna().all(axis=None)
        grid = opened.grid("lif").load()
    for checked, expected in ({"evaluator_error_ev": 2e-6}, 2e-6), ({}, None):
        by = Computed("cpu", None, 1.0, "run")
        row = scan_row(grid.assign_attrs(verification=checked), "grids/x", "0" * 64, by)
        assert row["evaluator_error_ev"] == expected


def test_an_interrupted_run_says_so_in_the_table_of_runs(recipe, lake):
    class Impatient(Reporter):
        def material_done(self, name):
            raise KeyboardInterrupt

    run_recipe(recipe, lake, Impatient())
    run_recipe(recipe, lake)
    with ionlake.open_lake(lake) as opened:
        runs = opened.query("SELECT status FROM runs ORDER BY run_id")
    assert runs.status.tolist() == ["interrupted", "finished"]


def test_a_changed_structure_under_the_same_name_is_told_and_ranked_anew(recipe, lake, crystals):
    run_recipe(recipe, lake)
    load_bundled("LiI-225").to_pymatgen().to(filename=str(crystals / "lif.cif"))
    told = []

    class Listener(Reporter):
        def structure_changed(self, material_id, before, now):
            told.append((material_id, before == now))

    run_recipe(recipe, lake, Listener())
    assert told == [("lif", True)]
    with ionlake.open_lake(lake) as opened:
        formulas = opened.query("SELECT formula FROM candidates WHERE material_id = 'lif'")
        assert len(opened.query("SELECT * FROM scans")) == 3
    assert formulas.formula.tolist() == ["LiI"]


def test_files_that_are_no_crystals_are_told(recipe, lake, crystals):
    (crystals / "notes.txt").write_text("not a crystal")
    told = []

    class Listener(Reporter):
        def files_ignored(self, paths):
            told.extend(path.name for path in paths)

    run_recipe(recipe, lake, Listener())
    assert told == ["notes.txt"]


def test_a_cell_of_one_atom_is_a_failure_before_any_work(recipe, lake, crystals):
    (crystals / "lithium.vasp").write_text("Li\n1.0\n3 0 0\n0 3 0\n0 0 3\nLi\n1\nDirect\n0 0 0\n")
    run_recipe(recipe, lake)
    failure = failures_of(lake)["lithium"]
    assert (failure.stage, failure.error) == ("check", "StructureError")
    assert "holds one atom" in failure.message


def test_a_lost_worker_is_a_failure_with_a_remedy(recipe, lake, monkeypatch):
    from distributed.scheduler import KilledWorker

    def lose(_versions, step, *args):
        if step is steps.bundle_step:
            raise KilledWorker("task", SimpleNamespace(address="tcp://gone:1"), 3)
        return step(*args)

    monkeypatch.setattr("ionlake.pipeline.dispatch.admitted", lose)
    summary = run_recipe(recipe, lake)
    assert summary.materials_computed == 0
    assert "the worker was lost" in failures_of(lake)["lif"].message


def test_a_material_that_kills_workers_fails_alone(recipe, lake, monkeypatch):
    from distributed.scheduler import KilledWorker

    def lose(_versions, step, *args):
        if any(item.job.structure.formula == "LiF" for item in args[0]):
            raise KilledWorker("task", SimpleNamespace(address="tcp://gone:1"), 3)
        return step(*args)

    monkeypatch.setattr("ionlake.pipeline.dispatch.admitted", lose)
    monkeypatch.setattr(Outlook, "bundle_s", 1e9)
    summary = run_recipe(recipe, lake)
    assert summary.materials_computed == 1
    assert failures_of(lake).keys() == {"broken", "mixed", "naf", "lif", "lif_again"}


def test_a_source_that_cannot_be_read_leaves_no_lake_behind(recipe, lake, crystals):
    gone = recipe.source.model_copy(update={"paths": (str(crystals / "nowhere"),)})
    with pytest.raises(SourceError):
        run_recipe(recipe.model_copy(update={"source": gone}), lake)
    assert not lake.exists()
