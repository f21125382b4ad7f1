"""``ionlake md`` as a user types it."""

import json

import pytest
import yaml

from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe
from ionlake.structures.sources.bundled import load_bundled

RECIPE = {
    "kind": "md",
    "name": "mine",
    "select": {"top": 1, "grid_protocol": "commensurate-0.6"},
    "potential": {"name": "analytic"},
    "md": {
        "temperatures_k": [800],
        "length_ps": 0.4,
        "equilibration_ps": 0.02,
        "frame_every_fs": 4,
        "min_image_distance_ang": 2,
    },
    "analysis": {"fit_from_ps": 0.04},
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory, scheduler):
    folder = tmp_path_factory.mktemp("md")
    load_bundled("LiF-225").to_pymatgen().to(filename=str(folder / "lif.cif"))
    scans = {
        "name": "scans",
        "source": {"kind": "files", "paths": [str(folder / "lif.cif")]},
        "potential": {"name": "analytic"},
        "scan": {"spacing_ang": 0.6},
        "cluster": scheduler,
    }
    run_recipe(Recipe.model_validate(scans), folder / "lake")
    return folder / "lake"


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    return path


def test_a_recipe_is_simulated_and_told_as_json_and_for_people(command, lake, recipe, scheduler):
    arguments = ("md", recipe, "--lake", lake, "--cluster", scheduler)
    status, out, err = command(*arguments, "--json")
    assert status == 0, err
    told = json.loads(out)
    assert (told["md_runs_finished"], told["md_runs_pending"]) == (1, 0)
    assert told["ns_per_day"] > 0
    assert "lif 800 K: below" in err
    assert "ns/day" in err
    status, out, err = command(*arguments)
    assert (status, out) == (0, "")
    assert "1 reused" in err
    status, out, _ = command(
        "query", "SELECT n_censored FROM md_validation", "--lake", lake, "--format", "json"
    )
    assert (status, json.loads(out)) == (0, [{"n_censored": 1}])


def test_wrong_requests_are_told_in_one_line(command, lake, recipe, tmp_path):
    status, _, err = command("md", "quickstart", "--lake", lake)
    assert status == 2
    assert "ionlake run quickstart" in err
    status, _, err = command("run", recipe, "--lake", lake)
    assert status == 2
    assert f"ionlake md {recipe}" in err
    options = ("--material", "lif", "--temperature-k", "900", "--time-step-fs", "2")
    status, _, err = command("md", "import", tmp_path / "none.xyz", *options, "--lake", lake)
    assert status == 5
    assert len(err.splitlines()) == 1
    assert "cannot be read as a trajectory" in err


def test_help_names_both_commands(command):
    status, out, _ = command("md", "--help")
    assert status == 0
    assert "import" in out
    assert "run" in out
