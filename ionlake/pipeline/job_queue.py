"""Workers as jobs of SLURM or PBS, which a run submits through dask-jobqueue.

Jobs wait, end and come again as the queue has room. The scheduler of the workers lives in this
process; whoever needs no scheduler takes shards instead.
"""

import shutil
from typing import Any, Final

from ionlake.errors import MissingExtraError, SettingsError
from ionlake.pipeline.recipe import ClusterSettings

QUEUES: Final = ("slurm", "pbs")
"""Kinds of clusters whose workers are jobs."""

_CLUSTERS: Final = {"slurm": "SLURMCluster", "pbs": "PBSCluster"}
_SUBMIT: Final = {"slurm": "sbatch", "pbs": "qsub"}


def job_cluster(settings: ClusterSettings, environment: dict[str, str]) -> Any:
    """A cluster that submits jobs as long as there is work for their workers.

    Every worker has one thread, unless the options name other ``processes``. A worker whose job
    has ended is replaced.

    Args:
        settings: Of a kind of `QUEUES`.
        environment: What the processes of the workers must be started with.

    Raises:
        MissingExtraError: dask-jobqueue is not installed.
        SettingsError: It does not take these options, or no jobs can be submitted here.
    """
    try:
        import dask_jobqueue
    except ImportError as error:
        raise MissingExtraError(
            f"cluster is {settings.kind} but dask-jobqueue cannot be imported: pip install"
            " 'ionlake[hpc]'"
        ) from error
    _require_queue(settings.kind)
    options = dict(settings.options)
    if "cores" in options:
        options.setdefault("processes", options["cores"])
    exports = [f"export {name}={value}" for name, value in environment.items()]
    options["job_script_prologue"] = [*exports, *options.get("job_script_prologue", ())]
    try:
        cluster = getattr(dask_jobqueue, _CLUSTERS[settings.kind])(**options)
    except (TypeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise SettingsError(
            f"dask-jobqueue cannot make a cluster of the kind {settings.kind} ({told}): correct"
            " cluster.options, such as queue, cores, memory and walltime"
        ) from error
    most = settings.workers or settings.max_workers
    cluster.adapt(minimum=settings.workers or settings.min_workers, maximum=most)
    return cluster


def _require_queue(kind: str) -> None:
    """Refuse a queue to which nothing can be submitted from here."""
    command = _SUBMIT[kind]
    if shutil.which(command) is None:
        raise SettingsError(
            f"cluster is {kind} but there is no command {command} on this machine: run where jobs"
            " are submitted, or take cluster auto or local"
        )
