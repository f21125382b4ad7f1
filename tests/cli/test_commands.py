"""Every command as a user types it: output, exit status, and errors in one line."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

import ionlake
from ionlake.catalog.publish import publish
from ionlake.cli import main as cli
from ionlake.cli.exit_codes import ExitCode
from ionlake.lake.writer import open_writer
from ionlake.structures.sources.bundled import load_bundled
from tests.lake.fake_lake import put_material, put_scan


@pytest.fixture(scope="module")
def lake(tmp_path_factory, scheduler):
    """A small lake made by the command's own pipeline."""
    from ionlake.pipeline.recipe import Recipe
    from ionlake.pipeline.run import run_recipe

    folder = tmp_path_factory.mktemp("cli")
    for name in ("LiF-225", "LiI-225", "LiCoO2-166"):
        load_bundled(name).to_pymatgen().to(filename=str(folder / f"{name}.cif"))
    recipe = Recipe.model_validate(
        {
            "name": "cli",
            "source": {"kind": "files", "paths": [str(folder)]},
            "potential": {"name": "analytic"},
            "scan": {"spacing_ang": 0.6},
            "cluster": scheduler,
        }
    )
    run_recipe(recipe, folder / "lake")
    return folder / "lake"


def assert_one_line_error(status, out, err, expected, *words):
    assert status == expected
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("ionlake: ")
    assert "Traceback" not in err
    for word in words:
        assert word in err


# ---- run -----------------------------------------------------------------------------------------


def test_run_reports_partial_failure_by_exit_status_and_json(command, crystals, scheduler, lake):
    recipe = crystals.parent / "mine.yaml"
    recipe.write_text(
        yaml.safe_dump(
            {
                "name": "mine",
                "source": {"kind": "files", "paths": ["crystals"]},
                "potential": {"name": "analytic"},
                "scan": {"spacing_ang": 0.6},
            }
        )
    )
    target = crystals.parent / "new"
    status, out, err = command("run", recipe, "--lake", target, "--cluster", scheduler, "--json")
    assert status == 3
    summary = json.loads(out)
    assert summary["materials_computed"] == 3
    assert {failure["material_id"] for failure in summary["failures"]} == {
        "broken",
        "mixed",
        "naf",
    }
    assert "naf failed (check)" in err

    status, out, err = command("run", recipe, "--lake", target, "--cluster", scheduler)
    assert status == 3
    assert "0 computed, 3 reused, 3 failed; 0 energies" in err
    assert "lif_again" in out


def test_termination_ends_a_run_cleanly_and_quietly(tmp_path):
    """A real run with real worker processes, told to stop after its first material."""
    lake = tmp_path / "lake"
    recipe = tmp_path / "slow.yaml"
    recipe.write_text(
        yaml.safe_dump(
            {
                "name": "slow",
                "source": {"kind": "bundled"},
                "potential": {"name": "analytic"},
                "scan": {"spacing_ang": 0.05},
            }
        )
    )
    command = [sys.executable, "-c", "from ionlake.cli.main import main; main()"]
    run = subprocess.Popen(
        [*command, "run", recipe, "--lake", lake, "--workers", "1"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    seen = []
    for line in run.stderr:
        seen.append(line)
        if " done: 1/" in line:
            os.killpg(run.pid, signal.SIGINT)
            run.terminate()
    assert run.wait(timeout=60) == 130, seen
    assert not any("Traceback" in line for line in seen), seen
    assert any("interrupted: what was done is kept" in line for line in seen)
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM scans")) >= 1


def test_run_names_the_other_writer(command, crystals, scheduler, tmp_path):
    with open_writer(tmp_path / "lake", create=True):
        result = command("run", "quickstart", "--lake", tmp_path / "lake")
    assert_one_line_error(*result, 4, "being written by process")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "nowhere.yaml"], 2, ["no recipe file", "quickstart"]),
        (["run", "quickstart", "--cluster", "nowhere"], 2, ["expected auto, local"]),
        (["plan", "nowhere.yaml"], 2, ["no recipe file", "quickstart"]),
        (["descriptors", "nowhere.cif"], 5, ["nowhere.cif"]),
        (["descriptors", "nowhere.cif", "--grid", "fine"], 2, ["commensurate, paper"]),
        (["query", "SELECT 1", "--lake", "nowhere"], 1, ["nowhere", "no lake"]),
        (["status", "--lake", "nowhere"], 1, ["nowhere", "no lake"]),
        (["rank", "--pool", "some"], 2, ["no_transition_metal"]),
    ],
)
def test_bad_input_is_one_line_with_a_remedy(
    command, tmp_path, monkeypatch, arguments, status, words
):
    monkeypatch.chdir(tmp_path)
    assert_one_line_error(*command(*arguments), status, *words)


