"""``ionlake verify``, ``repair``, ``prune`` and ``migrate``: keep a lake sound."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import JsonOption, LakeOption, lake_path
from ionlake.cli.output import print_table, size, to_json

if TYPE_CHECKING:
    from ionlake.lake.integrity.findings import Finding, Report
    from ionlake.lake.integrity.verify import Depth

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Change nothing, say what would be done.")
]
DeepOption = Annotated[
    bool, typer.Option("--deep", help="Read every byte, compute a sample again; takes longer.")
]
SampleOption = Annotated[
    int | None,
    typer.Option(
        "--sample", min=0, help="How many scans are computed again [default: 10 if deep, else 0]."
    ),
]
KeepOption = Annotated[int, typer.Option("--keep", min=1, help="How many releases stay.")]

_SAMPLE: Final = 10
_SHOWN: Final = 50


def verify(
    deep: DeepOption = False,
    sample: SampleOption = None,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Check that the lake is what its rows say; changes nothing, and needs no lock.

    Every grid that a row of the ledger or of a release names must be there, open and fit its row;
    releases must open, CURRENT must name the newest. With --deep every byte is compared with the
    digest taken when it was written, every number is read, and some scans are described and
    evaluated again. Files that no row names are listed; they do no harm.

    Exit status: 0 sound, 1 something is wrong.

    \b
    Examples:
      ionlake verify
      ionlake verify --deep --sample 100 --json
    """
    from ionlake.cli.counting import bar
    from ionlake.lake.integrity.verify import verify_lake
    from ionlake.lake.marker import find_lake

    layout = find_lake(lake_path(lake))
    with bar() as follow:
        report = verify_lake(layout, _depth(deep, sample), progress=follow)
    if json:
        sys.stdout.write(to_json(_facts(report)) + "\n")
    else:
        _show_report(report)
    if not report.clean:
        raise typer.Exit(ExitCode.ERROR)


def repair(
    dry_run: DryRunOption = False,
    deep: DeepOption = False,
    sample: SampleOption = None,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Mend what verify finds, as the lake's writer; nothing is deleted.

    Scans whose grids are lost or damaged are withdrawn, so that the next run computes them again;
    CURRENT is pointed at the newest good release; files that nothing names and damaged releases
    are moved to the folder trash of the lake. The repair is noted in the table runs.

    \b
    Examples:
      ionlake repair --dry-run
      ionlake repair --deep
    """
    from ionlake.catalog import upkeep
    from ionlake.cli.counting import bar

    with bar() as follow:
        done = upkeep.repair(
            lake_path(lake), _depth(deep, sample), dry_run=dry_run, progress=follow
        )
    if json:
        facts = {"dry_run": dry_run, "trash": done.trash, "deeds": [asdict(d) for d in done.deeds]}
        sys.stdout.write(to_json(facts | {"notes": done.report.notes}) + "\n")
        return
    _table(
        ["deed", "where", "why"], [[d.verb.replace("_", " "), d.where, d.why] for d in done.deeds]
    )
    _write_notes(done.report.notes)
    if not done.deeds:
        sys.stdout.write("nothing to repair\n")
    elif dry_run:
        sys.stdout.write("nothing was changed: run again without --dry-run\n")
    else:
        kept = f"; what was moved lies in {done.trash}" if done.trash else ""
        sys.stdout.write(f"{len(done.deeds)} deeds done{kept}\n")


def prune(
    keep: KeepOption,
    dry_run: DryRunOption = False,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Drop old releases, and what neither the ledger nor a kept release names.

    That is grids and trajectories, and kept answers of databases that a newer answer to the same
    question replaces. The current release always stays. This deletes: look with --dry-run first.
    Readers that still have a dropped release open keep its tables, but may miss grids.

    \b
    Examples:
      ionlake prune --keep 10 --dry-run
      ionlake prune --keep 10
    """
    from ionlake.catalog import upkeep

    pruning = upkeep.prune(lake_path(lake), keep, dry_run=dry_run)
    if json:
        sys.stdout.write(to_json({"dry_run": dry_run} | asdict(pruning)) + "\n")
        return
    would = "would drop" if dry_run else "dropped"
    sys.stdout.write(
        f"{would} {len(pruning.releases)} releases, {len(pruning.grids)} grids,"
        f" {len(pruning.trajectories)} trajectories and {len(pruning.summaries)} kept answers of"
        f" databases, {size(pruning.freed_bytes)}; kept releases"
        f" {', '.join(map(str, pruning.kept))}\n"
    )


def migrate(lake: LakeOption = None, json: JsonOption = False) -> None:
    """Bring a lake that an older ionlake made to the current format.

    Nothing is computed again and nothing is removed; a migration that was cut off is run again.

    \b
    Examples:
      ionlake migrate --lake /data/lake
    """
    from ionlake.cli.counting import bar
    from ionlake.lake.marker import FORMAT_VERSION, find_lake
    from ionlake.lake.migrations import migrate_lake

    layout = find_lake(lake_path(lake))
    with bar() as follow:
        steps = migrate_lake(layout, follow)
    if json:
        taken = [
            {"from": step.start, "to": step.start + 1, "summary": step.summary} for step in steps
        ]
        sys.stdout.write(to_json({"format_version": FORMAT_VERSION, "steps": taken}) + "\n")
        return
    for step in steps:
        sys.stdout.write(f"format {step.start} -> {step.start + 1}: {step.summary}\n")
    if not steps:
        sys.stdout.write(f"the lake has format {FORMAT_VERSION} already, nothing to migrate\n")


def _depth(deep: bool, sample: int | None) -> "Depth":
    from ionlake.lake.integrity.verify import Depth

    default = _SAMPLE if deep else 0
    return Depth(deep=deep, sample=default if sample is None else sample)


def _facts(report: "Report") -> dict[str, object]:
    return {
        "clean": report.clean,
        "checked": report.checked,
        "findings": [asdict(found) | {"harmless": found.harmless} for found in report.findings],
        "notes": report.notes,
    }


def _show_report(report: "Report") -> None:
    _table(
        ["kind", "where", "what", "remedy"],
        [_cells(found) for found in report.findings],
    )
    _write_notes(report.notes)
    looked = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in report.checked.items())
    wrong = sum(not found.harmless for found in report.findings)
    harmless = len(report.findings) - wrong
    verdict = f"{wrong} problems" if wrong else "sound"
    aside = f", {harmless} harmless remains" if harmless else ""
    sys.stdout.write(f"{verdict}{aside}; looked at {looked or 'the ledger'}\n")


def _cells(found: "Finding") -> list[str]:
    releases = f" (release {', '.join(map(str, found.releases))})" if found.releases else ""
    return [found.kind.replace("_", " "), found.where + releases, found.what, found.remedy]


def _table(names: list[str], rows: list[list[str]]) -> None:
    if rows:
        print_table(names, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        sys.stdout.write(f"... and {len(rows) - _SHOWN} more: --json lists all\n")


def _write_notes(notes: Iterable[str]) -> None:
    for note in notes:
        sys.stderr.write(f"note: {note}\n")
