"""``ionlake figure``: the paper's figures from a lake."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionlake.cli.labels import SetOption
from ionlake.cli.options import LakeOption, ReleaseOption, lake_path

if TYPE_CHECKING:
    from ionlake.catalog.figures.saving import Provenance

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Figures from a lake, as PNG, SVG, PDF or HTML; needs the extra plots.",
)

OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File: .png, .svg, .pdf or .html [default: NAME.png]."),
]
DpiOption = Annotated[int, typer.Option("--dpi", min=30, max=1200, help="Dots per inch.")]
MobileOption = Annotated[
    str | None, typer.Option("--mobile", help="Element that moves, if there are several.")
]
PotentialOption = Annotated[
    str | None, typer.Option("--potential", help="Potential, if there are several.")
]
ProtocolOption = Annotated[
    str | None,
    typer.Option("--grid-protocol", help="commensurate or paper, if there are both."),
]
ScanOption = Annotated[
    str | None,
    typer.Option("--scan-protocol", help="frozen_framework or a supercell's, if there are both."),
]
MaterialsArgument = Annotated[list[str], typer.Argument(help="Materials of the lake.")]


@app.command()
def pathway(
    materials: MaterialsArgument,
    threshold_ev: Annotated[
        float, typer.Option("--threshold-ev", help="Level on the surface, eV.")
    ] = 0.5,
    mobile: MobileOption = None,
    potential: PotentialOption = None,
    grid_protocol: ProtocolOption = None,
    scan_protocol: ScanOption = None,
    output: OutputOption = None,
    dpi: DpiOption = 300,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Draw where ions can go in crystals, as far as a level of energy takes them (Fig. 2).

    The region is what all mobile ions together reach below the threshold; its share of the cell is
    what the connected free volume counts. A page (.html) can be turned with the mouse.

    \b
    Examples:
      ionlake figure pathway mp-2530 mp-1138
      ionlake figure pathway mp-2530 --threshold-ev 0.4 --output Li2Te.html
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.figures.pathway import pathway_figure
    from ionlake.catalog.figures.reading import Choice, read_scenes

    path = _file(output, "pathway")
    with open_lake(lake_path(lake), release=release) as opened:
        choice = Choice(mobile, potential, grid_protocol, scan_protocol)
        scenes, provenance = read_scenes(opened, materials, threshold_ev, choice)
    title = f"Pathways below {threshold_ev:g} eV: {', '.join(materials)}"
    if path.suffix.lower() == ".html":
        from ionlake.catalog.figures.pathway_page import pathway_page, save_page

        save_page(pathway_page(scenes), path, title, provenance)
        sys.stdout.write(f"{path}\n")
        return
    _save(pathway_figure(scenes), path, title, provenance, dpi)


@app.command()
def scores(
    label_set: SetOption = None,
    resamples: Annotated[
        int, typer.Option("--resamples", min=1, help="Number of bootstrap resamples.")
    ] = 1000,
    output: OutputOption = None,
    dpi: DpiOption = 300,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Draw how well descriptors find the conductors among labelled materials (Fig. 3).

    Scores by threshold, those without one, and the curves whose area they are. Nothing is stored;
    ionlake evaluate stores the numbers.

    \b
    Examples:
      ionlake figure scores
      ionlake figure scores --labels obelix --output scores.pdf
    """
    from ionlake.catalog.figures.saving import Provenance
    from ionlake.catalog.figures.scores import score_figure
    from ionlake.cli.counting import bar
    from ionlake.pipeline.evaluation import Draws, evaluate_release
    from ionlake.pipeline.score_panels import score_panel

    path = _file(output, "scores")
    with bar() as follow:
        trials = evaluate_release(
            lake_path(lake), label_set, number=release, draws=Draws(resamples), progress=follow
        )
    figure = score_figure([score_panel(trial) for trial in trials.trials])
    told = f"{resamples} bootstrap resamples"
    _save(figure, path, "Scores of descriptors", Provenance(trials.release, (told,)), dpi)


@app.command()
def arrhenius(
    materials: MaterialsArgument,
    sigma: Annotated[
        bool, typer.Option("--sigma", help="Draw the conductivity, not conductivity times T.")
    ] = False,
    mobile: MobileOption = None,
    potential: PotentialOption = None,
    output: OutputOption = None,
    dpi: DpiOption = 300,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Draw conductivities over inverse temperature, with fits down to 300 K (Fig. 4).

    Runs of the lake's own dynamics, imported trajectories, measured and computed labels; arrows
    point down from upper bounds. Intervals and bands are 95 %.

    \b
    Examples:
      ionlake figure arrhenius mp-1960 mp-2530
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.figures.arrhenius import arrhenius_figure
    from ionlake.catalog.figures.reading import Choice, read_runs

    path = _file(output, "arrhenius")
    with open_lake(lake_path(lake), release=release) as opened:
        runs, labels, provenance = read_runs(opened, materials, Choice(mobile, potential))
    figure = arrhenius_figure(runs, labels, times_temperature=not sigma)
    _save(figure, path, f"Conductivities of {', '.join(materials)}", provenance, dpi)


@app.command()
def histogram(
    mobile: MobileOption = None,
    potential: PotentialOption = None,
    output: OutputOption = None,
    dpi: DpiOption = 300,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Draw conductivities of the best by Ξ against a random control (Fig. 5).

    At 1000 K, at 500 K and extrapolated to 300 K; materials with an upper bound only are hatched.

    \b
    Examples:
      ionlake figure histogram --output histogram.svg
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.figures.histogram import histogram_figure
    from ionlake.catalog.figures.reading import Choice, read_groups

    path = _file(output, "histogram")
    with open_lake(lake_path(lake), release=release) as opened:
        table, provenance = read_groups(opened, Choice(mobile, potential))
    title = "Conductivities of the best by Ξ and of a random control"
    _save(histogram_figure(table), path, title, provenance, dpi)


@app.command()
def rank(
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="How many materials.")] = 20,
    pool: Annotated[
        str, typer.Option("--pool", help="all, or no_transition_metal (the paper's selection).")
    ] = "all",
    mobile: MobileOption = None,
    potential: PotentialOption = None,
    grid_protocol: ProtocolOption = None,
    scan_protocol: ScanOption = None,
    output: OutputOption = None,
    dpi: DpiOption = 300,
    lake: LakeOption = None,
    release: ReleaseOption = None,
) -> None:
    """Draw Ξ of the best materials, beside the energies at which their ions percolate.

    \b
    Examples:
      ionlake figure rank --top 30 --pool no_transition_metal
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.figures.rank import rank_figure
    from ionlake.catalog.figures.reading import Choice, read_ranking
    from ionlake.cli.query import pool_ending

    column = f"rank{pool_ending(pool)}"
    path = _file(output, "rank")
    with open_lake(lake_path(lake), release=release) as opened:
        choice = Choice(mobile, potential, grid_protocol, scan_protocol)
        table, provenance = read_ranking(opened, top, column, choice)
    _save(rank_figure(table), path, f"The best {len(table)} by Ξ", provenance, dpi)


def _file(output: Path | None, name: str) -> Path:
    """The file to write, refused before anything is computed."""
    from ionlake.catalog.figures.saving import require_format

    path = Path(f"{name}.png") if output is None else output
    require_format(path)
    return path


def _save(figure: Any, path: Path, title: str, provenance: "Provenance", dpi: int) -> None:
    from ionlake.catalog.figures.saving import save_figure

    save_figure(figure, path, title, provenance, dpi)
    sys.stdout.write(f"{path}\n")
