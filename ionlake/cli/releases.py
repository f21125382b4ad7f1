"""``ionlake releases`` and ``ionlake diff``: the lake's past."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ionlake.cli.options import JsonOption, LakeOption, lake_path
from ionlake.cli.output import print_table, size, to_json

if TYPE_CHECKING:
    from ionlake.lake.comparison import Comparison

_SHOWN: Final = 50
_NAMES: Final = 10


def releases(lake: LakeOption = None, json: JsonOption = False) -> None:
    """List the releases of the lake.

    Commands that ask the lake take --release to answer from an older one.

    \b
    Examples:
      ionlake releases
      ionlake releases --json
    """
    from ionlake.lake.history import list_releases
    from ionlake.lake.marker import find_lake

    found = list_releases(find_lake(lake_path(lake)))
    if json:
        sys.stdout.write(to_json([asdict(release) for release in found]) + "\n")
        return
    print_table(
        ["release", "current", "created (UTC)", "materials", "ranked", "ionlake", "size", "error"],
        [
            [
                each.number,
                "current" if each.current else "",
                None if each.created_at is None else f"{each.created_at:%Y-%m-%d %H:%M:%S}",
                each.materials,
                each.ranked,
                each.ionlake_version,
                size(each.size_bytes),
                each.error,
            ]
            for each in found
        ],
    )


def diff(
    before: Annotated[int, typer.Argument(help="Number of a release.")],
    after: Annotated[int, typer.Argument(help="Number of another, usually a later one.")],
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what changed between two releases: materials, structures, ranks, and why.

    Reasons: structure (the source has another one), model (another potential), settings (grid or
    scan), algorithm (a newer version), recomputed (all the same, another number), new, withdrawn,
    others (the material itself is as it was).

    \b
    Examples:
      ionlake diff 41 42
      ionlake diff 1 42 --json
    """
    from ionlake.catalog.access import open_releases
    from ionlake.lake.comparison import compare_releases

    with open_releases(lake_path(lake), before, after) as (one, other):
        compared = compare_releases(one, other)
    if json:
        sys.stdout.write(to_json(asdict(compared)) + "\n")
    else:
        _show(compared)


def _show(compared: "Comparison") -> None:
    write = sys.stdout.write
    write(f"release {compared.before} -> {compared.after}\n")
    for verb, names in (("came", compared.came), ("went", compared.went)):
        if names:
            more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            write(f"{len(names)} {verb}: {', '.join(names[:_NAMES])}{more}\n")
    changed = [[c.material_id, c.formula, _told(c.changed)] for c in compared.changed]
    _table("materials changed", ["material_id", "formula", "changed"], changed)
    moved = [
        [
            *(m.material_id, m.formula, m.mobile_species, m.grid_protocol, m.potential),
            *(m.xi_before, m.xi_after, m.rank_before, m.rank_after),
            ", ".join(m.reasons),
            _told(m.details),
        ]
        for m in compared.moved
    ]
    _table("places changed", _MOVED, moved)
    if not any((compared.came, compared.went, changed, moved)):
        write("nothing changed\n")


_MOVED: Final = [
    *("material_id", "formula", "mobile", "grid", "potential"),
    *("Xi before", "Xi after", "rank before", "rank after", "why", "details"),
]


def _table(title: str, names: list[str], rows: list[list[Any]]) -> None:
    if not rows:
        return
    sys.stdout.write(f"\n{len(rows)} {title}\n")
    print_table(names, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        sys.stdout.write(f"... and {len(rows) - _SHOWN} more: --json lists all\n")


def _told(changed: Mapping[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{name} {_short(a)} -> {_short(b)}" for name, (a, b) in changed.items())


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 20 else text[:8] + "…"
