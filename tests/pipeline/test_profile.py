"""The table of stages of a profile."""

import csv

import pytest

from ionlake.errors import SettingsError
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.profile import profiled, require_report, stages
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe

STAGES = {"bundle", "scan", "plan", "block", "verify", "finish_scan", "describe", "waiting"}


def task(key, compute, transfer=0.0):
    parts = [{"action": "transfer", "start": 1.0, "stop": 1.0 + transfer}]
    return {
        "key": key,
        "startstops": [*parts, {"action": "compute", "start": 2.0, "stop": 2.0 + compute}],
    }


def test_stages_add_up_to_the_time_of_the_workers():
    tasks = [task("block-LiF-1", 3.0, 0.5), task("block-LiF-2", 1.0), task("bundle-x", 2.0)]
    block, bundle, waiting = stages(tasks, 10.0)
    assert (block.stage, block.tasks, block.compute_s, block.longest_s) == ("block", 2, 4.0, 3.0)
    assert (block.share, block.transfer_s) == (0.4, 0.5)
    assert (bundle.stage, bundle.share) == ("bundle", 0.2)
    assert (waiting.stage, waiting.tasks, waiting.compute_s) == ("waiting", 0, 4.0)


def test_a_profile_of_a_cluster_is_a_page_and_a_table(scheduler, tmp_path):
    pytest.importorskip("bokeh")
    from distributed import Client

    with Client(scheduler) as client, profiled(client, tmp_path / "run.html"):
        client.submit(sum, [1, 2], key="block-LiF-0", pure=False).result()
    assert "<html" in (tmp_path / "run.html").read_text()[:500].lower()
    with (tmp_path / "run.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["stage"], row["tasks"]) for row in rows] == [("block", "1"), ("waiting", "0")]
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1.0, abs=0.01)


def test_a_page_that_cannot_be_written_is_refused_at_once(tmp_path):
    require_report(None)
    require_report(tmp_path / "run.html")
    for wrong in (tmp_path / "run.pdf", tmp_path / "nowhere" / "run.html"):
        with pytest.raises(SettingsError, match=r"expected a file \.html in an existing folder"):
            require_report(wrong)


def test_a_run_writes_its_profile(scheduler, tmp_path):
    pytest.importorskip("bokeh")
    recipe = Recipe.model_validate(
        {
            "name": "profiled",
            "source": {"kind": "bundled", "max_sites": 2},
            "potential": {"name": "analytic"},
            "scan": {"spacing_ang": 0.8},
            "cluster": scheduler,
        }
    )
    options = RunOptions(profile=tmp_path / "run.html")
    summary = run_recipe(recipe, tmp_path / "lake", options=options)
    with (tmp_path / "run.csv").open() as file:
        found = {row["stage"]: int(row["tasks"]) for row in csv.DictReader(file)}
    assert summary.materials_computed == 5
    assert found["waiting"] == 0
    assert sum(found.values()) >= 1
    assert found.keys() <= STAGES