def test_an_unknown_recipe_key_is_one_line(command, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("name: x\nsource: {kind: bundled}\nclutser: auto\n")
    assert_one_line_error(*command("run", path), 2, "clutser", "did you mean cluster?")


def test_a_folder_that_is_not_a_lake_and_a_lake_from_the_future(command, lake, tmp_path):
    (tmp_path / "letters.txt").write_text("no lake")
    assert_one_line_error(*command("status", "--lake", tmp_path), 1, str(tmp_path))
    future = tmp_path / "future"
    future.mkdir()
    written = json.loads((lake / "lake.json").read_text())
    number = next(name for name in written if "format" in name)
    (future / "lake.json").write_text(json.dumps(written | {number: 99}))
    assert_one_line_error(*command("status", "--lake", future), 1, "newer", "upgrade")


def test_debug_shows_the_traceback_wherever_it_stands(command, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["ionlake", "status", "--debug", "--lake", str(tmp_path)])
    with pytest.raises(ionlake.errors.LakeError):
        cli.main()


def test_an_unexpected_error_is_one_line_too(command, monkeypatch, lake):
    def explode(*_args):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("ionlake.cli.status.lake_status", explode)
    result = command("status", "--lake", lake)
    assert_one_line_error(*result, 1, "unexpected ZeroDivisionError", "--debug")


# ---- update --------------------------------------------------------------------------------------


def test_update_says_before_what_it_does_and_why_says_it_after(command, crystals, scheduler):
    recipe, lake = plan_recipe(crystals), crystals.parent / "followed"
    options = ("--lake", lake, "--cluster", scheduler)
    status, out, _ = command("update", recipe, *options, "--dry-run", "--json")
    found = json.loads(out)
    assert (status, found["changes"]["new"], found["materials_failed"]) == (0, 4, 3)
    stages = {each["material_id"]: each["stages"] for each in found["materials"]}
    assert stages["lif"] == ["row", "scan", "describe"]
    assert stages["naf"] == ["row"]
    assert not lake.exists()

    status, out, err = command("update", recipe, *options, "--limit", "1", "--json")
    summary = json.loads(out)
    assert status == 3
    assert (summary["status"], summary["materials_pending"]) == ("finished", 1)
    facts = json.loads(command("status", "--lake", lake, "--json")[1])
    assert (facts["pending"], facts["failed"]) == (1, 3)
    for bad in ("naf", "broken", "mixed", "lif_again"):
        (crystals / f"{bad}.cif").unlink()
    status, out, _ = command("update", recipe, *options, "--dry-run")
    assert status == 0
    (gone,) = [line for line in out.splitlines() if line.startswith("lif_again")]
    assert gone.split()[1:3] == ["gone", "tombstone"]
    status, _, err = command("update", recipe, *options, "--max-hours", "1")
    assert status == 0
    assert "2 have left their source" in err

    status, out, _ = command("why", "lif_again", "--lake", lake)
    assert status == 0
    assert "no longer offered by files" in out
    out = command("why", "lif", "--lake", lake, "--recipe", recipe, "--json")[1]
    assert [each["current"] for each in json.loads(out)["stages"]] == [True] * 3
    assert_one_line_error(*command("why", "li", "--lake", lake), 1, "did you mean lif")
    facts = json.loads(command("status", "--lake", lake, "--json")[1])
    assert (facts["pending"], facts["failed"], facts["tombstones"]) == (0, 0, 2)


def test_the_readme_tells_every_exit_status():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (\d+) \| [^|]+ \|$", readme, re.MULTILINE)
    assert [int(number) for number in told] == list(ExitCode)


# ---- plan ----------------------------------------------------------------------------------------


def plan_recipe(crystals):
    recipe = crystals.parent / "planned.yaml"
    text = "name: mine\nsource: {kind: files, paths: [crystals]}\npotential: {name: analytic}\n"
    recipe.write_text(text + "scan: {spacing_ang: 0.6}\n")
    return recipe


def test_plan_counts_work_by_size_and_reasons(command, crystals):
    status, out, err = command("plan", plan_recipe(crystals), "--workers", "4", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found.keys() == {
        "recipe",
        "potentials",
        "quick",
        "materials_read",
        "unfit",
        "classes",
        "total",
        "longest",
        "longest_task_s",
        "workers",
        "wall_seconds",
        "held",
        "core_hours_range",
        "gpu",
        "gpu_hours_range",
        "milestones",
    }
    assert (found["materials_read"], found["workers"], found["quick"]) == (6, 4, False)
    total = found["total"]
    assert (total["materials"], total["done"], total["to_do"], total["orbits"]) == (3, 0, 3, 2)
    assert 0 < total["points"] < total["grid_points"]
    assert [each["atoms"] for each in found["classes"]] == ["1-10"]
    stages = [each["stage"] for each in found["unfit"] for _ in range(each["materials"])]
    assert sorted(stages) == ["check", "read", "read"]
    assert found["longest"][0]["formula"] == "Li3ClO"
    (potential,) = found["potentials"]
    assert (potential["potential"], potential["points"]) == ("analytic", total["points"])
    assert found["wall_seconds"] >= found["longest_task_s"] > 0
    assert found["milestones"][-1]["materials"] == total["to_do"]
    assert found["milestones"][-1]["promise_share"] == pytest.approx(1.0)


def test_plan_tells_hours_on_gpus_that_somebody_has_measured(command, crystals):
    plan = ("plan", plan_recipe(crystals), "--quick")
    assert "one GPU does the work of 27 to 160 cores: assumed" in command(*plan)[1]
    told = command(*plan, "--cores-per-gpu", "50")[1]
    assert "one GPU does the work of 25 to 50 cores: as told" in told
    assert "no finished scans to compare with" in told


def test_plan_knows_what_a_lake_holds(command, crystals, scheduler):
    recipe, target = plan_recipe(crystals), crystals.parent / "lake"
    command("run", recipe, "--lake", target, "--cluster", scheduler)
    total = json.loads(command("plan", recipe, "--lake", target, "--json")[1])["total"]
    assert (total["done"], total["to_do"], total["points"], total["core_hours"]) == (3, 0, 0, 0)


@pytest.mark.parametrize("how", [[], ["--quick"]])
def test_plan_shows_a_table_and_the_time(command, crystals, how):
    status, out, err = command("plan", plan_recipe(crystals), "--workers", "1", *how)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["atoms", "materials", "done"]
    assert any(line.split()[:2] == ["all", "3"] for line in lines)
    assert "6 materials read, 3 cannot be used:" in lines
    assert any("StructureError (check), such as: " in line for line in lines)
    assert "on 1 worker," in lines[-1]


# ---- asking --------------------------------------------------------------------------------------


def test_query_writes_every_format(command, lake, tmp_path):
    sql = "SELECT material_id, elements, Xi FROM candidates ORDER BY material_id"
    expected = ["LiCoO2-166", "LiF-225", "LiI-225"]

    status, out, _ = command("query", sql, "--lake", lake)
    assert status == 0
    assert all(name in out for name in expected)

    _, out, err = command("query", sql, "--lake", lake, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert err == ""
    assert [row["material_id"] for row in rows] == expected

    _, out, _ = command("query", sql, "--lake", lake, "--json")
    assert [row["elements"] for row in json.loads(out)] == [
        ["Co", "Li", "O"],
        ["F", "Li"],
        ["I", "Li"],
    ]

    target = tmp_path / "rows.parquet"
    command("query", sql, "--lake", lake, "--format", "parquet", "-o", target)
    assert pq.read_table(target)["material_id"].to_pylist() == expected


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT nothing FROM candidates", ["nothing"]),
        ("SELEC 1", ["syntax"]),
        ("DROP TABLE materials", ["read-only"]),
        ("SELECT * FROM read_csv('/etc/passwd')", []),
    ],
)
def test_sql_that_cannot_be_answered_is_one_line(command, lake, sql, words):
    assert_one_line_error(*command("query", sql, "--lake", lake), 2, *words)


def test_rank_lists_the_best_and_leaves_out_transition_metals_by_name(command, lake):
    _, out, _ = command("rank", "--lake", lake, "--json", "--top", "10")
    everything = json.loads(out)
    _, out, _ = command("rank", "--lake", lake, "--json", "--pool", "no_transition_metal")
    pool = json.loads(out)
    assert [row["rank"] for row in everything] == sorted(row["rank"] for row in everything)
    assert {row["formula"] for row in everything} == {"LiCoO2", "LiF", "LiI"}
    assert {row["formula"] for row in pool} == {"LiF", "LiI"}
    _, out, _ = command("rank", "--lake", lake, "--json", "--top", "1")
    assert json.loads(out)[0]["Xi"] == max(row["Xi"] for row in everything)


def test_an_image_safe_rank_says_what_it_leaves_out(command, lake):
    status, out, err = command("rank", "--lake", lake, "--json", "--image-safe")
    assert (status, json.loads(out)) == (0, [])
    assert err.startswith("ionlake: materials left out: 3, ")
    _, _, err = command("rank", "--lake", lake, "--image-safe", "--pool", "no_transition_metal")
    assert err.startswith("ionlake: materials left out: 2, ")


def test_rank_shows_intervals_where_there_is_an_ensemble(command, lake, tmp_path):
    refused = command("rank", "--intervals", "--lake", lake)
    assert_one_line_error(*refused, 1, "has no ensemble", "under ensemble")
    with open_writer(tmp_path / "lake", create=True) as writer:
        for name, tm, xis in (("m1", False, (0.9, 0.4)), ("m2", True, (0.5, 0.6))):
            put_material(writer, name, f"s-{name}", has_transition_metal=tm)
            for potential, xi in zip(("one", "two"), xis, strict=True):
                put_scan(writer, f"s-{name}", xi=xi, potential=potential)
        publish(writer.layout, writer.ledger)
    _, out, _ = command("rank", "--intervals", "--lake", tmp_path / "lake", "--json")
    first, second = json.loads(out)
    assert (first["material_id"], second["material_id"]) == ("m1", "m2")
    places = [(row["rank_median"], row["rank_low"], row["rank_high"]) for row in (first, second)]
    assert places == [(1.5, 1, 2), (1.5, 1, 2)]
    assert (first["Xi_min"], first["Xi_max"], first["n_members"]) == (0.4, 0.9, 2)
    assert first["scan_protocol"] == "frozen_framework"
    words = ["--intervals", "--pool", "no_transition_metal", "--lake", tmp_path / "lake"]
    _, out, _ = command("rank", *words, "--json")
    (only,) = json.loads(out)
    assert (only["material_id"], only["rank_low"], only["rank_high"]) == ("m1", 1, 1)
    _, out, _ = command("rank", "--intervals", "--top", "1", "--lake", tmp_path / "lake")
    assert out.splitlines()[0].split()[:3] == ["rank_median", "rank_low", "rank_high"]
    assert len(out.splitlines()) == 2


def test_status_counts_and_names_the_writer(command, lake):
    status, out, _ = command("status", "--lake", lake, "--json")
    facts = json.loads(out)
    assert status == 0
    assert facts["materials"] == facts["scans"] == 3
    assert facts["release"] == 1
    assert facts["writer_pid"] is None
    assert facts["release_age_seconds"] > 0
    waiting = [facts[name] for name in ("pending", "failed", "quarantined", "tombstones")]
    assert waiting == [0, 0, 0, 0]
    assert (facts["last_run_recipe"], facts["last_run_status"]) == ("cli", "finished")
    assert facts["materials_per_hour"] > 0
    assert facts["energies_per_hour"] > facts["materials_per_hour"]
    with open_writer(lake):
        _, out, _ = command("status", "--lake", lake, "--json")
    assert json.loads(out)["writer_pid"] > 0
    shown = command("status", "--lake", lake)[1]
    assert "materials" in shown
    assert "None" not in shown


def test_csv_keeps_integers_and_lists_beside_missing_values(command, lake):
    sql = """
        SELECT material_id, rank_no_transition_metal IS NULL AS missing, rank_no_transition_metal,
               elements
        FROM candidates ORDER BY rank_no_transition_metal NULLS LAST
    """
    _, out, _ = command("query", sql, "--lake", lake, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["rank_no_transition_metal"] for row in rows][-1] == ""
    assert all(row["rank_no_transition_metal"].isdigit() for row in rows[:-1])
    assert json.loads(rows[-1]["elements"]) == ["Co", "Li", "O"]


def test_an_empty_answer_is_its_header(command, lake):
    for how in ("table", "csv"):
        status, out, _ = command(
            "query", "SELECT material_id FROM failures", "--lake", lake, "--format", how
        )
        assert (status, out) == (0, "material_id\n")


def test_json_refuses_to_lose_a_column(command, lake):
    result = command("query", "SELECT 1 AS a, 2 AS a", "--lake", lake, "--json")
    assert_one_line_error(*result, 2, "several columns are called a")
    status, out, _ = command("query", "SELECT 1 AS a, 2 AS a", "--lake", lake)
    assert status == 0
    assert out.split() == ["a", "a", "1", "2"]


def test_a_table_wider_than_the_terminal_leaves_whole_columns_out(command, lake, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    status, out, err = command("query", "FROM candidates ORDER BY rank", "--lake", lake)
    assert status == 0
    lines = out.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 60
    assert lines[0].split()[:3] == ["rank", "rank_no_transition_metal", "material_id"]
    assert "more columns do not fit" in err


def test_an_output_file_that_cannot_be_written_is_one_line(command, lake, tmp_path):
    target = tmp_path / "nowhere" / "rows.csv"
    result = command("query", "SELECT 1", "--lake", lake, "--format", "csv", "-o", target)
    assert_one_line_error(*result, 1, "cannot read or write", str(target))


# ---- descriptors ---------------------------------------------------------------------------------


def test_descriptors_json_is_one_object_per_file(command, crystals):
    good, bad = crystals / "lif.cif", crystals / "mixed.cif"
    status, out, err = command("descriptors", good, bad, "--potential", "analytic", "--json")
    first, second = json.loads(out)
    assert status == 3
    assert first.keys() == {"file", "structure_id", "descriptors", "checks"}
    assert first["file"] == str(good)
    assert {"mpe", "Xi", "fv_0p5_connected_union"} <= first["descriptors"].keys()
    assert first["checks"]["minimum_far_from_site"] == [False]
    assert second["file"] == str(bad)
    assert second["descriptors"] is None
    assert "disordered" in second["error"]
    assert "disordered" in err


def test_descriptors_csv_is_header_and_rows_only(command, crystals):
    status, out, err = command(
        "descriptors", crystals / "lif.cif", "--potential", "analytic", "--format", "csv"
    )
    rows = list(csv.reader(io.StringIO(out)))
    assert status == 0
    assert err == ""
    assert len(rows) == 2
    assert rows[0][:2] == ["file", "structure_id"]
    assert len(rows[0]) == len(rows[1])


def test_descriptors_of_another_mobile_ion(command, crystals):
    arguments = ["--potential", "analytic", "--json"]
    status, out, _ = command("descriptors", crystals / "naf.cif", "--mobile", "Na", *arguments)
    assert status == 0
    assert json.loads(out)[0]["descriptors"]["mpe"] is not None
    status, _, err = command("descriptors", crystals / "naf.cif", *arguments)
    assert status == 3
    assert "no Li" in err


@pytest.mark.model
def test_descriptors_refuse_an_element_the_potential_does_not_know(command, tmp_path):
    polonium = load_bundled("LiF-225").to_pymatgen()
    polonium.replace_species({"F": "Po"})
    polonium.to(filename=str(tmp_path / "lipo.cif"))
    status, out, err = command("descriptors", tmp_path / "lipo.cif", "--json")
    assert status == 3
    assert "does not know Po" in json.loads(out)[0]["error"]
    assert "does not know Po" in err


# ---- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["quickstart", "plan", "run", "update", "why", "descriptors", "query", "rank", "status"],
)
def test_every_command_has_help_with_examples(command, name):
    status, out, _ = command(name, "--help")
    assert status == 0
    assert f"ionlake {name}" in out.split("Examples:")[1]


def test_version_and_bare_command(command):
    assert command("--version")[1].strip() == f"ionlake {ionlake.__version__}"
    assert "quickstart" in command()[1] + command("--help")[1]


def test_simulate_shows_a_column_for_each_number_of_workers(command, crystals):
    chosen = ("simulate", plan_recipe(crystals), "--write-every", "1")
    status, out, err = command(*chosen, "--workers", "2", "--workers", "30")
    assert (status, err) == (0, "")
    assert "2 workers" in out
    assert "30 workers" in out
    assert "bottleneck" in out
    (found,) = json.loads(command(*chosen, "--workers", "3", "--json")[1])
    assert (found["workers"], found["materials"], found["grids_written"]) == (3, 2, 2)
    assert found["wall_hours"] > 0
    none_written = command("simulate", plan_recipe(crystals), "--write-every", "0")[1]
    assert re.search(r"all grids, staged blocks +unknown, 0.0 GB", none_written)
