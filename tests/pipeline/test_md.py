"""Molecular dynamics over a lake: what is run, what is resumed, what is stored."""

import json
import shutil
from contextlib import closing

import numpy as np
import pytest

from ionlake.catalog.access import open_lake
from ionlake.errors import LakeError, MissingExtraError, QueryError, SettingsError
from ionlake.lake import schema
from ionlake.lake.digests import folder_sha256
from ionlake.lake.integrity.findings import Kind
from ionlake.lake.integrity.repair import plan_repair, release_files, repair_lake
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.trajectories import open_trajectory
from ionlake.lake.writer import open_writer
from ionlake.pipeline.md import dispatch, select, steps
from ionlake.pipeline.md import run as md_run
from ionlake.pipeline.md.recipe import MdRecipe, MdSelection, load_md_recipe, parse_md_recipe
from ionlake.pipeline.md.report import MdReporter
from ionlake.pipeline.md.run import MdOptions, run_md
from ionlake.pipeline.recipe import Recipe, load_recipe
from ionlake.pipeline.run import run_recipe
from ionlake.structures.sources.bundled import load_bundled
from ionlake.transport import diffusion
from ionlake.transport.settings import DEFAULT_TEMPERATURES_K

SETTINGS = {
    "kind": "md",
    "name": "dry",
    "select": {"top": 1, "random": 5, "grid_protocol": "commensurate-0.5"},
    "potential": {"name": "analytic"},
    "md": {
        "temperatures_k": [1000, 600],
        "length_ps": 0.4,
        "equilibration_ps": 0.05,
        "frame_every_fs": 4,
        "min_image_distance_ang": 2,
    },
    "analysis": {"fit_from_ps": 0.04, "n_intervals": 5},
    "piece_ps": 0.15,
}


@pytest.fixture
def md(scheduler):
    return MdRecipe.model_validate(SETTINGS | {"cluster": scheduler})


@pytest.fixture(scope="module")
def finished_scans(scheduler, tmp_path_factory):
    """A lake with the rankings of two crystals, one of them under two names."""
    crystals = tmp_path_factory.mktemp("crystals")
    for name, crystal in {"lif": "LiF-225", "lif_again": "LiF-225", "li3ocl": "Li3OCl-221"}.items():
        load_bundled(crystal).to_pymatgen().to(filename=str(crystals / f"{name}.cif"))
    recipe = {
        "name": "scans",
        "source": {"kind": "files", "paths": [str(crystals)]},
        "potential": {"name": "analytic"},
        "scan": {"spacing_ang": 0.5},
        "cluster": scheduler,
    }
    lake = tmp_path_factory.mktemp("lakes") / "lake"
    run_recipe(Recipe.model_validate(recipe), lake)
    return lake


@pytest.fixture
def scanned(finished_scans, lake):
    shutil.copytree(finished_scans, lake)
    return lake


def _changed(recipe, **changes):
    return MdRecipe.model_validate(recipe.model_dump() | changes)


def _rows(lake, table):
    with Ledger.open_read_only(LakeLayout(lake).ledger) as ledger:
        return list(ledger.rows(table))


def test_a_recipe_fills_the_tables_and_a_second_run_does_nothing(md, scanned):
    first = run_md(md, scanned)
    assert (first.status, first.materials, first.md_runs) == ("finished", 2, 4)
    assert (first.md_runs_finished, first.md_runs_failed, first.md_runs_pending) == (4, 0, 0)
    assert first.simulated_ps == pytest.approx(4 * 0.45)
    with open_lake(scanned) as opened:
        runs = opened.query("SELECT * FROM md_runs")
        assert set(runs.method) == {"mlmd"}
        assert sorted(runs.temperature_k) == [600, 600, 1000, 1000]
        said = opened.query("SELECT * FROM diffusivities JOIN md_runs USING (md_run_id)")
        assert (said.conductivity_upper_s_cm > 0).all()
        assert (said.conductivity_s_cm.isna() == said.censored).all()
        beside = opened.query("SELECT * FROM md_validation ORDER BY Xi DESC")
        assert sorted(beside.selection) == ["random", "random", "top"]  # two names of one crystal
        assert beside.Xi.notna().all()
        assert (beside.conductivity_1000k_upper_s_cm > 0).all()
    (run,) = [row for row in _rows(scanned, schema.RUNS) if row["run_id"] == first.run_id]
    assert run["energies_evaluated"] == 4 * 225  # steps of 2 fs
    assert first.ns_per_day == pytest.approx(first.simulated_ps * 86.4 / first.wall_seconds)
    second = run_md(md, scanned)
    assert (second.md_runs_reused, second.md_runs_finished) == (4, 0)
    assert second.simulated_ps == 0
    assert second.release == first.release
    assert not list((scanned / "staging").glob("*/*"))


