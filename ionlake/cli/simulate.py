"""``ionlake simulate``: a run on many workers, in virtual time."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ionlake.cli.counting import bar
from ionlake.cli.options import JsonOption
from ionlake.cli.output import duration, print_table, to_json

if TYPE_CHECKING:
    from ionlake.pipeline.simulation.simulate import Simulated

_WORKERS = (64, 512)


def simulate(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    workers: Annotated[
        list[int] | None,
        typer.Option(
            "--workers", min=1, help="Number of workers; may be given again [default: 64 512]."
        ),
    ] = None,
    write_every: Annotated[
        int, typer.Option("--write-every", min=0, help="Really write one grid in so many; 0 none.")
    ] = 20,
    json: JsonOption = False,
) -> None:
    """Simulate a run of a recipe, into an empty lake, on many workers.

    Everything but the workers is real: what is decided, sent, committed and published takes the
    time it takes here. Workers take the predicted time, with chance deviations, and waits are left
    out. Shows how long the run takes, how well workers are used, what the tail costs, and whether
    the one process that writes to the lake keeps up.

    \b
    Examples:
      ionlake simulate my_recipe.yaml
      ionlake simulate my_recipe.yaml --workers 64 --workers 512 --json
    """
    from ionlake.pipeline.recipe import load_recipe
    from ionlake.pipeline.simulation.simulate import simulate as simulated

    loaded = load_recipe(recipe)
    with bar() as progress:
        found = [
            simulated(loaded, count, write_every=write_every, progress=progress)
            for count in workers or _WORKERS
        ]
    if json:
        sys.stdout.write(to_json([asdict(each) for each in found]) + "\n")
    else:
        print_table(["", *(f"{each.workers} workers" for each in found)], _rows(found))


def _rows(found: "list[Simulated]") -> list[list[str]]:
    told = [_told(each) for each in found]
    return [[name, *(each[name] for each in told)] for name in told[0]]


def _told(one: "Simulated") -> dict[str, str]:
    limits = one.limits_per_min
    longest = f", the longest {one.release_s:.1f} s" if one.releases else ""
    all_grids = "unknown" if one.grids_gb is None else f"{one.grids_gb:.1f} GB"
    each = f", {one.grid_ms:.0f} ms each" if one.grids_written else ""
    return {
        "materials": f"{one.materials}",
        "tasks": f"{one.tasks}",
        "core-hours": f"{one.core_hours:.4g}",
        "duration": duration(3600.0 * one.wall_hours),
        "of it reading and deciding": duration(one.preparing_s),
        "workers at work": f"{one.busy_share:.1%}",
        "tail": f"{duration(one.tail_s)}, {one.tail_idle_share:.1%} of all worker time",
        "writer at work": f"{one.writer_share:.1%}, {one.writer_ms:.1f} ms a material",
        "scheduler at work": f"{one.scheduler_share:.1%}",
        "longest wait for the writer": f"{one.longest_wait_s:.2f} s",
        "busiest minute": f"{one.peak_materials_per_min} materials",
        "could do a minute": ", ".join(f"{name} {rate:.0f}" for name, rate in limits.items()),
        "bottleneck": one.bottleneck,
        "releases on the way": f"{one.releases}{longest}",
        "last release": f"{one.last_release_s:.1f} s",
        "sent, received": f"{one.sent_mb:.0f} MB, {one.received_mb:.0f} MB",
        "grids written": f"{one.grids_written}{each}",
        "all grids, staged blocks": f"{all_grids}, {one.staged_gb:.1f} GB",
        "ledger, release": f"{one.ledger_mb:.0f} MB, {one.release_mb:.0f} MB",
        "simulated in": f"{duration(one.real_s)}, {one.speed:.0f} times as fast as real,"
        f" {one.worker_speed:.0f} times with all workers added up",
    }
