"""What all figures share: colours, fonts, how a formula is written."""

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from ionlake.errors import MissingExtraError

PALETTE: Final = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6A4C93", "#333333"),
)
"""Colours that people with colour-blindness tell apart (Okabe and Ito, yellow replaced)."""

MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "h")
GREY: Final = "#767676"

_FOOT_INCH: Final = 0.2
_LEGEND_POINTS: Final = 8.0

_SETTINGS: Final = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": _LEGEND_POINTS,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "hatch.linewidth": 0.8,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "ionlake",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of the house within the block.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from cycler import cycler
        from matplotlib import rc_context
    except ImportError as error:
        raise MissingExtraError(
            "matplotlib is not installed: pip install 'ionlake[plots]'"
        ) from error
    with rc_context({**_SETTINGS, "axes.prop_cycle": cycler(color=PALETTE)}):
        yield


def new_figure(width_inch: float, height_inch: float) -> Any:
    """An empty matplotlib figure with room for a line at its foot; call it within `styled`."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    foot = _FOOT_INCH / height_inch
    layout = ConstrainedLayoutEngine(rect=(0, foot, 1, 1 - foot))
    return Figure(figsize=(width_inch, height_inch), layout=layout)


def foot_legend(figure: Any, handles: Sequence[Any], n_columns: int) -> None:
    """A legend below all panels, above the line at the foot."""
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=n_columns,
        borderaxespad=72 * _FOOT_INCH / _LEGEND_POINTS,
    )


def formula_label(formula: str) -> str:
    """A formula with subscripts, for matplotlib: Li3N becomes Li₃N."""
    return re.sub(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)", r"$_{\1}$", formula)


def formula_html(formula: str) -> str:
    """A formula with subscripts, for HTML; whatever else it holds is escaped."""
    escaped = html.escape(formula)
    return re.sub(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)", r"<sub>\1</sub>", escaped)
