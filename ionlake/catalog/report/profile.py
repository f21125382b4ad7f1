"""Energy along a migration path, for print."""

from typing import Any, Final

import xarray as xr

from ionlake.catalog.figures.style import GREY, PALETTE, new_figure, styled

_SIZE_INCH: Final = (4.4, 3.0)
_NAMED: Final = 3


def profile_figure(path: xr.Dataset) -> Any:
    """Draw the energy along a path, with its bottleneck and the atoms nearest to it.

    Args:
        path: From `ionlake.pathway` or `lake.pathway`.

    Returns:
        A matplotlib figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    facts, top = path.attrs, float(path.attrs["barrier_ev"])
    distance, energy = path.distance_ang.values, path.energy_ev.values
    with styled():
        figure = new_figure(*_SIZE_INCH)
        axes = figure.subplots()
        axes.plot(distance, energy, marker="o", ms=2.6, color=PALETTE[0])
        axes.fill_between(distance, energy, color=PALETTE[0], alpha=0.10, lw=0)
        axes.axhline(top, color=GREY, lw=0.8, ls=":")
        near = zip(facts["bottleneck_elements"], facts["bottleneck_distances_ang"], strict=True)
        told = ", ".join(f"{symbol} {far:.2f} Å" for symbol, far in list(near)[:_NAMED])
        axes.set_title(f"{top:.3f} eV; at the bottleneck {told}", fontsize=8.5, loc="left")
        axes.plot(distance[facts["bottleneck"]], top, marker="o", ms=6, color=PALETTE[1])
        axes.set_xlabel("distance along the path (Å)")
        axes.set_ylabel("energy above the minimum (eV)")
        axes.set_xlim(distance[0], distance[-1])
        axes.set_ylim(0, 1.12 * max(top, 1e-3))
        axes.grid(visible=True, axis="y")
    return figure
