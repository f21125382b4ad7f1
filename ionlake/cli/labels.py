"""``ionlake labels``: measured and computed conductivities in the lake."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import print_table, to_json

if TYPE_CHECKING:
    from ionlake.pipeline.labels import LabelReport

labels = typer.Typer(
    name="labels",
    help="Measured and computed conductivities: import them, match them to materials, list them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SetOption = Annotated[
    str | None, typer.Option("--labels", help="Name of one set of labels [default: all].")
]

_SHOWN: Final = 5


@labels.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(help="Table of conductivities, CSV.")],
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Take a table of conductivities into the lake and match it to materials.

    The first line names the columns: label_set and sigma_s_cm (S/cm; <1e-10 is an upper bound),
    with material_id, icsd_id, structure_file or formula; and where known sigma_err,
    temperature_k, censored, sigma_300k, log10_sigma_300k_err, n_temperatures, chi2_ndof, method
    (experiment or aimd), row_key, weight_group, source, licence, doi, note. The same table again
    changes nothing; a row with the key of an older one replaces it. If a row is wrong, none is
    taken over.

    \b
    Examples:
      ionlake labels import conductivities.csv
      ionlake labels import aimd.csv --lake /data/lake --json
    """
    from ionlake.cli.counting import bar
    from ionlake.pipeline.labels import import_csv

    with bar() as follow:
        report = import_csv(lake_path(lake), file, progress=follow)
    _show(report, json)


@labels.command("import-obelix")
def import_obelix(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder with the data of OBELiX; fetched there if missing [default: a cache].",
        ),
    ] = None,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Take the measured conductivities of OBELiX into the lake, as the set obelix.

    Needs pip install 'ionlake[obelix]'. The package fetches its data once; where there is no
    network, name a folder with all.csv or raw.xlsx and the CIFs.

    \b
    Examples:
      ionlake labels import-obelix
      ionlake labels import-obelix --data obelix_data-1.2.0/data
    """
    from ionlake.cli.counting import bar
    from ionlake.pipeline.labels import import_obelix

    with bar() as follow:
        report = import_obelix(lake_path(lake), data, progress=follow)
    _show(report, json)


@labels.command("match")
def match(label_set: SetOption = None, lake: LakeOption = None, json: JsonOption = False) -> None:
    """Find the materials of all labels again: run it after the lake grew.

    A row belongs to the material it names, else to the one with its ICSD number, else to the one
    with its composition whose structure fits best. The composition must agree in any case.

    \b
    Examples:
      ionlake labels match
      ionlake labels match --labels obelix --json
    """
    from ionlake.cli.counting import bar
    from ionlake.pipeline.labels import match_labels

    with bar() as follow:
        report = match_labels(lake_path(lake), label_set, progress=follow)
    _show(report, json)


@labels.command("list")
def list_labels(
    lake: LakeOption = None, release: ReleaseOption = None, json: JsonOption = False
) -> None:
    """List the sets of labels: how many rows, how many of them belong to which materials.

    The rows themselves, with the reason where one belongs to none, are the table labels.

    \b
    Examples:
      ionlake labels list
      ionlake query "SELECT row_key, formula, match_reason FROM labels WHERE material_id IS NULL"
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.labels import label_sets

    with open_lake(lake_path(lake), release=release) as opened:
        found = label_sets(opened)
    if json:
        sys.stdout.write(to_json(found) + "\n")
    elif found:
        print_table(list(found[0]), [list(row.values()) for row in found])
    else:
        sys.stdout.write("no labels: import some with ionlake labels import FILE.csv\n")


def _show(report: "LabelReport", json: bool) -> None:
    if json:
        sys.stdout.write(to_json(asdict(report)) + "\n")
        return
    write = sys.stdout.write
    write(
        f"{report.rows} rows: {report.new} new, {report.corrected} corrected,"
        f" {report.unchanged} as before; {report.censored} are upper bounds\n"
    )
    ways = ", ".join(f"{n} by {way.replace('_', ' ')}" for way, n in report.matched.items())
    write(f"matched: {ways or 'none'}; {report.unmatched} belong to no material\n")
    for label_set, key, reason in report.reasons[:_SHOWN]:
        write(f"  {label_set} {key}: {reason}\n")
    if len(report.reasons) > _SHOWN:
        write(f"  ... and {len(report.reasons) - _SHOWN} more: --json lists all\n")
    write("nothing changed\n" if report.release is None else f"release {report.release}\n")
