"""``ionlake quickstart`` and ``ionlake run``: fill a lake. What all commands that compute share."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import (
    ClusterOption,
    JsonOption,
    LakeOption,
    OfflineOption,
    ProfileOption,
    ShardOption,
    WorkersOption,
    chosen_shard,
    lake_path,
)
from ionlake.cli.output import Format, to_json, write_arrow
from ionlake.cli.query import has_intervals, intervals_sql, ranking_sql

if TYPE_CHECKING:
    from ionlake.pipeline.options import RunOptions
    from ionlake.pipeline.recipe import ClusterSettings, Recipe
    from ionlake.pipeline.report import RunSummary

_SHOWN: Final = 20
_SAME_REQUEST_S: Final = 5.0


def quickstart(
    lake: LakeOption = None,
    every: Annotated[bool, typer.Option("--all", help="Take every bundled crystal.")] = False,
    mobile: Annotated[str, typer.Option("--mobile", help="Element that moves: Li, Na, Mg.")] = "Li",
    workers: WorkersOption = None,
    json: JsonOption = False,
) -> None:
    """Scan the bundled crystals, rank them, open the catalog.

    Takes those of at most 12 atoms with SevenNet-0; --all takes every bundled crystal.

    \b
    Examples:
      ionlake quickstart
      ionlake quickstart --mobile Na
      ionlake quickstart --all --lake /data/first-lake
    """
    recipe = chosen_recipe("bundled" if every else "quickstart", None, workers)
    scan = replace(recipe.scan, mobile_species=mobile)
    carry_out(recipe.model_copy(update={"scan": scan}), lake, json=json)


def run(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    lake: LakeOption = None,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    shard: ShardOption = None,
    profile: ProfileOption = None,
    offline: OfflineOption = False,
    json: JsonOption = False,
) -> None:
    """Compute what a lake lacks of a recipe.

    What is there already is not computed again, and nothing is taken out of the rankings: ionlake
    update does the same and marks what has left the source.

    Exit status: 0 all done, 3 some materials failed (see the table failures), 4 another process
    writes to the lake, 5 the source cannot be read, 130 interrupted (finished work is kept).

    \b
    Examples:
      ionlake run quickstart
      ionlake run my_recipe.yaml --lake /data/lake --cluster tcp://scheduler:8786
      ionlake run materials_project --offline
      ionlake run my_recipe.yaml --lake shards/3 --shard 3/16
    """
    from ionlake.pipeline.options import RunOptions

    options = RunOptions(shard=chosen_shard(shard), profile=profile)
    carry_out(chosen_recipe(recipe, cluster, workers), lake, options, offline=offline, json=json)


def chosen_recipe(name: str, cluster: str | None, workers: int | None) -> "Recipe":
    """A recipe by name or path, on the cluster that the command's options ask for."""
    from ionlake.pipeline.recipe import load_recipe

    recipe = load_recipe(name)
    settings = cluster_settings(recipe.cluster, cluster, workers)
    return recipe.model_copy(update={"cluster": settings})


def carry_out(
    recipe: "Recipe",
    lake: str | None,
    options: "RunOptions | None" = None,
    *,
    offline: bool = False,
    json: bool,
) -> None:
    """Run a recipe, show what came of it, and end with its exit status.

    Args:
        recipe: The recipe.
        lake: Folder or URL of the lake, if one was named.
        options: How far the run goes.
        offline: Read what the lake keeps of the database.
        json: Show the summary as JSON.
    """
    from ionlake.cli.progress import ProgressReporter
    from ionlake.pipeline.run import run_recipe

    with ended_by_signals(), ProgressReporter() as reporter:
        summary = run_recipe(recipe, lake_path(lake), reporter, options, offline=offline)
    if json:
        told = asdict(summary) | {"interrupted": summary.interrupted}
        sys.stdout.write(to_json(told) + "\n")
    else:
        _show(summary)
    if summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if summary.materials_failed:
        raise typer.Exit(ExitCode.PARTIAL)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within the block Ctrl-C and a request to terminate (systemd, SLURM, kill) end the run.

    Several often come at once, to a process and to its group. Those within a few seconds of the
    first are passed over, so that the clean end it began is not cut short; later ones are heard.
    """
    heard = float("-inf")

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal heard
        if time.monotonic() - heard > _SAME_REQUEST_S:
            heard = time.monotonic()
            raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def cluster_settings(
    settings: "ClusterSettings", cluster: str | None, workers: int | None
) -> "ClusterSettings":
    """Where the work is done, as the recipe says unless the command's options say otherwise.

    Args:
        settings: Those of the recipe.
        cluster: A word or an address.
        workers: Number of local workers.
    """
    from ionlake.pipeline.recipe import cluster_from_word

    settings = settings if cluster is None else cluster_from_word(cluster)
    return settings if workers is None else settings.model_copy(update={"workers": workers})


def _show(summary: "RunSummary") -> None:
    """The best of the lake by SQL, and how to go on."""
    from ionlake.catalog.access import open_lake

    note = sys.stderr.write
    note(
        f"{summary.materials_computed} computed, {summary.materials_reused} reused, "
        f"{summary.materials_failed} failed; {summary.energies_evaluated} energies in "
        f"{summary.wall_seconds:.0f} s\n"
    )
    if summary.interrupted:
        note("interrupted: what was done is kept, run again to go on\n")
    if summary.materials_quarantined:
        note(f"{summary.materials_quarantined} quarantined, see quarantine_reason in failures\n")
    if summary.changes["gone"]:
        note(f"{summary.changes['gone']} have left their source, see tombstones\n")
    if summary.materials_pending:
        note(f"{summary.materials_pending} are still to be computed\n")
    if summary.release is None:
        return
    with open_lake(summary.lake) as opened:
        best = opened.arrow(ranking_sql("all"), [_SHOWN])
        if best.num_rows:
            note(f"release {opened.release} of {opened.path}, best by Ξ:\n")
            write_arrow(best, Format.TABLE)
        else:
            note(f"release {opened.release} of {opened.path} ranks nothing yet, see failures\n")
        if has_intervals(opened):
            note("places and Ξ over all potentials (ionlake rank --intervals):\n")
            write_arrow(opened.arrow(intervals_sql("all"), [_SHOWN]), Format.TABLE)
        entries = ", ".join(opened.catalog())
        note(f"Intake catalog {opened.path / 'catalog.yaml'}: {entries}\n")
    note(f"next: ionlake rank, ionlake query or ionlake status with --lake {summary.lake}\n")
