"""The whole of a check-up: versions, processor, GPUs, trials, and what follows for recipes."""

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from ionlake.pipeline.cluster import usable_cores
from ionlake.pipeline.doctor.trial import Trial, try_device

PACKAGES: Final = (
    *("ionlake", "torch", "sevenn", "numba", "numpy", "dask", "distributed", "dask-cuda"),
    *("cuda-bindings", "xarray", "zarr", "duckdb", "intake", "pymatgen", "mp-api"),
)
_GB: Final = 1e9


@dataclass(frozen=True)
class Gpu:
    """A GPU that torch sees.

    Attributes:
        device: ``cuda:N``.
        name: Its name.
        memory_gb: Its memory, GB.
        free_gb: What of it is free now, GB.
    """

    device: str
    name: str
    memory_gb: float
    free_gb: float


@dataclass(frozen=True)
class Checkup:
    """What was found.

    Attributes:
        versions: Of Python and packages, None where one is missing.
        cuda: Version of CUDA that torch was built for, None for a build without.
        processor: Its name.
        cores: Cores this process may use.
        memory_gb: Memory that this process may use, GB.
        gpus: The GPUs that torch sees.
        trials: One on the processor, one on each GPU.
        problems: What keeps the machine, or a part of it, from working.
        recipe: What a recipe for this machine should say.
        points_per_s: Energies a second of the whole machine with that recipe, as predicted.
    """

    versions: Mapping[str, str | None]
    cuda: str | None
    processor: str
    cores: int
    memory_gb: float
    gpus: tuple[Gpu, ...]
    trials: tuple[Trial, ...]
    problems: tuple[str, ...]
    recipe: Mapping[str, Any]
    points_per_s: float | None

    @property
    def cores_per_gpu(self) -> list[float | None]:
        """How many cores each GPU stands for, None for one that did not work."""
        core, *gpus = (trial.points_per_s for trial in self.trials)
        return [each / core if each and core else None for each in gpus]


def examine(
    seconds: float = 10.0,
    potential: str = "sevennet-0",
    say: Callable[[str], object] = lambda _line: None,
) -> Checkup:
    """Examine this machine; takes the time of a few trials.

    Args:
        seconds: How long each device shall work.
        potential: Name of the potential.
        say: Told what is done next.
    """
    import torch
    from distributed.system import MEMORY_LIMIT

    gpus, name, cores = find_gpus(), processor_name(), usable_cores()
    trials = []
    for device, called in (("cpu", name), *((gpu.device, gpu.name) for gpu in gpus)):
        say(f"trying {device} ({called}) for {seconds:g} s")
        trials.append(try_device(device, called, seconds, potential))
    versions = {"python": platform.python_version()} | {each: _version(each) for each in PACKAGES}
    recipe, points_per_s = advise(trials, cores)
    return Checkup(
        versions=versions,
        cuda=torch.version.cuda,
        processor=name,
        cores=cores,
        memory_gb=MEMORY_LIMIT / _GB,
        gpus=gpus,
        trials=tuple(trials),
        problems=tuple(_problems(versions, gpus, trials, driver=has_driver())),
        recipe=recipe,
        points_per_s=points_per_s,
    )


def advise(trials: Sequence[Trial], cores: int) -> tuple[dict[str, Any], float | None]:
    """What a recipe should say about the cluster, and energies a second with it.

    One process works on each GPU, or on each core; whichever of the two is faster in all.

    Args:
        trials: One on the processor, the first, and one on each GPU.
        cores: Number of cores.
    """
    processor, *gpus = trials
    useful = [each.points_per_s for each in gpus if each.problem is None and each.points_per_s]
    on_gpus, on_cores = sum(useful), cores * (processor.points_per_s or 0.0)
    if on_gpus > on_cores:
        return {"cluster": {"kind": "cuda", "workers": len(useful)}}, on_gpus
    return {"cluster": {"kind": "local", "workers": cores}}, on_cores or None


def find_gpus() -> tuple[Gpu, ...]:
    """The GPUs that torch sees."""
    import torch

    if not torch.cuda.is_available():
        return ()
    found = []
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        name = torch.cuda.get_device_name(number)
        found.append(Gpu(f"cuda:{number}", name, total / _GB, free / _GB))
    return tuple(found)


def has_driver() -> bool:
    """Whether the machine has a driver for NVIDIA's GPUs, hence presumably a GPU."""
    return Path("/proc/driver/nvidia/version").exists()


def processor_name() -> str:
    """Name of the processor as the system gives it."""
    listed = Path("/proc/cpuinfo")
    for line in listed.read_text().splitlines() if listed.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _problems(
    versions: Mapping[str, str | None],
    gpus: Sequence[Gpu],
    trials: Iterable[Trial],
    *,
    driver: bool,
) -> list[str]:
    said = [f"{each.device}: {each.problem}" for each in trials if each.problem is not None]
    if driver and not gpus:
        said.append(
            "there is a driver for GPUs but torch sees none: install a build of torch for CUDA,"
            " and look at CUDA_VISIBLE_DEVICES"
        )
    if gpus and versions["dask-cuda"] is None:
        said.append("dask-cuda is missing, which gives each GPU a worker: pip install dask-cuda")
    return said