def test_trajectories_are_whole_and_read_as_xarray(md, scanned):
    run_md(md, scanned, options=MdOptions(limit=1))
    rows = _rows(scanned, schema.MD_RUNS)
    assert len(rows) == 2
    for row in rows:
        path = LakeLayout(scanned).resolve(row["trajectory_path"])
        assert folder_sha256(path) == row["trajectory_sha256"]
        with closing(open_trajectory(path)) as stored:
            assert stored.position_ang.dims == ("time", "atom", "xyz")
            assert stored.sizes["time"] == row["n_frames"] == 100
            assert np.isfinite(stored.position_ang).all()
            assert float(stored.time[-1]) == pytest.approx(0.396)
            assert stored.temperature_k.mean() == pytest.approx(row["mean_temperature_k"])
            assert int(stored.mobile.sum()) == row["n_mobile_ions"]
    with open_lake(scanned) as opened:
        name = opened.query("SELECT material_id FROM md_validation").material_id[0]
        assert opened.trajectory(name, temperature_k=600).attrs["temperature_k"] == 600
        with pytest.raises(LakeError, match=r"2 trajectories that fit.*temperature_k"):
            opened.trajectory(name)
        with pytest.raises(LakeError, match="no trajectory like that"):
            opened.trajectory(name, temperature_k=300)


class _StopAfter(MdReporter):
    """Ends the run as a signal would, after some pieces."""

    def __init__(self, pieces):
        self.left = pieces

    def piece_done(self, label, simulated_ps):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_run_that_is_cut_off_goes_on_and_gives_the_same_bits(md, scanned, tmp_path, monkeypatch):
    one = _changed(md, select={"top": 1, "grid_protocol": "commensurate-0.5"})
    shutil.copytree(scanned, tmp_path / "other")
    run_md(one, tmp_path / "other")
    cut = run_md(one, scanned, _StopAfter(3))
    assert cut.interrupted
    assert cut.md_runs_pending > 0
    staged = _rows(scanned, schema.STAGED_PIECES)
    assert staged
    assert verify_lake(LakeLayout(scanned)).clean
    monkeypatch.setattr(steps, "LONGEST_PIECE_S", 0.05)  # pieces of other lengths
    again = run_md(one, scanned)
    assert again.simulated_ps <= 2 * 0.45 - 3 * 0.15 + 1e-9
    assert not _rows(scanned, schema.STAGED_PIECES)
    for row, same in zip(
        _rows(scanned, schema.MD_RUNS), _rows(tmp_path / "other", schema.MD_RUNS), strict=True
    ):
        assert row["md_run_id"] == same["md_run_id"]
        assert row["trajectory_sha256"] == same["trajectory_sha256"]


def test_pieces_that_are_lost_are_run_again(md, scanned):
    one = _changed(md, select={"top": 1, "grid_protocol": "commensurate-0.5"})
    run_md(one, scanned, _StopAfter(3))
    for folder in (scanned / "staging").glob("*/piece-*"):
        folder.rename(scanned.parent / f"lost-{folder.parent.name}-{folder.name}")
    again = run_md(one, scanned)
    assert again.md_runs_finished + again.md_runs_reused == 2
    assert again.status == "finished"


def test_when_the_time_is_over_the_pieces_stay(md, scanned, monkeypatch):
    monkeypatch.setattr(dispatch, "GRACE_S", 30.0)
    summary = run_md(md, scanned, options=MdOptions(max_seconds=1e-3))
    assert summary.status == "stopped"
    assert summary.md_runs_pending == 4


def test_a_run_that_fails_becomes_a_row_and_the_others_go_on(md, scanned):
    cold = _changed(md, md=SETTINGS["md"] | {"temperatures_k": [1000, 1]})
    summary = run_md(cold, scanned)
    # The lithium of Li3OCl falls from its sites on the analytic landscape, far above 1 K.
    assert (summary.md_runs_failed, summary.md_runs_finished) == (1, 3)
    (failure,) = (row for row in _rows(scanned, schema.FAILURES) if row["stage"] == "md")
    assert "1 K" in failure["message"]
    assert "blew up" in failure["message"]
    assert failure["attempts"] == 1
    assert sorted(row["n_censored"] for row in _rows(scanned, schema.CONDUCTIVITIES)) == [1, 2]
    once = _changed(cold, max_attempts=1)
    last = run_md(once, scanned, options=MdOptions(retry=True))
    assert last.md_runs_failed == 1
    last = run_md(once, scanned)
    assert (last.materials_quarantined, last.md_runs_failed) == (1, 0)


