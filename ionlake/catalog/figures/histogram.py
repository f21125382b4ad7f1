"""Conductivities of the best by Ξ against those of a random control."""

from typing import Any, Final

import numpy as np
import pandas as pd

from ionlake.catalog.figures.style import GREY, PALETTE, foot_legend, new_figure, styled
from ionlake.geometry import FloatArray

COLUMNS: Final = {
    "1000 K": "conductivity_1000k",
    "500 K": "conductivity_500k",
    "300 K, extrapolated": "conductivity_300k",
}
GROUPS: Final = {"top": "highest Ξ", "random": "random control"}
_BIN_DECADES: Final = 0.5
_LOWEST: Final = -15.0
"""Bounds and values below 10⁻¹⁵ S/cm are drawn in the lowest bin."""


def histogram_figure(table: pd.DataFrame) -> Any:
    """Draw how conductivities are distributed in two groups of materials.

    A material with no value but an upper bound stands, hatched, at its bound: it conducts less.
    Materials without either are left out of a panel.

    Args:
        table: One row per material, as view md_validation: ``selection`` (top or random) and
            ``conductivity_1000k_s_cm``, ``conductivity_1000k_upper_s_cm``, the same at 500 K and
            300 K.

    Returns:
        A matplotlib figure, a row for each group and a column for each temperature.

    Raises:
        MissingExtraError: matplotlib is not installed.

    References:
        arXiv:2411.06804, Fig. 5.
    """
    with styled():
        figure = new_figure(9.0, 4.4)
        panels = figure.subplots(len(GROUPS), len(COLUMNS), sharex="col", sharey=True)
        for column, (title, name) in enumerate(COLUMNS.items()):
            edges = _edges(table, name)
            for row, group in enumerate(GROUPS):
                theirs = table[table["selection"] == group]
                _draw(panels[row, column], theirs, name, edges, PALETTE[row])
            panels[0, column].set_title(title)
            panels[-1, column].set_xlabel("log$_{10}$ conductivity (S cm$^{-1}$)")
        panels[0, 0].set_ylim(0, 118)
        for row, group in enumerate(GROUPS.values()):
            panels[row, 0].set_ylabel(f"{group}\nshare of materials (%)")
        _legend(figure)
    return figure


def split(rows: pd.DataFrame, name: str) -> tuple[FloatArray, FloatArray]:
    """log10 of the conductivities that have a value, and of the bounds of the others."""
    value, upper = rows[f"{name}_s_cm"], rows[f"{name}_upper_s_cm"]
    known = value.notna()
    bounds = upper[~known].dropna()
    with np.errstate(divide="ignore"):
        logs = [np.log10(each.to_numpy(dtype=np.float64)) for each in (value[known], bounds)]
    return np.maximum(logs[0], _LOWEST), np.maximum(logs[1], _LOWEST)


def _edges(table: pd.DataFrame, name: str) -> FloatArray:
    every = np.concatenate(split(table, name))
    if not every.size:
        every = np.array([-5.0, 0.0])
    low, high = np.floor(every.min()), np.floor(every.max()) + 1
    return np.arange(low, high + _BIN_DECADES / 2, _BIN_DECADES)


def _draw(axes: Any, rows: pd.DataFrame, name: str, edges: FloatArray, colour: str) -> None:
    values, bounds = split(rows, name)
    total = len(values) + len(bounds)
    axes.grid(visible=True, axis="y")
    axes.text(
        0.02,
        0.96,
        f"{total} materials, {len(bounds)} with a bound only",
        transform=axes.transAxes,
        va="top",
        fontsize=8,
        color="0.25",
    )
    if not total:
        return
    share, bounded = (100 / total * np.histogram(each, edges)[0] for each in (values, bounds))
    width = {"width": _BIN_DECADES, "align": "edge", "lw": 0.8}
    axes.bar(edges[:-1], share, color=colour, edgecolor="white", **width)
    shown = bounded > 0
    axes.bar(
        edges[:-1][shown],
        bounded[shown],
        bottom=share[shown],
        **{"color": "white", "edgecolor": colour, "hatch": "////", **width},
    )
    if len(values) > len(bounds):
        every = np.concatenate([values, np.full(len(bounds), -np.inf)])
        axes.axvline(np.median(every), ymax=0.84, color="0.15", lw=1.1, ls="--")


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=GREY, edgecolor="white", label="value"),
        Patch(facecolor="white", edgecolor=GREY, hatch="////", label="upper bound: conducts less"),
        Line2D([], [], color="0.15", lw=1.1, ls="--", label="median, bounds counted as lower"),
    ]
    foot_legend(figure, handles, n_columns=3)
