"""The cluster factory; GPUs are pretended, since the code path differs only in the factory."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ionlake.errors import ClusterError, MissingExtraError, SettingsError
from ionlake.pipeline import cluster
from ionlake.pipeline.recipe import ClusterSettings


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(cluster, "_gpu_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(cluster, "_gpu_count", lambda: 0)


def test_auto_is_one_single_threaded_process_per_core_without_a_gpu(no_gpu):
    with cluster.open_cluster(ClusterSettings(workers=2)) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        assert [worker["nthreads"] for worker in workers] == [1, 1]
        assert client.dashboard_link.startswith("http://127.0.0.1")


def test_auto_is_cuda_with_a_gpu(two_gpus):
    assert cluster.resolve_kind("auto") == "cuda"
    assert cluster.worker_device(ClusterSettings(), "auto") == "cuda"


@pytest.mark.parametrize(
    ("kind", "asked", "device"),
    [
        ("local", "auto", "cpu"),
        ("local", "cuda:1", "cuda:1"),
        ("cuda", "auto", "cuda"),
        ("cuda", "cpu", "cpu"),
        ("address", "auto", "auto"),
    ],
)
def test_the_device_follows_the_cluster_unless_it_is_named(two_gpus, kind, asked, device):
    assert cluster.worker_device(ClusterSettings(kind=kind), asked) == device


@pytest.mark.parametrize(("workers", "devices"), [(None, [0, 1]), (1, [0]), (8, [0, 1])])
def test_one_worker_per_gpu(two_gpus, monkeypatch, workers, devices):
    made = {}

    class FakeCluster:
        def __init__(self, **options):
            made.update(options)

    monkeypatch.setitem(sys.modules, "dask_cuda", SimpleNamespace(LocalCUDACluster=FakeCluster))
    options = {"rmm_pool_size": 0.5, "device_memory_limit": "30GB"}
    cluster._cuda_cluster(ClusterSettings(kind="cuda", workers=workers, options=options))
    assert made.pop("CUDA_VISIBLE_DEVICES") == devices
    assert made == {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", **options}


def test_cuda_without_a_gpu_is_refused(no_gpu):
    with (
        pytest.raises(SettingsError, match="no GPU is visible"),
        cluster.open_cluster(ClusterSettings(kind="cuda")),
    ):
        pass


def test_cuda_without_dask_cuda_says_what_to_install(two_gpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_cuda", None)
    with pytest.raises(MissingExtraError, match="install dask-cuda"):
        cluster._cuda_cluster(ClusterSettings(kind="cuda"))


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    import distributed

    def refuse(*_args, **_options):
        raise OSError("refused")

    monkeypatch.setattr(distributed, "Client", refuse)
    settings = ClusterSettings(kind="address", address="tcp://127.0.0.1:1")
    with (
        pytest.raises(SettingsError, match="no Dask scheduler answers at tcp:"),
        cluster.open_cluster(settings),
    ):
        pass


@pytest.fixture
def starts(monkeypatch, no_gpu):
    """Outcomes of the coming starts of a cluster: None for workers that die meanwhile."""
    outcomes = []

    def start(**_):
        if (outcome := outcomes.pop(0)) is None:
            raise RuntimeError("Nanny failed to start.")
        return outcome

    monkeypatch.setattr("distributed.LocalCluster", start)
    monkeypatch.setattr("distributed.Client", nullcontext)
    return outcomes


def test_workers_that_die_while_they_start_are_started_again(starts):
    starts += [None, None, nullcontext()]
    with cluster.open_cluster(ClusterSettings(kind="local")):
        assert starts == []


def test_workers_that_always_die_while_they_start_are_an_error(starts):
    starts += [None] * 5
    with (
        pytest.raises(ClusterError, match=r"died 3 times .*Nanny failed.* fewer workers"),
        cluster.open_cluster(ClusterSettings(kind="local")),
    ):
        pass
