"""Workers as jobs of a queue; dask-jobqueue is pretended, since a queue is needed to run it."""

import sys
from types import SimpleNamespace

import pytest

from ionlake.errors import MissingExtraError, SettingsError
from ionlake.pipeline import cluster, job_queue
from ionlake.pipeline.recipe import ClusterSettings, parse_recipe
from ionlake.pipeline.run import run_recipe

RECIPE = "name: x\nsource: {kind: bundled}\ncluster: "


@pytest.fixture
def made(monkeypatch, scheduler):
    """What was asked of dask-jobqueue; its workers are those of the tests' own scheduler."""
    asked = {}

    class FakeCluster:
        scheduler_address = scheduler
        security = None

        def __init__(self, **options):
            if "cores" not in options:
                raise ValueError("You must specify how many\n    cores to use per job")
            asked.update(kind=type(self).__name__, options=options)

        def adapt(self, **bounds):
            asked.update(bounds)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            asked["closed"] = True

    kinds = {name: type(name, (FakeCluster,), {}) for name in ("SLURMCluster", "PBSCluster")}
    monkeypatch.setitem(sys.modules, "dask_jobqueue", SimpleNamespace(**kinds))
    monkeypatch.setattr(job_queue.shutil, "which", lambda command: f"/usr/bin/{command}")
    return asked


def settings_of(text):
    return parse_recipe(RECIPE + text, "mine.yaml").cluster


@pytest.mark.parametrize(
    ("text", "kind", "bounds"),
    [
        ("{kind: slurm, workers: 64, options: {cores: 8}}", "SLURMCluster", (64, 64)),
        ("{kind: pbs, max_workers: 64, options: {cores: 8}}", "PBSCluster", (0, 64)),
        ("{kind: slurm, min_workers: 2, max_workers: 9, options: {cores: 1}}", None, (2, 9)),
    ],
)
def test_jobs_come_and_go_between_two_numbers_of_workers(made, text, kind, bounds):
    with cluster.open_cluster(settings_of(text)) as client:
        assert client.scheduler_info(n_workers=-1)["workers"]
        assert client.cluster is None  # lost workers are the queue's to replace
    assert made["kind"] == (kind or "SLURMCluster")
    assert (made["minimum"], made["maximum"]) == bounds
    assert made["closed"]


def test_options_are_passed_on_and_every_worker_has_one_thread(made):
    text = (
        "{kind: slurm, workers: 8, options: {queue: short, cores: 8, memory: 16GB,"
        " job_script_prologue: [module load python]}}"
    )
    with cluster.open_cluster(settings_of(text)):
        pass
    options = made["options"]
    assert options.pop("job_script_prologue")[-1] == "module load python"
    assert options == {"queue": "short", "cores": 8, "memory": "16GB", "processes": 8}


def test_jobs_keep_the_memory_that_they_will_need_again(made):
    with cluster.open_cluster(settings_of("{kind: pbs, workers: 1, options: {cores: 1}}")):
        pass
    prologue = made["options"]["job_script_prologue"]
    assert prologue[0] == f"export MALLOC_TRIM_THRESHOLD_={1 << 30}"


def test_a_run_on_jobs_is_a_run(made, recipe, lake):
    settings = ClusterSettings(kind="slurm", workers=2, options={"cores": 1})
    summary = run_recipe(recipe.model_copy(update={"cluster": settings}), lake)
    assert summary.materials_computed == 3
    assert cluster.worker_count(settings) == 2
    assert cluster.worker_device(settings, "auto") == "auto"


def test_without_dask_jobqueue_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    settings = ClusterSettings(kind="slurm", workers=1)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[hpc\]'"),
        cluster.open_cluster(settings),
    ):
        pass


@pytest.mark.parametrize(("kind", "command"), [("slurm", "sbatch"), ("pbs", "qsub")])
def test_where_no_jobs_can_be_submitted_the_command_is_named(made, monkeypatch, kind, command):
    monkeypatch.setattr(job_queue.shutil, "which", lambda _command: None)
    settings = ClusterSettings(kind=kind, workers=1, options={"cores": 1})
    with (
        pytest.raises(SettingsError, match=f"{kind} but there is no command {command}"),
        cluster.open_cluster(settings),
    ):
        pass
    assert not made


def test_options_that_dask_jobqueue_does_not_take_are_told_in_one_line(made):
    settings = settings_of("{kind: pbs, workers: 1}")
    with (
        pytest.raises(SettingsError, match=r"must specify how many cores.*correct cluster.options"),
        cluster.open_cluster(settings),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{kind: slurm}", "cluster: the kind slurm needs workers or max_workers"),
        ("{kind: local, max_workers: 3}", "cluster: max_workers is for the kinds slurm and pbs"),
        (
            "{kind: auto, options: {cores: 1}}",
            "cluster: options are for the kinds cuda, slurm and pbs",
        ),
        ("{kind: pbs, min_workers: 3, max_workers: 2}", "min_workers is more than there may be"),
        ("{kind: pbs, nodes: 3}", "unknown key cluster.nodes"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(text, words):
    with pytest.raises(SettingsError, match=words):
        settings_of(text)
