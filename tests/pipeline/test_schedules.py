"""The schedules that come with ionlake: each parses and names only what exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from distributed.cli import dask_scheduler, dask_worker
from typer.main import get_command

from ionlake.cli.main import app

FOLDER = Path(__file__).parents[2] / "pipelines" / "schedules"
FILES = sorted(FOLDER.iterdir())
_CALL = re.compile(r"^[^#\n]*?\b(?<!-)(ionlake|dask) ([a-z]+)((?: .*)?)$", re.MULTILINE)


def text_of(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def scripts():
    """Every piece of shell, by the file it is in."""
    workflow = yaml.safe_load(text_of("github-actions.yml"))
    steps = workflow["jobs"]["update"]["steps"]
    lines = [line for line in text_of("ionlake.cron").splitlines() if line.startswith("30 ")]
    return {
        "ionlake.cron": "\n".join(line.split(maxsplit=5)[5].replace("\\%", "%") for line in lines),
        "update.sbatch": text_of("update.sbatch"),
        "workers.sbatch": text_of("workers.sbatch"),
        "shards.sbatch": text_of("shards.sbatch"),
        "the merge of shards.sbatch": merge_of_shards(),
        "github-actions.yml": "\n".join(step["run"] for step in steps if "run" in step),
    }


def merge_of_shards():
    """The two lines in its comment that submit it and the job that merges."""
    found = re.findall(r"^#   ((?:array=|sbatch ).*)$", text_of("shards.sbatch"), re.MULTILINE)
    return "\n".join(found)


def calls(text):
    """Commands of ionlake and dask with the long options they are given."""
    for tool, name, rest in _CALL.findall(text):
        words = re.split(r"[>|;&]", rest)[0]
        yield tool, name, re.findall(r"--[a-z-]+", words)


def options_of(tool, name):
    if tool == "dask":
        command = {"scheduler": dask_scheduler, "worker": dask_worker}[name].main
    else:
        command = get_command(app).commands[name]
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_names_only_commands_and_options_that_exist(path):
    text = scripts().get(path.name, text_of(path.name))
    found = list(calls(text))
    for tool, name, options in found:
        assert set(options) <= options_of(tool, name), (tool, name)
    if path.name not in {"workers.sbatch", "ionlake-update.timer"}:
        assert ("ionlake", "update") in {(tool, name) for tool, name, _ in found}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_tells_about_lock_logs_and_status(path):
    if path.suffix != ".timer":
        for word in ("# Lock: ", "# Logs: ", "# Status: "):
            assert word in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(scripts()))
def test_its_shell_parses(name):
    checked = subprocess.run(
        ["bash", "-n"], input=scripts()[name], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_cron_line_has_five_times_and_escaped_percent_signs():
    lines = [line for line in text_of("ionlake.cron").splitlines() if not line.startswith("#")]
    (line,) = [line for line in lines if re.match(r"[\d*]", line)]
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in line.split()[:5])
    assert not re.search(r"(?<!\\)%", line)
    assert all(re.fullmatch(r"[A-Z_]+=\S+", other) for other in lines if other != line)


def test_a_run_of_the_cron_line_speaks_only_of_what_went_wrong(tmp_path):
    for status, said in ((0, ""), (4, ""), (3, "ionlake update ended with 3\n")):
        script = scripts()["ionlake.cron"].replace("/data/", f"{tmp_path}/")
        command = f"ionlake() {{ return {status}; }}\n{script}"
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (ran.stdout, ran.stderr) == (said, "")
    assert len(list(tmp_path.iterdir())) == 1


def test_the_workflow_is_a_schedule_with_one_writer():
    workflow = yaml.safe_load(text_of("github-actions.yml"))
    assert workflow[True]["schedule"][0]["cron"]  # YAML reads the key `on` as true
    assert workflow["concurrency"]["cancel-in-progress"] is False


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_reads_service_and_timer(tmp_path):
    units = [tmp_path / "ionlake-update.service", tmp_path / "ionlake-update.timer"]
    for unit in units:
        text = text_of(unit.name).replace("/opt/ionlake/bin/ionlake", "/bin/true")
        unit.write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *units]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "ionlake-update" not in checked.stderr


def test_shards_are_shared_out_by_the_array_and_merged_after_it(tmp_path):
    script = 'ionlake() { echo ionlake "$@"; }; dask() { :; }; HOME=/home\n'
    job = text_of("shards.sbatch").replace("my_recipe.yaml", "r")
    environment = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "16"}
    ran = subprocess.run(
        ["bash", "-c", script + job],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    words = ran.stdout.split()
    assert words[words.index("--shard") + 1] == "3/16"
    assert words[words.index("--lake") + 1] == "/home/lake-shards/3"
    wrapped = merge_of_shards().rpartition("--wrap ")[2].strip('"')
    ((tool, name, options),) = calls(wrapped)
    assert (tool, name) == ("ionlake", "merge")
    assert set(options) <= options_of(tool, name)
    assert "$HOME/lake-shards/*" in wrapped