def test_another_analysis_reads_the_stored_trajectories(md, scanned):
    run_md(md, scanned, options=MdOptions(limit=1))
    other = _changed(md, analysis={"fit_from_ps": 0.06, "n_intervals": 6})
    summary = run_md(other, scanned, options=MdOptions(limit=1))
    assert summary.simulated_ps == 0
    assert summary.md_runs_finished == 2
    assert len(_rows(scanned, schema.MD_RUNS)) == 2
    assert len(_rows(scanned, schema.DIFFUSIVITIES)) == 4


def test_verify_finds_lost_and_damaged_trajectories(md, scanned):
    run_md(md, scanned, options=MdOptions(limit=1))
    layout = LakeLayout(scanned)
    (scanned / "trajectories" / "left.zarr").mkdir()
    assert [f.kind for f in verify_lake(layout).findings] == [Kind.ORPHAN]
    first, second = (
        layout.resolve(row["trajectory_path"]) for row in _rows(scanned, schema.MD_RUNS)
    )
    first.rename(scanned.parent / "gone")
    chunk = next(path for path in (second / "position_ang" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"\0")
    found = verify_lake(layout, Depth(deep=True)).findings
    kinds = {each.kind for each in found}
    assert kinds == {Kind.ORPHAN, Kind.TRAJECTORY_LOST, Kind.TRAJECTORY_DAMAGED}
    with open_writer(scanned) as writer:
        repair_lake(writer, plan_repair(found, release_files(layout)))
    assert verify_lake(layout, Depth(deep=True)).findings == ()
    assert not _rows(scanned, schema.MD_RUNS)
    assert run_md(md, scanned, options=MdOptions(limit=1)).md_runs_finished == 2


def test_the_lot_is_the_same_for_the_same_seed():
    names = [f"mp-{number}" for number in range(50)]
    assert select.draw(names, 5, 1) == select.draw(names, 5, 1) != select.draw(names, 5, 2)
    assert select.draw(names[:3], 5, 0) == set(names[:3])


def test_materials_are_selected_by_rank_by_lot_and_by_name(scanned, md):
    card = md_run.load_potential("analytic").card
    with closing(ReleaseReader.open(LakeLayout(scanned))) as release:

        def chosen(**wanted):
            selection = MdSelection(grid_protocol="commensurate-0.5", **wanted)
            found = select.select_materials(release, selection, "Li", card.potential_id)
            return [(each.why, each.structure.formula) for each in found]

        (best,) = chosen(top=1)
        assert best[0] == "top"
        assert [why for why, _ in chosen(top=1, random=9)] == ["top", "random"]
        assert chosen(top=5, where="formula = 'LiF'") == [("top", "LiF")]
        assert chosen(material_ids=["lif"], top=1, where="formula = 'LiF'") == [("named", "LiF")]
        with pytest.raises(SettingsError, match="no material of release 1 fits"):
            chosen(top=5, image_safe=True)  # both cells are small
        with pytest.raises(SettingsError, match="no material nothing"):
            chosen(material_ids=["nothing"])
        with pytest.raises(SettingsError, match="no material of release 1 fits"):
            chosen(top=5, where="formula = 'Xe'")
        with pytest.raises(QueryError):
            chosen(top=5, where="this is no SQL")


def test_a_lake_without_a_release_and_an_environment_without_kinisi_say_so(
    md, tmp_path, monkeypatch
):
    with pytest.raises(LakeError, match="no lake at"):
        run_md(md, tmp_path / "none")
    monkeypatch.setattr(diffusion, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[md\]'"):
        run_md(md, tmp_path / "none")


def test_the_shipped_recipe_is_the_papers_validation():
    shipped = load_md_recipe("md_validation")
    assert (shipped.select.top, shipped.select.random) == (100, 30)
    assert shipped.md.temperatures_k == DEFAULT_TEMPERATURES_K
    assert (shipped.md.time_step_fs, shipped.md.length_ps) == (2.0, 50.0)
    assert json.dumps(shipped.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: md\nname: x\nselect: {topp: 1}", r"unknown key select.topp; did you mean top\?"),
        ("kind: md\nname: x\nselect: {}\nmd: {lenght_ps: 1}", r"did you mean length_ps\?"),
        ("kind: md\nname: x", "the key select is missing"),
        ("name: x\nsource: {kind: bundled}", "ionlake run mine"),
    ],
)
def test_wrong_recipes_say_so(text, message):
    with pytest.raises(SettingsError, match=message):
        parse_md_recipe(text, "mine")


def test_run_sends_a_recipe_for_dynamics_to_the_right_command():
    with pytest.raises(SettingsError, match="ionlake md md_validation"):
        load_recipe("md_validation")
