"""``ionlake explore`` and ``ionlake report``: a lake for the eye."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ionlake.cli.options import LakeOption, ReleaseOption, lake_path
from ionlake.cli.query import pool_ending


def explore(
    lake: LakeOption = None,
    release: ReleaseOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 5006,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; by default this machine only.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Show a lake in the browser: candidates, crystals with their paths, SQL.

    Pages read one release and change nothing; they load nothing from elsewhere. What a page shows
    is in its address, to be kept or sent. Whoever can reach the address can read the lake. Stop
    with Ctrl-C. Needs the extra explore.

    \b
    Examples:
      ionlake explore --lake /data/lake
      ionlake explore --release 41 --port 0 --no-browser
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.explorer.app import SQL_MEMORY, make_server

    with open_lake(lake_path(lake), release=release, memory=SQL_MEMORY) as opened:
        server, address = make_server(opened, host=host, port=port)
        server.start()
        sys.stdout.write(f"release {opened.release} of {opened.path} at {address}\n")
        sys.stdout.flush()
        if browser:
            typer.launch(address)
        try:
            server.io_loop.start()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
        finally:
            server.stop()


def report(
    top: Annotated[int, typer.Option("--top", min=1, max=200, help="So many of the best.")] = 10,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "report.html"
    ),
    threshold_ev: Annotated[
        float, typer.Option("--threshold-ev", help="Level on the surfaces, eV.")
    ] = 0.5,
    pool: Annotated[
        str, typer.Option("--pool", help="all or no_transition_metal.")
    ] = "no_transition_metal",
    mobile: Annotated[
        str | None, typer.Option("--mobile", help="Element that moves, if there are several.")
    ] = None,
    potential: Annotated[
        str | None, typer.Option("--potential", help="Potential, if there are several.")
    ] = None,
    grid_protocol: Annotated[
        str | None,
        typer.Option("--grid-protocol", help="commensurate or paper, if there are both."),
    ] = None,
    scan_protocol: Annotated[
        str | None, typer.Option("--scan-protocol", help="That of the scans, if there are several.")
    ] = None,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Write the best materials by Xi into one HTML file that needs nothing else.

    For each material: descriptors, the region its ions reach, the energy along its path, warnings
    and where the numbers come from. Needs the extra plots.

    \b
    Examples:
      ionlake report --top 20 --output best.html
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.figures.reading import Choice
    from ionlake.catalog.report.page import write_report
    from ionlake.cli.counting import bar

    choice = Choice(mobile, potential, grid_protocol, scan_protocol)
    column = f"rank{pool_ending(pool)}"
    with open_lake(lake_path(lake), release=release) as opened, bar() as follow:
        n_materials = write_report(
            opened,
            output,
            top=top,
            rank_column=column,
            threshold_ev=threshold_ev,
            choice=choice,
            progress=follow,
        )
    sys.stdout.write(f"{n_materials} materials in {output}\n")
