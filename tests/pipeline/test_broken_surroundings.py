"""A full disk, a folder that cannot be written, a scheduler that vanishes: the run ends by a plain
message, no material is blamed, what was committed stands, and the next run goes on.
"""

import errno
import json
import os
import resource
import subprocess
import sys
import time

import pytest

import ionlake
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.pipeline import steps
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.recipe import cluster_from_word, load_recipe
from ionlake.pipeline.run import run_recipe
from tests.pipeline.test_large import assert_same_lakes

_COMMAND = [sys.executable, "-c", "from ionlake.cli.main import main; main()"]
_RECIPE = """
name: surroundings
source: {kind: bundled, max_sites: 3}
potential: {name: analytic}
scan: {spacing_ang: SPACING}
"""


@pytest.fixture
def written(tmp_path):
    """A recipe file for runs in processes of their own."""

    def write(spacing):
        path = tmp_path / "recipe.yaml"
        path.write_text(_RECIPE.replace("SPACING", str(spacing)))
        return path

    return write


def full(*_args):
    raise LakeError("the grid cannot be written") from OSError(errno.ENOSPC, "No space left")


@pytest.mark.parametrize("broken", ["write_grid", "write_block"])
def test_a_full_disk_ends_the_run_and_blames_no_material(
    recipe, lake, tmp_path, monkeypatch, request, broken
):
    if broken == "write_block":
        request.getfixturevalue("all_large")
    with monkeypatch.context() as patched:
        patched.setattr(steps, broken, full)
        with pytest.raises(LakeError, match=r"cannot write to the lake .*make space"):
            run_recipe(recipe, lake)
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert [run["status"] for run in ledger.rows(schema.RUNS)] == ["failed"]
        assert {row["stage"] for row in ledger.rows(schema.FAILURES)} == {"read", "check"}
    run_recipe(recipe, lake)
    run_recipe(recipe, tmp_path / "undisturbed")
    assert_same_lakes(lake, tmp_path / "undisturbed")


@pytest.mark.parametrize(("limit", "words"), [(60_000, "ledger"), (1_000_000, "release-")])
def test_files_that_cannot_grow_are_one_line_and_the_next_run_goes_on(
    written, tmp_path, limit, words
):
    lake, recipe = tmp_path / "lake", written(0.6)
    ended = subprocess.run(
        [*_COMMAND, "update", recipe, "--lake", lake, "--workers", "1"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    last = ended.stderr.splitlines()[-1]
    assert ended.returncode == 1, ended.stderr
    assert last.startswith("ionlake: ")
    assert words in last
    assert "check space" in last
    assert not list((lake / "releases").glob(".*"))
    again = subprocess.run(
        [*_COMMAND, "update", recipe, "--lake", lake, "--workers", "1"], check=False
    )
    assert again.returncode == 0
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM candidates")) > 5
        assert opened.query("SELECT * FROM failures").empty


def test_a_folder_that_is_in_the_way_is_no_materials_fault(recipe, lake):
    run_recipe(recipe.model_copy(update={"source": recipe.source}), lake)
    finer = recipe.model_copy(update={"scan": recipe.scan.__class__(spacing_ang=0.6)})
    (lake / "grids").rename(lake / "elsewhere")
    (lake / "grids").write_text("a file")
    with pytest.raises(LakeError, match="cannot write to the lake"):
        run_recipe(finer, lake)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_that_may_not_be_written_is_one_line(recipe, lake):
    run_recipe(recipe, lake)
    lake.chmod(0o555)
    try:
        with pytest.raises(LakeError, match="permissions"):
            run_recipe(recipe, lake)
    finally:
        lake.chmod(0o755)


def test_a_scheduler_that_vanishes_ends_the_run_and_the_next_goes_on(written, tmp_path, scheduler):
    lake, recipe, note = tmp_path / "lake", written(0.1), tmp_path / "scheduler.json"
    dask = [sys.executable, "-m"]
    where = ["--scheduler-file", str(note), "--no-dashboard", "--host", "127.0.0.1"]
    head, worker = (
        subprocess.Popen([*dask, *command, *where], stderr=subprocess.DEVNULL)
        for command in (
            ["distributed.cli.dask_scheduler", "--port", "0"],
            ["distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny"],
        )
    )
    while not note.exists():
        time.sleep(0.1)
    address = json.loads(note.read_text())["address"]
    update = [*_COMMAND, "update", recipe, "--lake", lake, "--cluster", address]
    run = subprocess.Popen(update, stderr=subprocess.PIPE, text=True)
    try:
        seen = []
        for line in run.stderr:
            seen.append(line)
            if " done: 1/" in line:
                head.kill()
                killed = time.monotonic()
        assert run.wait(timeout=60) == 1, seen
        assert time.monotonic() - killed < 60
    finally:
        for process in (run, worker, head):
            process.kill()
            process.wait()
    assert "went away in the middle of the run" in seen[-1]
    assert not any("Traceback" in line for line in seen)
    with ionlake.open_lake(lake) as opened:
        before = len(opened.query("SELECT * FROM candidates"))
        assert opened.query("SELECT * FROM failures").empty
    assert before >= 1
    onward = load_recipe(recipe).model_copy(update={"cluster": cluster_from_word(scheduler)})
    run_recipe(onward, lake, options=RunOptions(limit=1))
    with ionlake.open_lake(lake) as opened:
        assert len(opened.query("SELECT * FROM candidates")) == before + 1
