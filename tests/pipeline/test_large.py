"""Large scans: blocks that survive a killed run, verification, and symmetry that is given up."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import ionlake
from ionlake.errors import GridError
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline import steps
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.work import Outlook
from ionlake.potentials.analytic import CosineLandscape
from tests.pipeline.test_run import failures_of
from tests.reference.potentials import PairPotential


@pytest.fixture
def asked(monkeypatch):
    """The points that workers are asked for, as (formula, ion, flat index)."""
    points, real = [], steps.evaluate_points

    def counting(plan, ion, flat, potential, progress=None):
        points.extend((plan.structure.formula, ion, int(index)) for index in flat)
        return real(plan, ion, flat, potential, progress)

    monkeypatch.setattr(steps, "evaluate_points", counting)
    return points


@pytest.fixture
def cubic(recipe, crystals):
    """One crystal whose symmetry the analytic landscape has."""
    source = recipe.source.model_copy(update={"paths": (str(crystals / "POSCAR_li3ocl.vasp"),)})
    scan = ScanSettings(spacing_ang=0.3)
    return recipe.model_copy(update={"source": source, "scan": scan})


def grids_of(lake):
    with ionlake.open_lake(lake) as opened:
        names = opened.query("SELECT material_id FROM candidates").material_id
        return {name: opened.grid(name).load() for name in names}


def scans_of(lake):
    with ionlake.open_lake(lake) as opened:
        return opened.query("SELECT * FROM scans ORDER BY scan_id")


def assert_same_lakes(one, other):
    ours, theirs = grids_of(one), grids_of(other)
    assert ours.keys() == theirs.keys()
    assert ours
    for name, grid in ours.items():
        xr.testing.assert_identical(grid, theirs[name])
    apart = ["grid_path", "compute_seconds", "run_id"]
    assert scans_of(one).drop(columns=apart).equals(scans_of(other).drop(columns=apart))


def test_scans_in_blocks_are_the_scans_in_bundles(recipe, lake, tmp_path, monkeypatch, request):
    run_recipe(recipe, tmp_path / "whole")
    request.getfixturevalue("all_large")
    asked = request.getfixturevalue("asked")
    cut = run_recipe(recipe, lake)
    assert cut.energies_evaluated > len(asked) > 32
    assert_same_lakes(lake, tmp_path / "whole")
    assert (scans_of(lake).compute_seconds > 0).all()
    assert list((lake / "staging").iterdir()) == []


def test_screened_scans_in_pieces_are_the_scans_in_bundles(
    cubic, lake, tmp_path, monkeypatch, request
):
    steep = PairPotential()
    monkeypatch.setattr("ionlake.pipeline.run.load_potential", lambda *_args, **_kwargs: steep)
    monkeypatch.setattr(steps, "worker_potential", lambda _settings: steep)
    screened = cubic.model_copy(update={"scan": replace(cubic.scan, accuracy="screen")})
    run_recipe(screened, tmp_path / "whole")
    request.getfixturevalue("all_large")
    run_recipe(screened, lake)
    assert_same_lakes(lake, tmp_path / "whole")
    scans = scans_of(lake)
    assert set(scans.accuracy) == {"screen"}
    with ionlake.open_lake(lake) as opened:
        grids = opened.query("SELECT points_skipped FROM grids")
        rows = opened.query("SELECT Xi, fv_1p0_connected, accuracy FROM descriptors")
    assert (grids.points_skipped > 0).all()
    assert rows.Xi.notna().all()
    assert rows.fv_1p0_connected.isna().all()


@pytest.mark.parametrize("step", ["finish_scan_step", "verify_step"])
def test_staged_blocks_of_a_run_cut_off_are_not_computed_again(
    cubic, lake, monkeypatch, all_large, asked, step
):
    def crash(*_args):
        raise GridError("the disk is full")

    crash.__name__ = step
    with monkeypatch.context() as broken:
        broken.setattr(f"ionlake.pipeline.large.{step}", crash)
        first = run_recipe(cubic, lake)
    assert first.materials_computed == 0
    assert "the disk is full" in failures_of(lake)["POSCAR_li3ocl"].message
    n_before = len(asked)

    second = run_recipe(cubic, lake)
    assert second.materials_computed == 1
    assert second.energies_evaluated <= 8  # the base energy and what verifies
    assert len(asked) == n_before == len(set(asked)) > 100
    assert failures_of(lake).keys() == set()
    assert list((lake / "staging").iterdir()) == []


def test_damaged_staged_energies_are_computed_again(
    cubic, lake, tmp_path, monkeypatch, all_large, asked
):
    def crash(*_args):
        raise GridError("the disk is full")

    crash.__name__ = "finish_scan_step"
    with monkeypatch.context() as broken:
        broken.setattr("ionlake.pipeline.large.finish_scan_step", crash)
        run_recipe(cubic, lake)
    n_before = len(asked)
    chunks = list((lake / "staging").rglob("c/0"))
    chunks[0].write_bytes(b"not energies")
    second = run_recipe(cubic, lake)
    assert second.materials_computed == 1
    assert n_before < len(asked) <= n_before + 16
    run_recipe(cubic, tmp_path / "other")
    assert_same_lakes(lake, tmp_path / "other")


def test_blocks_cut_in_other_sizes_fit_together(
    cubic, lake, tmp_path, monkeypatch, all_large, asked
):
    """The first run ends by force after a few blocks; the second cuts what is left larger."""

    class Impatient(Reporter):
        staged = 0

        def energies_done(self, n_energies, cost):
            self.staged += n_energies
            if self.staged > 40:
                raise KeyboardInterrupt

    assert run_recipe(cubic, lake, Impatient()).interrupted
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert ledger.count(schema.STAGED_BLOCKS) > 1
        staged = sum(row["n_points"] for row in ledger.rows(schema.STAGED_BLOCKS))
    asked.clear()
    monkeypatch.setattr(Outlook, "block_s", 0.5)
    run_recipe(cubic, lake)
    again = len(asked)
    asked.clear()
    run_recipe(cubic, tmp_path / "other")
    assert again > 0
    assert again + staged == len(asked)
    assert_same_lakes(lake, tmp_path / "other")


@pytest.mark.parametrize("way", ["bundles", "blocks"])
def test_a_potential_without_the_crystal_symmetry_is_scanned_in_full(
    recipe, lake, monkeypatch, request, way
):
    uneven = CosineLandscape(amplitudes_ev=(0.2, 0.4, 0.8))
    monkeypatch.setattr("ionlake.pipeline.run.load_potential", lambda *_args, **_kwargs: uneven)
    monkeypatch.setattr(steps, "worker_potential", lambda _settings: uneven)
    if way == "blocks":
        request.getfixturevalue("all_large")

    summary = run_recipe(recipe, lake)

    assert summary.materials_computed == 3
    grid = grids_of(lake)["lif"]
    assert grid.attrs["symmetry"]["given_up"]
    assert grid.attrs["symmetry"]["points_copied"] == 0
    n = grid.sizes["a"]
    climb = (1 - np.cos(2 * np.pi / n)) / 2
    assert float(grid.energy[0, 1, 0, 0]) == pytest.approx(0.2 * climb, abs=1e-6)
    assert float(grid.energy[0, 0, 0, 1]) == pytest.approx(0.8 * climb, abs=1e-6)
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert ledger.count(schema.STAGED_BLOCKS) == 0
    assert not any((lake / "staging").glob("*/*"))


def test_a_block_that_fails_is_one_materials_failure(recipe, lake, monkeypatch, all_large):
    real = steps.evaluate_points

    def fragile(plan, ion, flat, potential, progress=None):
        if plan.structure.formula == "LiF" and flat[0] > 50:
            raise ZeroDivisionError("first line")
        return real(plan, ion, flat, potential, progress)

    monkeypatch.setattr(steps, "evaluate_points", fragile)
    summary = run_recipe(recipe, lake)
    assert summary.materials_computed == 1
    assert failures_of(lake)["lif"].error == "ZeroDivisionError"


_SLOW_RUN = """
import sys, time
from distributed import LocalCluster
from ionlake.pipeline import blocks, steps
from ionlake.pipeline.recipe import load_recipe
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.work import Outlook

