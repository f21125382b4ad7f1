"""The scores of descriptors, by threshold where they have one, and the curves behind them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ionlake.catalog.figures.saving import Provenance, require_format, save_figure
from ionlake.catalog.figures.style import GREY, MARKERS, PALETTE, new_figure, styled
from ionlake.geometry import FloatArray
from ionlake.ranking.bootstrap import Interval
from ionlake.ranking.score import TRUNCATION

TITLE: Final = "Scores of descriptors"

_NAMES: Final = {
    "Xi": "Ξ",
    "mpe": "percolation energy",
    "mpe_robust_0p05": "percolation energy, 5 %",
    **{f"percolation_barrier_{n}d_ev": f"{n}D barrier" for n in (1, 2, 3)},
}
_WIDTH_INCH: Final = 12.0
_HEIGHT_INCH: Final = 4.4


@dataclass(frozen=True)
class Panel:
    """What one line of the figure shows.

    Attributes:
        title: Which labels, classes and scans.
        families: Scores by threshold in eV, for each family of descriptors.
        single: Scores of descriptors without a threshold.
        random_value: The score that guessing gets.
        perfect_value: The highest possible score.
        curves: x (insulators found) and y (conductors found) of some descriptors.
    """

    title: str
    families: Mapping[str, Mapping[float, Interval]]
    single: Mapping[str, Interval]
    random_value: float
    perfect_value: float
    curves: Mapping[str, tuple[FloatArray, FloatArray]]


def score_figure(panels: Sequence[Panel]) -> Any:
    """Draw the scores of descriptors.

    On the left the paper-style score by threshold with its 16 to 84 % interval, in the middle those
    without a threshold, on the right the curves whose truncated area the score is.

    Args:
        panels: One line of the figure each.

    Returns:
        A matplotlib figure.

    Raises:
        MissingExtraError: matplotlib is not installed.

    References:
        arXiv:2411.06804, Fig. 3.
    """
    with styled():
        figure = new_figure(_WIDTH_INCH, _HEIGHT_INCH * len(panels))
        axes = figure.subplots(len(panels), 3, squeeze=False, width_ratios=(1.2, 1, 1.2))
        for panel, (left, middle, right) in zip(panels, axes, strict=True):
            middle.sharey(left)
            left.set_title(panel.title, loc="left")
            _by_threshold(left, panel)
            _without_threshold(middle, panel)
            _curves(right, panel)
            for each in (left, middle, right):
                each.grid(visible=True, axis="y")
    return figure


def save_scores(panels: Sequence[Panel], path: Path, provenance: Provenance | None = None) -> None:
    """Draw the scores of descriptors into a file.

    Args:
        panels: One line of the figure each.
        path: File to write; its suffix says the format.
        provenance: Where the numbers come from.

    Raises:
        SettingsError: The suffix is no format of figures.
        MissingExtraError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    require_format(path)
    save_figure(score_figure(panels), path, TITLE, provenance)


def _by_threshold(axes: Any, panel: Panel) -> None:
    for (family, scores), marker in zip(panel.families.items(), MARKERS, strict=False):
        thresholds = sorted(scores)
        values = [scores[each].value for each in thresholds]
        low, high = ([getattr(scores[t], q) for t in thresholds] for q in ("q16", "q84"))
        (line,) = axes.plot(
            thresholds, values, marker=marker, ms=4, mec="white", mew=0.5, label=_plain(family)
        )
        axes.fill_between(thresholds, low, high, color=line.get_color(), alpha=0.13, lw=0)
    _references(axes, panel)
    axes.set_xlabel("threshold of the free volume (eV)")
    axes.set_ylabel("score (area, materials²)")
    _legend_below(axes)


def _without_threshold(axes: Any, panel: Panel) -> None:
    for place, score in enumerate(panel.single.values()):
        colour = PALETTE[place % len(PALETTE)]
        axes.vlines(place, score.q16, score.q84, color=colour, lw=3.5, alpha=0.4)
        axes.plot(place, score.value, marker="o", color=colour)
    _references(axes, panel)
    axes.set_xticks(range(len(panel.single)), [*map(_plain, panel.single)], rotation=35, ha="right")
    axes.set_xlim(-0.6, len(panel.single) - 0.4)
    axes.tick_params(labelleft=False)


def _references(axes: Any, panel: Panel) -> None:
    axes.axhline(panel.random_value, color=GREY, lw=1, ls=":", label="random guess")
    axes.axhline(panel.perfect_value, color="0.2", lw=1, ls="--", label="perfect order")


def _curves(axes: Any, panel: Panel) -> None:
    x_end = y_end = 0.0
    for name, (x, y) in panel.curves.items():
        axes.plot(x, y, label=_plain(name))
        x_end, y_end = max(x_end, float(x[-1])), max(y_end, float(y[-1]))
    axes.plot([0, x_end], [0, y_end], color=GREY, lw=1, ls=":", label="random guess")
    axes.axvspan(0, TRUNCATION * x_end, color="0.93", lw=0, zorder=0, label="part that is scored")
    axes.set_xlabel("insulators found (materials)")
    axes.set_ylabel("conductors found (materials)")
    _legend_below(axes)


def _legend_below(axes: Any) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, columnspacing=1.0)


def _plain(name: str) -> str:
    """Name of a descriptor or a family for people."""
    if name in _NAMES:
        return _NAMES[name]
    found = re.fullmatch(r"fv_(?:(\d+)p(\d+)_)?((?:dis)?connected)(_union)?", name)
    if found is None:
        return name
    whole, part, kind, union = found.groups()
    below = f" < {whole}.{part} eV" if whole else ""
    return f"{kind}{below}, {'union' if union else 'sum'}"
