"""``ionlake plan``: what a run would do and take."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from ionlake.cli.options import JsonOption, OfflineOption, ShardOption, WorkersOption, chosen_shard
from ionlake.cli.output import (
    duration,
    fetched_note,
    print_table,
    size,
    to_json,
    waiting_note,
)
from ionlake.structures.sources.interface import SourceFollower

if TYPE_CHECKING:
    from ionlake.pipeline.forecast import ClassForecast, Forecast


def plan(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    lake: Annotated[
        str | None,
        typer.Option(
            "--lake", metavar="PATH", help="A lake whose finished work counts [default: none]."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Predict numbers of points instead of planning every scan."),
    ] = False,
    workers: WorkersOption = None,
    cores_per_gpu: Annotated[
        float | None,
        typer.Option(
            "--cores-per-gpu", min=1.0, help="How many cores one GPU is worth: ionlake doctor."
        ),
    ] = None,
    shard: ShardOption = None,
    offline: OfflineOption = False,
    json: JsonOption = False,
) -> None:
    """Show what a run of a recipe would do and how long it would take.

    By number of atoms: materials, those done already (with --lake), mobile ions to scan, grid
    points, points to evaluate, hours on one core, storage before compression; with an ensemble
    summed over its potentials. Then what cannot be used and why, the longest materials, hours on
    cores and on GPUs with their uncertainty, how far the work is after its first hour, and the time
    on the workers of the recipe. With --lake, predictions are corrected by what scans took there.

    \b
    Examples:
      ionlake plan quickstart
      ionlake plan my_recipe.yaml --lake /data/lake --workers 64
      ionlake plan my_recipe.yaml --quick --json
      ionlake plan my_recipe.yaml --shard 3/16
    """
    from ionlake.pipeline.preview import preview
    from ionlake.pipeline.recipe import load_recipe

    loaded = load_recipe(recipe)
    with _Bar() as bar:
        found = preview(
            loaded,
            lake,
            quick=quick,
            workers=workers,
            progress=bar.show,
            offline=offline,
            follower=bar,
            shard=chosen_shard(shard),
            cores_per_gpu=cores_per_gpu,
        )
    if json:
        sys.stdout.write(to_json(asdict(found)) + "\n")
    else:
        _show(found)


class _Bar(SourceFollower):
    """A bar on a terminal while scans are planned; lines while a database is read."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        quiet = not self._console.is_terminal
        self._progress = Progress(console=self._console, transient=True, disable=quiet)
        self._bar = self._progress.add_task("planning", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, n_planned: int, n_scans: int) -> None:
        """So many of so many scans are planned."""
        self._progress.update(self._bar, completed=n_planned, total=n_scans)

    def materials_fetched(self, n_done: int, n_total: int) -> None:
        """Say how far reading is."""
        self._console.print(fetched_note(n_done, n_total))

    def source_waits(self, reason: str, seconds: float) -> None:
        """Say why nothing happens."""
        self._console.print(waiting_note(reason, seconds))


def _show(found: "Forecast") -> None:
    names = ["atoms", "materials", "done", "to do", "ions to scan", "grid points", "points"]
    rows = [_row(each) for each in (*found.classes, found.total)]
    print_table([*names, "core-hours", "storage"], rows)
    note = sys.stdout.write
    n_unfit = sum(unfit.materials for unfit in found.unfit)
    note(f"\n{found.materials_read} materials read, {n_unfit} cannot be used")
    note(":\n" if n_unfit else "\n")
    for unfit in found.unfit:
        note(f"  {unfit.materials} {unfit.error} ({unfit.stage}), such as: {unfit.example}\n")
    if found.longest:
        note("longest:\n")
    several = len(found.potentials) > 1
    for each in found.longest:
        ids = ", ".join(each.material_ids)
        which = f" with {each.potential}" if several else ""
        took = duration(each.core_seconds)
        note(f"  {ids} {each.formula}, {each.n_sites} atoms{which}: {took}\n")
    for part in found.potentials if several else ():
        hours = f"{part.core_hours:.3g} core-hours for {part.points} points"
        note(f"{part.potential}, {part.evaluator}: {hours}\n")
    note(_uncertainty(found))
    for reached in found.milestones:
        after = f"after {duration(3600.0 * reached.hours)}, {reached.share:.1%} of the work"
        found_by_then = f"about {reached.promise_share:.0%} of those that turn out promising"
        note(f"{after}: {reached.materials} materials, {found_by_then}\n")
    (first, *_) = found.potentials
    who = "all" if several else f"{first.potential}, {first.evaluator}"
    how = "predicted from the crystals alone" if found.quick else "predicted from the planned scans"
    note(
        f"{who}: {duration(found.wall_seconds)} on "
        f"{found.workers} {'worker' if found.workers == 1 else 'workers'}, "
        f"longest task {duration(found.longest_task_s)}; {how}\n"
    )


def _uncertainty(found: "Forecast") -> str:
    low, high = found.core_hours_range
    gpu_low, gpu_high = found.gpu_hours_range
    held, gpu = found.held, found.gpu
    measured = (
        f"{held.scans} finished scans took {held.factor:.2f} times what was predicted"
        if held.scans
        else "no finished scans to compare with, see --lake"
    )
    told = "as told" if gpu.told else "assumed, ionlake doctor measures it"
    return (
        f"core-hours: {found.total.core_hours:.3g} ({low:.3g} to {high:.3g}; {measured})\n"
        f"GPU-hours: {gpu_low:.2g} to {gpu_high:.2g}"
        f" (one GPU does the work of {gpu.low:.3g} to {gpu.high:.3g} cores: {told})\n"
    )


def _row(sums: "ClassForecast") -> list[Any]:
    return [
        sums.atoms,
        sums.materials,
        sums.done,
        sums.to_do,
        "-" if sums.orbits is None else sums.orbits,
        sums.grid_points,
        sums.points,
        f"{sums.core_hours:.3g}",
        size(sums.storage_bytes),
    ]
