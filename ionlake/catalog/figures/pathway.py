"""Where the ions of crystals can go: regions below a level, side by side."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ionlake.catalog.figures.projection import SURFACE_COLOUR, Picture, elements_shown, render
from ionlake.catalog.figures.scene import Scene
from ionlake.catalog.figures.style import foot_legend, formula_label, new_figure, styled

_MOST_COLUMNS: Final = 4
_PANEL_INCH: Final = (3.3, 3.7)
_FOOT_INCH: Final = 0.5
_PIXELS: Final = 1100


def pathway_figure(scenes: Sequence[Scene]) -> Any:
    """Draw what ions can visit in some crystals.

    Args:
        scenes: From `ionlake.catalog.figures.scene.pathway_scene`.

    Returns:
        A matplotlib figure with one panel for each.

    Raises:
        MissingExtraError: matplotlib is not installed.

    References:
        arXiv:2411.06804, Fig. 2.
    """
    columns = min(len(scenes), _MOST_COLUMNS)
    rows = -(-len(scenes) // columns)
    with styled():
        width, height = _PANEL_INCH
        figure = new_figure(width * columns, height * rows + _FOOT_INCH)
        panels = figure.subplots(rows, columns, squeeze=False)
        for axes in panels.ravel():
            axes.set_axis_off()
        for axes, scene in zip(panels.ravel(), scenes, strict=False):
            _draw(axes, scene)
        _legend(figure, scenes)
    return figure


def describe_scene(scene: Scene) -> str:
    """What the figures say under a formula."""
    xi = "no Ξ" if scene.xi is None else f"Ξ = {scene.xi:.3g}"
    return f"{xi}, {100 * scene.share:.2g} % of the cell reached"


def _draw(axes: Any, scene: Scene) -> None:
    picture = render(scene, _PIXELS)
    axes.imshow(picture.pixels, extent=picture.extent, interpolation="antialiased")
    name = f"  {scene.material_id}" if scene.material_id else ""
    axes.set_title(f"$\\bf{{{_bold(scene.formula)}}}${name}\n{describe_scene(scene)}", fontsize=9)
    _directions(axes, scene, picture)


def _bold(formula: str) -> str:
    return formula_label(formula).replace("$", "")


def _directions(axes: Any, scene: Scene, picture: Picture) -> None:
    """Small arrows along a, b and c at the lower left."""
    left, right, bottom, top = picture.extent
    length = 0.11 * max(right - left, top - bottom)
    start = np.array([left - 0.4 * length, bottom])
    for name, vector in zip("abc", scene.cell, strict=True):
        along = (picture.view @ (vector / np.linalg.norm(vector)))[:2]
        tip = start + length * along
        axes.annotate(
            "",
            xy=tip,
            xytext=start,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-|>",
                "color": "0.35",
                "lw": 0.8,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        label = start + (length + 0.35 * length) * along
        axes.text(*label, name, style="italic", fontsize=8, color="0.25", ha="center", va="center")
    axes.set_anchor("N")
    axes.set(
        xlim=(left - 1.2 * length, right + 0.2 * length),
        ylim=(bottom - 0.6 * length, top + 0.1 * length),
    )


def _legend(figure: Any, scenes: Sequence[Scene]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    balls = [
        Line2D([], [], ls="", marker="o", ms=7, mfc=colour, mec="0.3", mew=0.4, label=symbol)
        for symbol, colour in elements_shown(scenes).items()
    ]
    thresholds = sorted({scene.threshold_ev for scene in scenes})
    told = " or ".join(f"{each:g}" for each in thresholds)
    region = Patch(facecolor=SURFACE_COLOUR, label=f"reached below {told} eV")
    foot_legend(figure, [region, *balls], n_columns=len(balls) + 1)
