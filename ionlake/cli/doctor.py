"""``ionlake doctor``: whether this machine is fit for scans."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import JsonOption
from ionlake.cli.output import print_table, to_json

if TYPE_CHECKING:
    from ionlake.pipeline.doctor.checkup import Checkup


def doctor(
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="How long each device is tried, s.")
    ] = 10.0,
    potential: Annotated[str, typer.Option("--potential", help="Potential to try.")] = "sevennet-0",
    json: JsonOption = False,
) -> None:
    """Check this machine: versions, GPUs, a real scan on each device, what to put in a recipe.

    Each device evaluates one ion of a crystal of 28 atoms for some seconds; some of the energies
    are compared with the plain network in float64 on the processor. Status 1 if something is wrong.

    \b
    Examples:
      ionlake doctor
      ionlake doctor --seconds 3 --json
    """
    from ionlake.pipeline.doctor.checkup import examine

    found = examine(seconds, potential, say=lambda line: sys.stderr.write(f"{line}\n"))
    if json:
        sys.stdout.write(to_json(asdict(found)) + "\n")
    else:
        _show(found)
    if found.problems:
        raise typer.Exit(ExitCode.ERROR)


def _show(found: "Checkup") -> None:
    print_table(
        ["package", "version"],
        [[name, number or "missing"] for name, number in found.versions.items()],
    )
    built = f"torch is built for CUDA {found.cuda}" if found.cuda else "torch is built without CUDA"
    sys.stdout.write(
        f"\n{found.processor}: {found.cores} cores, {found.memory_gb:.0f} GB of memory\n{built}\n"
    )
    if not found.gpus:
        sys.stdout.write("no GPU: scans run on the processor, one process per core\n")
    for gpu in found.gpus:
        sys.stdout.write(
            f"{gpu.device}: {gpu.name}, {gpu.memory_gb:.0f} GB, {gpu.free_gb:.0f} GB free\n"
        )
    sys.stdout.write("\n")
    print_table(
        ["device", "points_per_s", "preparing_s", "error_ev"],
        [[t.device, t.points_per_s, t.preparing_s, t.error_ev] for t in found.trials],
    )
    for trial, worth in zip(found.trials[1:], found.cores_per_gpu, strict=True):
        if worth is not None:
            sys.stdout.write(
                f"\n{trial.device} does the work of {worth:.0f} cores:"
                f" ionlake plan --cores-per-gpu {worth:.0f}\n"
            )
    for problem in found.problems:
        sys.stdout.write(f"\nwrong: {problem}\n")
    settings = ", ".join(f"{key}: {value}" for key, value in found.recipe["cluster"].items())
    rate = "" if found.points_per_s is None else f"  # about {found.points_per_s:.0f} points/s"
    sys.stdout.write(f"\nIn a recipe for this machine:\n\ncluster: {{{settings}}}{rate}\n")
