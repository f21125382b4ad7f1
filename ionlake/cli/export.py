"""``ionlake export``: grids in the formats of other programs."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from ionlake.cli.options import LakeOption, ReleaseOption, ScanOption, lake_path
from ionlake.errors import SettingsError

_SUFFIXES: Final = {"netcdf": "nc", "locpot": "LOCPOT", "chgcar": "CHGCAR"}


def export(
    material: Annotated[str, typer.Argument(help="Identifier of a material.")],
    form: Annotated[
        str, typer.Option("--format", help="cube, xsf, grd, locpot, chgcar, netcdf or cif.")
    ] = "cube",
    what: Annotated[str, typer.Option("--what", help="energy, level or status.")] = "energy",
    ion: Annotated[
        str, typer.Option("--ion", help="Number of a mobile ion, or all for the lowest of any.")
    ] = "all",
    excluded: Annotated[
        float | None,
        typer.Option(
            "--excluded",
            metavar="EV",
            help="Energy of excluded points [default: the ion's highest].",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write [default: named after the material]."),
    ] = None,
    scan: ScanOption = None,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Write a material's PES grid for VESTA, XCrySDen, VMD and others.

    Energies are in eV above the ion's minimum; level is what the ion must be given to get to a
    point from its minimum, status how the point got its energy (1 evaluated, 2 symmetry copy, 3
    excluded, 4 skipped by screening). chgcar holds values times the cell's volume, by which
    programs divide, and locpot the values themselves. netcdf holds the whole scan, cif the crystal
    with the easiest path as sites; both know no --what.

    \b
    Examples:
      ionlake export mp-1138
      ionlake export mp-1138 --format grd --what level --ion 0 -o levels.grd
      ionlake export mp-1138 --format netcdf
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.exports.formats import export_grid

    number = _ion(ion)
    path = output or Path(f"{material}.{_SUFFIXES.get(form, form)}")
    with open_lake(lake_path(lake), release=release) as opened:
        grid = opened.grid(material, scan_id=scan).load()
    export_grid(path, grid, form, what=what, ion=number, excluded=excluded)
    sys.stdout.write(f"{path}\n")


def _ion(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise SettingsError(f"ion is {text!r}; expected a number from 0, or all")
    return int(text)
