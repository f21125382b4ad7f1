"""The scores of descriptors, by threshold where they have one, and the curves behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ionlake.errors import MissingExtraError, SettingsError
from ionlake.geometry import FloatArray
from ionlake.ranking.bootstrap import Interval
from ionlake.ranking.score import TRUNCATION

FORMATS: Final = (".png", ".svg", ".pdf")

_WIDTH_INCH: Final = 13.0
_HEIGHT_INCH: Final = 4.6


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


def save_scores(panels: Sequence[Panel], path: Path) -> None:
    """Draw the scores of descriptors into a file.

    On the left the paper-style score by threshold with its 16 to 84 % interval, in the middle those
    without a threshold, on the right the curves whose truncated area the score is.

    Args:
        panels: One line of the figure each.
        path: File to write; its suffix says the format.

    Raises:
        SettingsError: The suffix is none of ``FORMATS``.
        MissingExtraError: matplotlib is not installed.
        OSError: The file cannot be written.

    References:
        arXiv:2411.06804, Fig. 3.
    """
    if path.suffix.lower() not in FORMATS:
        raise SettingsError(f"figure is {path.name!r}; expected a name in {', '.join(FORMATS)}")
    score_figure(panels).savefig(path, dpi=150)


def score_figure(panels: Sequence[Panel]) -> Any:
    """As `save_scores`, but gives the matplotlib figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "matplotlib is not installed: pip install 'ionlake[plots]'"
        ) from error
    figure = Figure(figsize=(_WIDTH_INCH, _HEIGHT_INCH * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 3, squeeze=False)
    for panel, (left, middle, right) in zip(panels, axes, strict=True):
        middle.sharey(left)
        left.set_title(panel.title, loc="left", fontsize=9)
        _by_threshold(left, panel)
        _without_threshold(middle, panel)
        _curves(right, panel)
    return figure


def _by_threshold(axes: Any, panel: Panel) -> None:
    for family, scores in panel.families.items():
        thresholds = sorted(scores)
        values = [scores[each].value for each in thresholds]
        low, high = ([getattr(scores[t], q) for t in thresholds] for q in ("q16", "q84"))
        (line,) = axes.plot(thresholds, values, marker="o", markersize=3, label=family)
        axes.fill_between(thresholds, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    _references(axes, panel)
    axes.set_xlabel("threshold (eV)")
    axes.set_ylabel("score (rows²)")
    axes.legend(fontsize=7)


def _without_threshold(axes: Any, panel: Panel) -> None:
    for place, score in enumerate(panel.single.values()):
        axes.vlines(place, score.q16, score.q84, color=f"C{place}", linewidth=4, alpha=0.35)
        axes.plot(place, score.value, marker="o", color=f"C{place}")
    _references(axes, panel)
    axes.set_xticks(range(len(panel.single)), list(panel.single), rotation=35, ha="right")
    axes.tick_params(axis="x", labelsize=7)


def _references(axes: Any, panel: Panel) -> None:
    axes.axhline(panel.random_value, color="0.5", linestyle=":", label="random guess")
    axes.axhline(panel.perfect_value, color="0.2", linestyle="--", label="perfect")


def _curves(axes: Any, panel: Panel) -> None:
    x_end = y_end = 0.0
    for name, (x, y) in panel.curves.items():
        axes.plot(x, y, label=name)
        x_end, y_end = max(x_end, float(x[-1])), max(y_end, float(y[-1]))
    axes.plot([0, x_end], [0, y_end], color="0.5", linestyle=":", label="random guess")
    axes.axvspan(0, TRUNCATION * x_end, color="0.9", zorder=0)
    axes.set_xlabel("insulators found")
    axes.set_ylabel("conductors found")
    axes.legend(fontsize=7)
