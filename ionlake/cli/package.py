"""``ionlake package``: a release as a data set to be cited."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import to_json


def package(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")],
    release: ReleaseOption = None,
    grids: Annotated[
        bool, typer.Option("--grids", help="Add the grid of every material as netCDF.")
    ] = False,
    title: Annotated[
        str | None, typer.Option("--title", help="Title [default: what was scanned with what].")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", help="Whom to cite; may be repeated.")
    ] = None,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Write a release as a data set for a repository such as Zenodo.

    Tables in Parquet, a dictionary of their columns, Croissant metadata, CITATION.cff, a README
    with licences and attributions, and SHA-256 checksums. Table failures is left out.

    \b
    Examples:
      ionlake package --release 42 --output lithium-conductors --author "A. Author"
      ionlake package --grids -o with-grids
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.package.write import write_package
    from ionlake.cli.counting import bar

    with open_lake(lake_path(lake), release=release) as opened, bar() as follow:
        made = write_package(
            opened, output, grids=grids, title=title, authors=author or (), progress=follow
        )
    if json:
        rows = {table.name: table.n_rows for table in made.tables}
        facts = {"folder": str(made.folder), "tables": rows, "n_grids": made.n_grids}
        sys.stdout.write(to_json(facts) + "\n")
        return
    with_grids = f" and {made.n_grids} grids" if made.n_grids else ""
    sys.stdout.write(f"{len(made.tables)} tables{with_grids} in {made.folder}\n")
    if not author:
        sys.stderr.write("nobody is named to be cited: use --author\n")
