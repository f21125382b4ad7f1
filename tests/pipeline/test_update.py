"""Updates end to end on the analytic landscape: what a change of the source costs and leaves."""

import pytest

import ionlake
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.pipeline import steps
from ionlake.pipeline.dry_run import dry_run
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.why import explain
from ionlake.structures.sources.bundled import load_bundled

MIRROR = RunOptions(mirror=True)


def update(recipe, lake, **options):
    return run_recipe(recipe, lake, options=RunOptions(mirror=True, **options))


def put(folder, name, crystal):
    load_bundled(crystal).to_pymatgen().to(filename=str(folder / f"{name}.cif"))


@pytest.fixture
def good(crystals):
    """Only crystals that can be used."""
    for name in ("naf", "broken", "mixed"):
        (crystals / f"{name}.cif").unlink()
    return crystals


def planned(recipe, lake, **options):
    found = dry_run(recipe, lake, RunOptions(mirror=True, **options))
    return {each.material_id: (each.stages, each.reasons) for each in found.materials}


def asked(lake, sql):
    with ionlake.open_lake(lake) as opened:
        return opened.query(sql)


def stages(lake, material, recipe=None):
    return {
        each.stage: (each.current, each.reasons) for each in explain(material, lake, recipe).stages
    }


def test_an_update_follows_its_source_and_a_dry_run_says_so_before(recipe, lake, good):
    assert set(planned(recipe, lake)) == {"lif", "lif_again", "POSCAR_li3ocl"}
    assert not lake.exists()
    first = update(recipe, lake)
    assert (first.changes["new"], first.materials_computed) == (3, 3)

    (good / "lif_again.cif").unlink()
    put(good, "lif", "LiI-225")
    put(good, "licl", "LiCl-225")
    plan = planned(recipe, lake)
    assert {name: stages for name, (stages, _) in plan.items()} == {
        "lif": ("row", "scan", "describe"),
        "licl": ("row", "scan", "describe"),
        "lif_again": ("tombstone",),
    }
    assert plan["lif"][1][0].startswith("structure_id: ")
    second = update(recipe, lake)
    assert second.materials_computed == 2
    assert second.release == first.release + 1
    ranked = asked(lake, "SELECT material_id FROM candidates ORDER BY ALL").material_id
    assert ranked.tolist() == ["POSCAR_li3ocl", "licl", "lif"]
    (stone,) = asked(lake, "SELECT * FROM tombstones").itertuples()
    assert (stone.material_id, stone.reason) == ("lif_again", "no longer offered by files")
    assert len(asked(lake, "SELECT * FROM scans")) == 4
    with ionlake.open_lake(lake) as opened:
        assert opened.grid("lif_again").sizes["a"] > 0
    assert "gone" in str(explain("lif_again", lake, recipe).stages[0].reasons)

    put(good, "lif_again", "LiF-225")
    assert planned(recipe, lake)["lif_again"][0] == ("row",)
    third = update(recipe, lake)
    assert (third.changes["returned"], third.energies_evaluated) == (1, 0)
    assert asked(lake, "SELECT * FROM tombstones").empty
    assert len(asked(lake, "SELECT * FROM candidates")) == 4


def test_nothing_new_is_no_release_and_no_energies(recipe, lake, good):
    first = update(recipe, lake)
    assert planned(recipe, lake) == {}
    second = update(recipe, lake)
    assert second.release == first.release
    assert (second.energies_evaluated, second.changes["unchanged"]) == (0, 3)


def test_a_run_adds_and_an_update_takes_out(recipe, lake, good):
    run_recipe(recipe, lake)
    (good / "lif_again.cif").unlink()
    run_recipe(recipe, lake)
    assert len(asked(lake, "SELECT * FROM candidates")) == 3
    update(recipe, lake)
    assert len(asked(lake, "SELECT * FROM candidates")) == 2


def test_a_lake_from_before_selections_knows_what_its_runs_brought(recipe, lake, good):
    run_recipe(recipe, lake)
    with Ledger.open(lake / "ledger.sqlite") as ledger:
        ledger._connection.execute("DROP TABLE selections")
    (good / "lif_again.cif").unlink()
    assert update(recipe, lake).changes["gone"] == 1
    assert update(recipe, lake).changes["gone"] == 0


