"""Recipes whose materials come from databases and dumps: runs, plans, and work offline."""

import gzip
import json
from pathlib import Path

import pytest

import ionlake
from ionlake.cli import main as cli
from ionlake.errors import SettingsError, SourceError
from ionlake.pipeline.preview import preview
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.sources import make_source
from ionlake.structures.sources import materials_project, optimade
from ionlake.structures.sources.retry import RetryPolicy
from tests.structures.web import KEY, VERSION, MaterialsProject, serving, summary


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Sources that are not told otherwise ask twice, at once."""
    for module in (materials_project, optimade):
        monkeypatch.setattr(module, "RetryPolicy", lambda: RetryPolicy(2, first_delay_s=0.001))


@pytest.fixture
def server(monkeypatch):
    broken = summary("mp-1001", structure={})
    project = MaterialsProject([summary("mp-1138"), summary("mp-aaaaaacx", "LiI-225"), broken])
    with serving(project) as address:
        monkeypatch.setenv("MP_API_KEY", KEY)
        monkeypatch.setenv("MP_API_ENDPOINT", address)
        yield project


@pytest.fixture
def settings(scheduler):
    return {
        "name": "database",
        "source": {"kind": "materials_project"},
        "potential": {"name": "analytic"},
        "scan": {"spacing_ang": 0.6},
        "cluster": scheduler,
    }


@pytest.fixture
def recipe(settings):
    return Recipe.model_validate(settings)


def cut_the_network(monkeypatch):
    monkeypatch.delenv("MP_API_KEY")
    monkeypatch.setenv("MP_API_ENDPOINT", "http://127.0.0.1:9/")


def test_a_run_takes_over_what_the_database_says_and_a_rerun_needs_no_network(
    server, recipe, lake, monkeypatch
):
    first = run_recipe(recipe, lake)
    assert (first.materials_computed, first.materials_failed) == (2, 1)
    with ionlake.open_lake(lake) as opened:
        rows = opened.query("SELECT * FROM materials ORDER BY material_id")
        failures = opened.query("SELECT material_id, stage FROM failures")
    assert rows.material_id.tolist() == ["mp-1138", "mp-75"]
    assert set(rows.licence) == {"CC-BY-4.0"}
    assert set(rows.database_version) == {VERSION}
    assert set(rows.source_updated_at) == {"2026-01-01T00:00:00"}
    assert rows.attribution.str.startswith("Materials Project").all()
    assert failures.values.tolist() == [["mp-1001", "read"]]

    n_asked = len(server.requests)
    cut_the_network(monkeypatch)
    second = run_recipe(recipe, lake, offline=True)
    assert (second.materials_reused, second.energies_evaluated) == (2, 0)
    assert second.release == first.release
    assert len(server.requests) == n_asked

    with pytest.raises(SourceError, match="no key"):
        run_recipe(recipe, lake)


def test_a_source_that_cannot_be_read_makes_no_lake(server, recipe, lake, monkeypatch):
    with pytest.raises(SourceError, match="run the recipe once without --offline"):
        run_recipe(recipe, lake, offline=True)
    cut_the_network(monkeypatch)
    with pytest.raises(SourceError):
        run_recipe(recipe, lake)
    assert not lake.exists()


def test_the_key_is_nowhere_in_the_lake(server, recipe, lake):
    server.failures.extend([429])
    run_recipe(recipe, lake)
    for path in lake.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            plain = gzip.decompress(content) if path.suffix == ".gz" else content
            assert KEY.encode() not in plain, path


def test_a_plan_reads_the_database_and_changes_nothing(server, recipe, lake, monkeypatch):
    assert preview(recipe, quick=True).materials_read == 3
    with pytest.raises(SourceError, match="--lake"):
        preview(recipe, quick=True, offline=True)
    run_recipe(recipe, lake)
    before = {path: path.stat().st_mtime_ns for path in lake.rglob("*.gz")}
    cut_the_network(monkeypatch)
    plan = preview(recipe, lake, quick=True, offline=True)
    assert (plan.materials_read, plan.total.done) == (3, 2)
    assert {path: path.stat().st_mtime_ns for path in lake.rglob("*.gz")} == before


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ionlake", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


def test_the_commands_tell_how_it_goes(server, settings, tmp_path, lake, command, monkeypatch):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(settings))
    server.failures.append(503)
    status, _, err = command("plan", path, "--quick")
    assert status == 0
    assert "the database did not answer: HTTP 503; asking again" in err
    assert "3 of 3 materials read from the database" in err

    status, _, err = command("run", path, "--lake", lake, "--json")
    assert status == 3
    assert "3 of 3 materials read from the database" in err
    assert KEY not in err

    monkeypatch.setenv("MP_API_KEY", "w" * 32)
    status, out, err = command("run", path, "--lake", lake)
    assert (status, out) == (5, "")
    assert err.startswith("ionlake: the Materials Project at 127.0.0.1")
    assert "refuses the key in MP_API_KEY" in err
    assert "w" * 32 not in err

    cut_the_network(monkeypatch)
    status, _, err = command("run", path, "--lake", lake, "--offline", "--json")
    assert status == 3
    status, _, _ = command("plan", path, "--lake", lake, "--offline")
    assert status == 0


def test_a_dump_is_a_source_like_others(settings, tmp_path, lake):
    dump = tmp_path / "dump.jsonl"
    dump.write_text(json.dumps(summary("mine")) + "\n" + json.dumps(summary("metal", band_gap=0)))
    settings["source"] = {"kind": "json_lines", "paths": [str(dump)], "band_gap_ev_min": 0.5}
    summary_of_run = run_recipe(Recipe.model_validate(settings), lake, offline=True)
    assert (summary_of_run.materials_read, summary_of_run.materials_computed) == (1, 1)


def test_optimade_databases_are_asked_for_the_mobile_species_and_not_offline(settings):
    settings["source"] = {"kind": "optimade", "base_urls": ["http://127.0.0.1:9"]}
    recipe = Recipe.model_validate(settings)
    source = make_source(recipe)
    assert source.filter == 'elements HAS "Li"'
    with pytest.raises(SourceError, match="does not give its structures"):
        source.entries()
    with pytest.raises(SettingsError, match="without --offline"):
        make_source(recipe, kept=Path("anywhere"), offline=True)
