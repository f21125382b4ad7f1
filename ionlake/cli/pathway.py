"""``ionlake pathway``: how an ion gets from its site to the next cell."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, ScanOption, lake_path
from ionlake.cli.output import Format as TableFormat
from ionlake.cli.output import print_table, to_json, write_arrow, write_text
from ionlake.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa
    import xarray as xr

_PROFILE_LINES: Final = 16
_BAR: Final = 40


class Format(StrEnum):
    """How a path is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    CIF = "cif"
    EXTXYZ = "extxyz"
    POSCAR = "poscar"


def pathway(
    material: Annotated[str, typer.Argument(help="Identifier of a material.")],
    dimension: Annotated[
        int, typer.Option("--dimension", min=1, max=3, help="Of the percolation barrier.")
    ] = 1,
    ion: Annotated[
        int | None,
        typer.Option("--ion", help="Mobile ion [default: the one that sets the barrier]."),
    ] = None,
    scan: ScanOption = None,
    how: Annotated[
        Format, typer.Option("--format", help="table, csv, json, cif, extxyz or poscar.")
    ] = Format.TABLE,
    images: Annotated[
        int, typer.Option("--images", min=1, help="Structures between the ends, evenly spaced.")
    ] = 5,
    image_distance: Annotated[
        float | None,
        typer.Option(
            "--supercell",
            metavar="ANGSTROM",
            help="Repeat the cell until the ion's images are so far apart; the copy at the path's"
            " end is left out [default: the cell of the scan].",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File, or for poscar folder, to write.")
    ] = None,
    lake: LakeOption = None,
    release: ReleaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show the path at a percolation barrier, or write structures along it.

    The path leads from the ion's minimum to the same minimum in another cell. Its highest energy is
    the percolation barrier; of all such paths it is a shortest. csv and json have its grid points;
    cif draws them into the crystal; extxyz and poscar have structures for NEB calculations with
    only the moving ion displaced, poscar in folders 00, 01, ... as VASP takes them.

    \b
    Examples:
      ionlake pathway mp-1138
      ionlake pathway mp-1138 --dimension 3 --format csv -o path.csv
      ionlake pathway mp-1138 --format poscar --images 7 --supercell 10 -o neb
    """
    from ionlake.catalog.access import open_lake

    how = Format.JSON if json else how
    if how is Format.POSCAR and output is None:
        raise SettingsError("POSCARs go into folders: name the folder above them with --output")
    with open_lake(lake_path(lake), release=release) as opened:
        path = opened.pathway(material, dimension, mobile_ion=ion, scan_id=scan).load()
    if how in {Format.EXTXYZ, Format.POSCAR}:
        _write_images(path, images, image_distance, how, output)
    elif how is Format.CIF:
        from ionlake.catalog.exports.cif import path_cif

        write_text(path_cif(path), output)
    elif how is Format.JSON:
        write_text(to_json({**path.attrs, **_columns(path)}) + "\n", output)
    elif how is Format.CSV or output is not None:
        write_arrow(_points(path), TableFormat.CSV, output)
    else:
        _show(path)


def trace(lake: LakeOption = None, json: JsonOption = False) -> None:
    """Fill in tables pathways and grid_chunks for scans that an older ionlake has described.

    Both come from the stored grids; descriptors stay as they are, no energy is evaluated. New scans
    get theirs when they are described.

    \b
    Examples:
      ionlake trace --lake /data/lake
    """
    from dataclasses import asdict

    from ionlake.cli.counting import bar
    from ionlake.pipeline.trace import trace_lake

    with bar() as follow:
        found = trace_lake(lake_path(lake), follow)
    if json:
        sys.stdout.write(to_json(asdict(found)) + "\n")
    else:
        sys.stdout.write(f"{found.n_scans} scans traced, {found.n_grids} grids looked through\n")
        for problem in found.unreadable:
            sys.stderr.write(f"not traced: {problem}\n")
    if found.unreadable:
        raise typer.Exit(ExitCode.PARTIAL)


def _write_images(
    path: "xr.Dataset", n_images: int, distance: float | None, how: Format, output: Path | None
) -> None:
    import io

    from ase.io import write

    from ionlake.catalog.exports.images import path_images, write_poscar_folders

    made = path_images(path, n_images, min_image_distance_ang=distance)
    if how is Format.POSCAR and output is not None:
        write_poscar_folders(output, made)
        sys.stdout.write(f"{len(made)} POSCARs in {output}/00 to {output}/{len(made) - 1:02d}\n")
        return
    text = io.StringIO()
    write(text, made, format="extxyz")
    write_text(text.getvalue(), output)


def _columns(path: "xr.Dataset") -> dict[str, Any]:
    return {
        name: path[name].values.tolist()
        for name in ("distance_ang", "energy_ev", "fractional", "cartesian_ang", "grid_index")
    }


def _points(path: "xr.Dataset") -> "pa.Table":
    import pyarrow as pa

    columns = {"distance_ang": path.distance_ang.values, "energy_ev": path.energy_ev.values}
    for name, axes in (("fractional", "abc"), ("cartesian", "xyz")):
        values = path["cartesian_ang" if name == "cartesian" else name].values
        unit = "_ang" if name == "cartesian" else ""
        columns |= {f"{axis}{unit}": values[:, k] for k, axis in enumerate(axes)}
    return pa.table(columns)


def _show(path: "xr.Dataset") -> None:
    facts, note = path.attrs, sys.stdout.write
    symbol = facts["symbols"][facts["site_index"]]
    note(
        f"{facts['material_id']} ({facts['formula']}): {symbol} ion {facts['mobile_ion']} along"
        f" {facts['direction']}, {facts['length_ang']:.2f} Å, barrier {facts['barrier_ev']:.3f} eV"
        f" ({facts['dimension']}D)\n"
    )
    x, y, z = facts["bottleneck_fractional"]
    near = zip(facts["bottleneck_elements"], facts["bottleneck_distances_ang"], strict=True)
    told = ", ".join(f"{element} {distance:.2f}" for element, distance in near)
    note(f"bottleneck at ({x:.3f}, {y:.3f}, {z:.3f}); nearest atoms, Å: {told}\n\n")
    print_table(["distance_ang", "energy_ev", "", "a", "b", "c"], _profile(path))


def _profile(path: "xr.Dataset") -> list[list[Any]]:
    """Some points of the path with bars, the ends and the bottleneck always among them."""
    import numpy as np

    last, energies = path.sizes["point"] - 1, path.energy_ev.values
    shown = np.linspace(0, last, min(last + 1, _PROFILE_LINES)).round().astype(int)
    top = max(path.attrs["barrier_ev"], 1e-12)
    return [
        [
            round(float(path.distance_ang[point]), 2),
            float(energies[point]),
            "█" * round(_BAR * max(0.0, float(energies[point])) / top),
            *(round(float(x), 3) for x in path.fractional.values[point]),
        ]
        for point in sorted({*shown.tolist(), path.attrs["bottleneck"]})
    ]
