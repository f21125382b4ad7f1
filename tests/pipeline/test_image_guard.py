"""A recipe that keeps images apart, in a lake that has plain scans."""

import xarray as xr
from pymatgen.core import Structure

import ionlake
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.marker import find_lake
from ionlake.pes.scan import scan_structure
from ionlake.pipeline.dry_run import dry_run
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.preview import preview
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.why import explain
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.record import StructureRecord

PROTOCOL = "frozen_framework_supercell-3.5"


def guarded(recipe):
    scan = recipe.scan.__class__(spacing_ang=0.5, min_image_distance_ang=3.5)
    return recipe.model_copy(update={"scan": scan})


def test_only_small_cells_are_scanned_again_and_the_image_safe_ranking_takes_both(recipe, lake):
    run_recipe(recipe, lake)
    guard = guarded(recipe)

    planned = {
        each.material_id: each.stages for each in dry_run(guard, lake, RunOptions()).materials
    }
    assert planned == dict.fromkeys(("lif", "lif_again"), ("scan", "describe"))
    for name, current in {"lif": False, "POSCAR_li3ocl": True}.items():
        scan = explain(name, lake, guard).stages[1]
        reason = (f"scan protocol: frozen_framework → {PROTOCOL}",)
        assert (scan.current, scan.reasons) == (current, () if current else reason)
    expected = preview(guard, lake, workers=1).total
    assert (expected.done, expected.to_do, expected.orbits) == (1, 2, 1)

    summary = run_recipe(guard, lake)
    assert (summary.materials_computed, summary.materials_reused) == (2, 1)
    assert run_recipe(guard, lake).energies_evaluated == 0
    with ionlake.open_lake(lake) as opened:
        scans = opened.query("SELECT * FROM scans WHERE image_guard_ang = 3.5")
        safe = opened.query("SELECT material_id, scan_protocol FROM rankings_image_safe ORDER BY 1")
        grid = opened.grid("lif", scan_protocol=PROTOCOL).load()
        own = opened.query("SELECT structure_id FROM materials WHERE material_id = 'lif'")
    assert expected.points == scans.points_evaluated.sum()
    assert scans.repeats[0].tolist() == grid.attrs["repeats"] == [2, 2, 2]
    assert scans.structure_id[0] == own.structure_id[0] == grid.attrs["structure_id"]
    assert dict(safe.values) == {
        "POSCAR_li3ocl": "frozen_framework",
        "lif": PROTOCOL,
        "lif_again": PROTOCOL,
    }
    assert explain("lif", lake).stages[1].current
    assert explain("lif", lake, recipe).stages[1].current
    assert not verify_lake(find_lake(lake), Depth(deep=True, sample=3, seed=0)).findings


def test_a_supercell_that_is_cut_into_blocks_is_the_same(recipe, lake, crystals, all_large):
    guard = guarded(recipe)
    run_recipe(guard, lake)
    structure = StructureRecord.from_any(Structure.from_file(crystals / "lif.cif"))
    direct = scan_structure(structure, guard.scan, CosineLandscape())
    with ionlake.open_lake(lake) as opened:
        stored = opened.grid("lif").load()
    xr.testing.assert_identical(stored.drop_attrs(), direct.drop_attrs())
    assert stored.attrs == direct.attrs