blocks.GRANULE, Outlook.large_s, Outlook.block_s = 16, 0.0, 0.0
real = steps.evaluate_points

def slow(*args):
    time.sleep(0.05)
    return real(*args)

steps.evaluate_points = slow
with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as c:
    recipe = load_recipe(sys.argv[1])
    cluster = recipe.cluster.model_copy(update={"kind": "address", "address": c.scheduler_address})
    run_recipe(recipe.model_copy(update={"cluster": cluster}), sys.argv[2])
"""


@pytest.mark.parametrize("n_staged", [1, 6])
def test_a_killed_run_leaves_blocks_that_count(
    cubic, lake, tmp_path, crystals, all_large, asked, n_staged
):
    """Kill -9 in the middle; the next run computes exactly what the ledger does not name."""
    path = crystals.parent / "slow.yaml"
    path.write_text(
        f"name: test\nsource: {{kind: files, paths: {list(cubic.source.paths)}}}\n"
        "potential: {name: analytic}\nscan: {spacing_ang: 0.3}\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW_RUN, str(path), str(lake)], stderr=subprocess.PIPE
    ) as run:
        deadline = time.monotonic() + 120
        while _staged_points(lake)[0] < n_staged and run.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    count, staged = _staged_points(lake)
    assert count >= n_staged
    run_recipe(cubic, lake)
    again = len(asked)
    asked.clear()
    run_recipe(cubic, tmp_path / "other")
    assert again + staged == len(asked)
    assert_same_lakes(lake, tmp_path / "other")


def _staged_points(lake):
    if not (lake / "ledger.sqlite").exists():
        return 0, 0
    try:
        with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
            rows = list(ledger.rows(schema.STAGED_BLOCKS))
    except ionlake.errors.LakeError:  # the file is being made
        return 0, 0
    return len(rows), sum(row["n_points"] for row in rows)


def test_a_step_that_dask_repeats_does_not_meet_what_its_lost_worker_wrote(
    cubic, lake, monkeypatch, all_large
):
    """Every step is done twice with the same arguments, as after a worker that did not report."""
    real = steps.admitted

    def twice(versions, step, *args):
        real(versions, step, *args)
        return real(versions, step, *args)

    monkeypatch.setattr("ionlake.pipeline.dispatch.admitted", twice)
    assert run_recipe(cubic, lake).materials_computed == 1
    monkeypatch.setattr(Outlook, "large_s", 1e9)
    coarser = cubic.model_copy(update={"scan": ScanSettings(spacing_ang=0.5)})
    assert run_recipe(coarser, lake).materials_computed == 1
