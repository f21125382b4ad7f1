"""Dask workers: GPUs, the processor's cores, jobs of a queue, or those of a running scheduler."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ionlake.errors import ClusterError, MissingExtraError, SettingsError
from ionlake.pipeline.admission import require_workers
from ionlake.pipeline.job_queue import QUEUES, job_cluster
from ionlake.pipeline.recipe import ClusterSettings

# Dask has its workers give freed memory back above 64 kB. For tensors this means system calls and
# page faults at every layer and 1.7 times the time per energy; so they keep what they will need.
_WORKER_ENVIRONMENT: Final = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
_PRE_SPAWN: Final = "distributed.nanny.pre-spawn-environ."

# A worker that was killed starts again by itself, unless Dask gives it up meanwhile; on a busy
# machine the start takes longer than Dask's 15 s.
_PATIENCE: Final = {"distributed.deploy.lost-worker-timeout": "120s"}
_STARTS: Final = 3


@contextmanager
def open_cluster(settings: ClusterSettings) -> Iterator[Any]:
    """A Dask client on the cluster the settings ask for, closed at the end of the block.

    Every worker has one thread: two processes of one thread do twice the work of one of two. All
    workers must see the lake's folder under the same path, because they write grids into it.

    Raises:
        SettingsError: If a GPU is asked for and none is there, or the scheduler does not answer.
        ClusterError: If the workers die while they start, or one that is there has another
            ionlake (`WorkerRefusedError`).
        MissingExtraError: If the packages for such a cluster are not installed.
    """
    import dask
    from distributed import Client

    if not logging.getLogger("ionlake").isEnabledFor(logging.DEBUG):
        for name in ("distributed", "distributed.client"):  # the latter has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)
    if settings.kind == "address":
        with _connect(str(settings.address)) as client:
            require_workers(client)
            yield client
        return
    if settings.kind in QUEUES:
        cluster = job_cluster(settings, _WORKER_ENVIRONMENT)
        # By its address, as that of others: its workers may be long in coming, and are replaced.
        with cluster, Client(cluster.scheduler_address, security=cluster.security) as client:
            yield client
        return
    kind = resolve_kind(settings.kind)
    start = _cuda_cluster if kind == "cuda" else _cpu_cluster
    with dask.config.set(_PATIENCE):
        with _deaf_to_interrupts():
            cluster = _started(lambda: start(settings))
        with cluster, Client(cluster) as client:
            yield client


def replenish(client: Any) -> None:
    """Start lost workers of a cluster of our own again; others look after theirs.

    Args:
        client: From `open_cluster`.
    """
    if client.cluster is not None:
        client.cluster.scale(len(client.cluster.worker_spec))


def resolve_kind(kind: str) -> str:
    """Turn ``auto`` into ``cuda`` where a GPU is visible, else into ``local``."""
    if kind != "auto":
        return kind
    return "cuda" if _gpu_count() else "local"


def worker_count(settings: ClusterSettings) -> int:
    """Number of workers a run would have now; at least one.

    Raises:
        SettingsError: If the scheduler that the settings name does not answer.
    """
    if settings.kind in QUEUES:
        return settings.workers or settings.max_workers or 1
    if settings.kind == "address":
        with _connect(str(settings.address)) as client:
            return max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    if resolve_kind(settings.kind) == "cuda":
        return max(1, min(settings.workers or _gpu_count(), _gpu_count()))
    return settings.workers or usable_cores()


def worker_device(settings: ClusterSettings, device: str) -> str:
    """The device workers load the potential on, given what the recipe asks for.

    Workers of a local processor cluster stay on the processor unless a GPU is named.
    """
    if device != "auto" or settings.kind in {"address", *QUEUES}:
        return device
    return "cuda" if resolve_kind(settings.kind) == "cuda" else "cpu"


def _started(start: Callable[[], Any]) -> Any:
    """Start a cluster, anew if a worker dies before it is there.

    Raises:
        ClusterError: If none comes up however often it is tried.
    """
    for _ in range(_STARTS):
        try:
            return start()
        except RuntimeError as error:
            failure = error
    raise ClusterError(
        f"the workers died {_STARTS} times while they started ({failure.__cause__ or failure}): "
        "check the memory of the machine, or ask for fewer workers"
    ) from failure


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started in this block ignore Ctrl-C, which a terminal sends to all of a group.

    The run itself hears it and ends its workers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _gpu_count() -> int:
    import torch

    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def _cpu_cluster(settings: ClusterSettings) -> Any:
    import dask
    from distributed import LocalCluster

    environment = {f"{_PRE_SPAWN}{name}": value for name, value in _WORKER_ENVIRONMENT.items()}
    with dask.config.set(environment):
        return LocalCluster(
            n_workers=settings.workers or usable_cores(),
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )


def _cuda_cluster(settings: ClusterSettings) -> Any:
    count = _gpu_count()
    if not count:
        raise SettingsError("cluster is cuda but no GPU is visible: use cluster auto or local")
    try:
        from dask_cuda import LocalCUDACluster
    except ImportError as error:
        raise MissingExtraError(
            "cluster is cuda but dask-cuda cannot be imported: install dask-cuda and cuda-bindings"
        ) from error
    return LocalCUDACluster(
        CUDA_VISIBLE_DEVICES=list(range(min(settings.workers or count, count))),
        threads_per_worker=1,
        **({"dashboard_address": "127.0.0.1:0"} | dict(settings.options)),
    )


def _connect(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout="10s")
    except (OSError, TimeoutError, ValueError) as error:
        raise SettingsError(
            f"no Dask scheduler answers at {address}: start one with `dask scheduler`, or check "
            "the address"
        ) from error


def usable_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
