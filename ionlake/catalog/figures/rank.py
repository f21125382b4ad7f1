"""The best materials by Ξ, with their intervals where there are some."""

from typing import Any, Final

import numpy as np
import pandas as pd

from ionlake.catalog.figures.style import (
    GREY,
    PALETTE,
    foot_legend,
    formula_label,
    new_figure,
    styled,
)

BARRIERS: Final = {
    "mpe": ("percolation energy", "o"),
    "percolation_barrier_1d_ev": ("1D barrier", "|"),
    "percolation_barrier_3d_ev": ("3D barrier", "D"),
}
_LINE_INCH: Final = 0.21


def rank_figure(table: pd.DataFrame) -> Any:
    """Draw Ξ of the best materials, beside the energies at which their ions percolate.

    Open dots mark cells in which the moving ion meets its own image nearer than 5 Å.

    Args:
        table: Rows of view candidates, best first: material_id, formula, Xi, mpe,
            percolation_barrier_1d_ev, percolation_barrier_3d_ev, image_closer_than_5_ang, and where
            known Xi_min and Xi_max.

    Returns:
        A matplotlib figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    with styled():
        figure = new_figure(7.2, 1.3 + _LINE_INCH * len(table))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        places = np.arange(len(table))
        _xi(left, table, places)
        _energies(right, table, places)
        names = [
            f"{formula_label(formula)}  {material}"
            for formula, material in zip(table["formula"], table["material_id"], strict=True)
        ]
        left.set_yticks(places, names)
        left.set(xlabel="Ξ", ylim=(len(table) - 0.4, -0.6))
        right.set_xlabel("energy (eV)")
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
            axes.grid(visible=True)
        handles = [each for axes in (left, right) for each in axes.get_legend_handles_labels()[0]]
        foot_legend(figure, handles, n_columns=len(handles))
    return figure


def _xi(axes: Any, table: pd.DataFrame, places: Any) -> None:
    colour = PALETTE[0]
    if {"Xi_min", "Xi_max"} <= set(table.columns) and table["Xi_min"].notna().any():
        axes.hlines(
            places,
            table["Xi_min"],
            table["Xi_max"],
            color=colour,
            lw=2.2,
            alpha=0.45,
            label="lowest to highest of the ensemble",
        )
    near = table["image_closer_than_5_ang"].fillna(value=False).to_numpy(dtype=bool)
    for chosen, fill, name in ((~near, colour, "Ξ"), (near, "white", "Ξ, own image within 5 Å")):
        if chosen.any():
            axes.plot(
                table["Xi"][chosen],
                places[chosen],
                "o",
                color=colour,
                mfc=fill,
                ms=5.5,
                mew=1.2,
                label=name,
            )
    low = float(table["Xi"].min())
    axes.set_xlim(left=-0.02 if low < 0.5 else None, right=1.02)


def _energies(axes: Any, table: pd.DataFrame, places: Any) -> None:
    colours = (PALETTE[1], GREY, PALETTE[2])
    for colour, (name, (label, marker)) in zip(colours, BARRIERS.items(), strict=True):
        size = 9 if marker == "|" else 4.5
        axes.plot(
            table[name],
            places,
            marker,
            color=colour,
            ms=size,
            mew=1.4 if marker == "|" else 0.8,
            mfc=colour if marker == "o" else "none",
            label=label,
        )
    axes.set_xlim(left=0)