def test_failures_of_what_no_recipe_offers_any_more_are_cleared(recipe, lake, crystals):
    assert update(recipe, lake).materials_failed == 3
    for name in ("naf", "broken", "mixed"):
        (crystals / f"{name}.cif").unlink()
    assert update(recipe, lake).materials_failed == 0
    assert asked(lake, "SELECT * FROM failures").empty


def test_each_stage_says_which_input_made_it_stale(recipe, lake, good, monkeypatch):
    update(recipe, lake)
    assert {current for current, _ in stages(lake, "lif", recipe).values()} == {True}
    scan = recipe.scan.__class__(spacing_ang=0.6, symmetry="none")
    finer = recipe.model_copy(update={"scan": scan})
    assert stages(lake, "lif", finer) == {
        "row": (True, ()),
        "scan": (False, ("spacing_ang: 0.5 → 0.6", "symmetry: all → none")),
        "descriptors": (False, ("the scan is not current",)),
    }
    put(good, "lif", "LiI-225")
    changed = stages(lake, "lif", recipe)
    assert changed["row"][1][0].startswith("structure changed: structure_id: ")
    assert changed["scan"][1][0].startswith("structure: ")
    assert stages(lake, "lif")["scan"] == (True, ())
    monkeypatch.setattr("ionlake.pes.identity.SCAN_VERSION", 2)
    monkeypatch.setattr("ionlake.pipeline.staleness.SCAN_VERSION", 2)
    assert stages(lake, "lif")["scan"] == (False, ("scan version: 1 → 2",))
    assert planned(recipe, lake)["POSCAR_li3ocl"] == (
        ("scan", "describe"),
        ("scan version: 1 → 2",),
    )


def test_another_descriptor_version_asks_for_descriptors_alone(recipe, lake, good, monkeypatch):
    update(recipe, lake)
    before = schema.DESCRIPTOR_VALUES.name
    (version,) = asked(lake, f"SELECT DISTINCT descriptor_version FROM {before}").iloc[:, 0]
    monkeypatch.setattr("ionlake.descriptors.identity.DESCRIPTOR_VERSION", 999)
    monkeypatch.setattr("ionlake.pipeline.staleness.DESCRIPTOR_VERSION", 999)
    reason = f"descriptor version: {version} → 999"
    assert stages(lake, "lif")["descriptors"] == (False, (reason,))
    plan = planned(recipe, lake)
    assert set(plan.values()) == {(("describe",), (reason,))}
    assert update(recipe, lake).energies_evaluated == 0


def test_a_limit_and_a_time_leave_the_rest_for_later(recipe, lake, good):
    assert len(planned(recipe, lake, limit=1)) == 3  # rows of all, a scan of one structure
    first = update(recipe, lake, limit=1)
    assert (first.materials_computed, first.materials_pending) == (2, 1)
    over = update(recipe, lake, max_seconds=0.0)
    assert (over.status, over.materials_computed, over.materials_pending) == ("stopped", 0, 1)
    assert update(recipe, lake, max_seconds=3600.0).materials_pending == 0
    statuses = asked(lake, "SELECT status FROM runs ORDER BY run_id").status
    assert statuses.tolist() == ["finished", "stopped", "finished"]


def test_a_material_that_fails_three_times_waits_and_the_others_go_on(
    recipe, lake, good, monkeypatch
):
    real = steps.plan_scan

    def fragile(structure, settings):
        if structure.formula == "LiF":
            raise ValueError("no plan for this")
        return real(structure, settings)

    monkeypatch.setattr(steps, "plan_scan", fragile)
    results = [update(recipe, lake) for _ in range(4)]
    assert [each.materials_failed for each in results] == [2, 2, 2, 0]
    assert [each.materials_quarantined for each in results] == [0, 0, 0, 2]
    assert results[0].materials_computed == 1
    rows = asked(lake, "SELECT attempts, quarantine_reason FROM failures")
    assert rows.attempts.tolist() == [3, 3]
    assert rows.quarantine_reason.str.startswith("failed 3 times with the same inputs").all()
    assert results[3].release == results[2].release
    (failure,) = explain("lif", lake).failures
    assert failure["quarantine_reason"]

    monkeypatch.setattr(steps, "plan_scan", real)
    assert update(recipe, lake).materials_computed == 0
    mended = update(recipe, lake, failed_only=True)
    assert (mended.materials_computed, mended.materials_failed) == (2, 0)
    assert asked(lake, "SELECT * FROM failures").empty
