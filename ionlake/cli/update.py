"""``ionlake update``: follow a source."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

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
from ionlake.cli.output import print_table, to_json
from ionlake.cli.run import carry_out, chosen_recipe

if TYPE_CHECKING:
    from ionlake.pipeline.dry_run import DryRun


def update(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    lake: LakeOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done and why; change nothing.")
    ] = False,
    failed_only: Annotated[
        bool,
        typer.Option("--failed-only", help="Compute only what failed before, quarantined or not."),
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try quarantined materials again beside the others.")
    ] = False,
    max_hours: Annotated[
        float | None, typer.Option("--max-hours", min=0.0, help="Stop cleanly after this time.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Compute at most so many, cheap and promising first."),
    ] = None,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    shard: ShardOption = None,
    profile: ProfileOption = None,
    offline: OfflineOption = False,
    json: JsonOption = False,
) -> None:
    """Make a lake follow the source of a recipe.

    New materials and changed structures are computed; changed properties change a row; materials
    that have left the source leave the rankings and get a tombstone, nothing is deleted. Then one
    release is published; if nothing has changed, none. Made for schedules: see pipelines/schedules.

    Exit status: 0 done or nothing to do, 3 some materials failed, 4 another process writes to the
    lake, 5 the source cannot be read, 130 interrupted (finished work is kept).

    \b
    Examples:
      ionlake update my_recipe.yaml --dry-run
      ionlake update my_recipe.yaml --lake /data/lake --max-hours 6
      ionlake update my_recipe.yaml --failed-only
    """
    from ionlake.pipeline.options import RunOptions

    chosen = chosen_recipe(recipe, cluster, workers)
    options = RunOptions(
        mirror=True,
        failed_only=failed_only,
        retry=retry,
        max_seconds=None if max_hours is None else 3600.0 * max_hours,
        limit=limit,
        shard=chosen_shard(shard),
        profile=profile,
    )
    if not dry_run:
        carry_out(chosen, lake, options, offline=offline, json=json)
        return
    from ionlake.pipeline.dry_run import dry_run as foresee

    found = foresee(chosen, lake_path(lake), options, offline=offline)
    if json:
        sys.stdout.write(to_json(asdict(found)) + "\n")
    else:
        _show(found)


def _show(found: "DryRun") -> None:
    if found.materials:
        print_table(
            ["material", "change", "stages", "reason"],
            [
                [each.material_id, each.change, " ".join(each.stages), "; ".join(each.reasons)]
                for each in found.materials
            ],
        )
    counts = ", ".join(f"{count} {kind}" for kind, count in found.changes.items() if count)
    sys.stdout.write(
        f"{found.materials_read} materials read: {counts or 'none of use'}; "
        f"{found.materials_failed} cannot be used, {len(found.quarantined)} quarantined, "
        f"{found.materials_pending} left for later\n"
    )
