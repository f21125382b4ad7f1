"""``ionlake merge``: join lakes."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import JsonOption, LakeOption, lake_path
from ionlake.cli.output import print_table, to_json

if TYPE_CHECKING:
    from ionlake.catalog.merge import Merge


def merge(
    lakes: Annotated[list[str], typer.Argument(metavar="LAKE...", help="Lakes to take over from.")],
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Take over what other lakes have and this one lacks, and publish one release.

    Made for shards (see --shard of ionlake run) and for groups that join their lakes. The lakes
    named stay as they are; grids become hard links where they lie on the same disk. Every grid is
    compared with its SHA-256 first; a damaged one is left out. The newest kept answers of databases
    come along, so that --offline works. Nothing is taken out of the lake, and the same again does
    nothing. A lake is passed over as a whole while it is being written, if other versions of the
    algorithms made it, or if it has a material of the same name with another structure.

    Exit status: 0 all is here, 1 something was left out, 4 it was because a lake is being written,
    130 interrupted (the same again goes on).

    \b
    Examples:
      ionlake merge shards/* --lake /data/lake
      ionlake merge /data/theirs --lake /data/ours --json
    """
    from ionlake.catalog.merge import merge as join
    from ionlake.cli.counting import bar
    from ionlake.cli.run import ended_by_signals

    with ended_by_signals(), bar() as follow:
        done = join(lakes, lake_path(lake), follow)
    if json:
        sys.stdout.write(to_json(asdict(done) | {"complete": done.complete}) + "\n")
    else:
        _show(done)
    if status := _status(done):
        raise typer.Exit(status)


def _show(done: "Merge") -> None:
    names = ["lake", "materials", "scans", "descriptors"]
    names += ["dynamics", "labels", "failures", "summaries"]
    rows = [
        [t.lake, t.materials, t.scans, t.descriptions, t.md_runs, t.labels, t.failures, t.summaries]
        for t in done.taken
    ]
    if rows:
        print_table(names, rows)
    for each in done.taken:
        for problem in each.damaged:
            sys.stderr.write(f"left out: {problem}\n")
    for refused in done.refused:
        sys.stderr.write(f"passed over {refused.lake}: {refused.reason}\n")
    if done.interrupted:
        sys.stderr.write("interrupted: what was taken over is kept, merge again to go on\n")
    sys.stdout.write(f"release {done.release} of {done.lake}\n")


def _status(done: "Merge") -> ExitCode:
    if done.interrupted:
        return ExitCode.INTERRUPTED
    if any(each.damaged for each in done.taken) or not all(r.locked for r in done.refused):
        return ExitCode.ERROR
    return ExitCode.LOCKED if done.refused else ExitCode.OK
