"""``ionlake descriptors``: describe crystals without a lake."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import JsonOption
from ionlake.cli.output import Format, ignored_note, print_table, to_json
from ionlake.errors import IonlakeError, SettingsError

if TYPE_CHECKING:
    from ionlake.pes.scan import Progress
    from ionlake.pes.settings import ScanSettings
    from ionlake.potentials.interface import Potential
    from ionlake.structures.sources.interface import SourceEntry

_SHOWN = (
    "Xi",
    "mpe",
    "percolation_barrier_1d_ev",
    "percolation_barrier_2d_ev",
    "percolation_barrier_3d_ev",
    "fv_0p5_connected_union",
    "fv_0p5_disconnected_union",
)


def descriptors(
    files: Annotated[list[Path], typer.Argument(help="Crystal files, folders or globs.")],
    mobile: Annotated[str, typer.Option("--mobile", help="Element that moves.")] = "Li",
    potential: Annotated[
        str, typer.Option("--potential", help="sevennet-0, 7net-l3i5, 7net-mf-0@PBE or a path.")
    ] = "sevennet-0",
    grid: Annotated[str, typer.Option("--grid", help="commensurate or paper.")] = "commensurate",
    symmetry: Annotated[
        str, typer.Option("--symmetry", help="auto, proper, all or none.")
    ] = "auto",
    evaluator: Annotated[
        str, typer.Option("--evaluator", help="auto, or batched for whole structures.")
    ] = "auto",
    accuracy: Annotated[
        str, typer.Option("--accuracy", help="full, or screen for what decides Xi alone.")
    ] = "full",
    min_image_distance: Annotated[
        float | None,
        typer.Option(
            "--min-image-distance",
            metavar="ANG",
            help="Scan a supercell where the ion would meet its image nearer than this, in Å.",
        ),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    how: Annotated[Format, typer.Option("--format", help="table, csv or json.")] = Format.TABLE,
    json: JsonOption = False,
) -> None:
    """Scan crystals and print their descriptors.

    No lake is needed.

    With --json: one array with one object per input file: file, structure_id, descriptors, checks
    (and error where it failed). Exit status 3 if a file failed.

    \b
    Examples:
      ionlake descriptors Li3N.cif
      ionlake descriptors structures/ --grid paper --json > descriptors.json
      ionlake descriptors NaCl.cif --mobile Na --format csv
      ionlake descriptors LiI.cif --min-image-distance 5
    """
    from ionlake.pes.settings import ScanSettings
    from ionlake.potentials.load import load_potential
    from ionlake.structures.sources.files import FileSource

    how = Format.JSON if json else how
    if how is Format.PARQUET:
        raise SettingsError("descriptors are written as table, csv or json: choose one of these")
    settings = ScanSettings(
        mobile_species=mobile,
        grid=grid,
        symmetry=symmetry,
        evaluator=evaluator,
        accuracy=accuracy,
        min_image_distance_ang=min_image_distance,
    )
    source = FileSource(files)
    entries = list(source.entries())
    if source.ignored:
        sys.stderr.write(f"ionlake: {ignored_note(source.ignored)}\n")
    loaded = load_potential(potential, device=device)
    results = [_describe(entry, settings, loaded) for entry in entries]
    _write(results, how)
    failed = [result for result in results if "error" in result]
    for result in failed:
        sys.stderr.write(f"ionlake: {result['error']}\n")
    if failed:
        raise typer.Exit(ExitCode.PARTIAL)


def _describe(
    entry: "SourceEntry", settings: "ScanSettings", potential: "Potential"
) -> dict[str, Any]:
    from ionlake.descriptors.table import describe
    from ionlake.pes.scan import scan_structure

    result: dict[str, Any] = {
        "file": entry.reference,
        "structure_id": None,
        "descriptors": None,
        "checks": None,
    }
    if entry.structure is None:
        return result | {"error": entry.error}
    result["structure_id"] = entry.structure.structure_id
    try:
        with _point_progress(entry.material_id) as progress:
            dataset = scan_structure(entry.structure, settings, potential, progress)
        result["descriptors"] = describe(dataset)
    except IonlakeError as error:
        return result | {"error": f"{entry.reference}: {error}"}
    attributes = dataset.attrs
    result["checks"] = {
        **attributes["checks"],
        "min_image_distance_ang": attributes["min_image_distance_ang"],
        "repeats": attributes["repeats"],
        "symmetry_certificate_ev": attributes["symmetry"]["certificate_ev"],
    }
    return result


@contextmanager
def _point_progress(name: str) -> "Iterator[Progress | None]":
    """A bar over the grid points on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write(results: list[dict[str, Any]], how: Format) -> None:
    if how is Format.JSON:
        sys.stdout.write(to_json(results) + "\n")
        return
    good = [result for result in results if result["descriptors"] is not None]
    if how is Format.CSV:
        import pandas as pd

        rows = [
            {"file": r["file"], "structure_id": r["structure_id"], **r["descriptors"]} for r in good
        ]
        sys.stdout.write(pd.DataFrame(rows).to_csv(index=False) if rows else "")
    elif good:
        shown = [[r["file"], *(r["descriptors"][name] for name in _SHOWN)] for r in good]
        print_table(["file", *_SHOWN], shown)
