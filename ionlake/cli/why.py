"""``ionlake why``: what is current of a material, and what made the rest stale."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ionlake.cli.options import JsonOption, LakeOption, OfflineOption, lake_path
from ionlake.cli.output import print_table, to_json

if TYPE_CHECKING:
    from ionlake.pipeline.why import Explanation


def why(
    material: Annotated[str, typer.Argument(help="Identifier of a material.")],
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", help="Measure against this [default: the last run's recipe]."),
    ] = None,
    lake: LakeOption = None,
    offline: OfflineOption = False,
    json: JsonOption = False,
) -> None:
    """Say why a material is current, or which input made it stale.

    For its row, and its scan and descriptors with each potential; then its failures, and its
    tombstone if it has left its source. With --recipe the source is read and the row is compared
    with it.

    \b
    Examples:
      ionlake why LiF-225
      ionlake why mp-1138 --recipe my_recipe.yaml --json
    """
    from ionlake.pipeline.recipe import load_recipe
    from ionlake.pipeline.why import explain

    measure = None if recipe is None else load_recipe(recipe)
    found = explain(material, lake_path(lake), measure, offline=offline)
    if json:
        sys.stdout.write(to_json(asdict(found)) + "\n")
    else:
        _show(found)


def _show(found: "Explanation") -> None:
    print_table(
        ["stage", "potential", "state", "reason"],
        [
            [
                each.stage,
                each.potential,
                "current" if each.current else "stale",
                "; ".join(each.reasons),
            ]
            for each in found.stages
        ],
    )
    note = sys.stdout.write
    note(f"measured against the recipe {found.recipe}\n")
    for failure in found.failures:
        note(f"failed at {failure['stage']}, {failure['attempts']} times: {failure['message']}\n")
        if failure["quarantine_reason"]:
            note(f"quarantined: {failure['quarantine_reason']}\n")
    if found.tombstone is not None:
        note(f"gone since {found.tombstone['gone_at']:%Y-%m-%d}: {found.tombstone['reason']}\n")
