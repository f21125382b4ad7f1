"""Interactive figures of one material."""

import html
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.catalog.explorer.slices import Slice
from ionlake.catalog.figures.pathway_page import pathway_page
from ionlake.catalog.figures.scene import Scene
from ionlake.catalog.figures.style import GREY, PALETTE

_HIGHEST_EV: Final = 3.0
_GROUND: Final = "#ECEEF1"
_FONT: Final = {"family": "system-ui, sans-serif", "size": 12, "color": "#26323F"}
_EXPLAINED: Final = 3
_LEGEND: Final = 0.08
"""Share of the height below a crystal."""
_A_STEP: Final = 0.5
"""No step of a path is half a cell long."""


def scene_plot(scene: Scene, path: xr.Dataset | None = None) -> Any:
    """The crystal with the region that ions reach; turning it survives a change of the level.

    Args:
        scene: The crystal.
        path: A path of one ion, to be drawn inside the box.
    """
    figure = pathway_page([scene])
    if path is not None:
        figure.add_trace(_line_within(scene, path))
    figure.update_layout(
        font=_FONT,
        uirevision="kept",
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0.0, "yanchor": "bottom"},
    )
    figure.layout.annotations = ()  # the page itself says what it shows
    figure.update_scenes(uirevision="kept", domain={"y": [_LEGEND, 1.0]})
    return figure


def _line_within(scene: Scene, path: xr.Dataset) -> Any:
    """A path as a line that comes back at the other side of the box where it leaves it."""
    from plotly.graph_objects import Scatter3d

    within = path.fractional.values % scene.repeats
    leaves = np.flatnonzero(np.ptp([within[1:], within[:-1]], axis=0).max(axis=1) > _A_STEP)
    points = np.insert(within @ scene.cell, leaves + 1, np.nan, axis=0)
    return Scatter3d(
        **dict(zip("xyz", points.T, strict=True)),
        mode="lines",
        line={"color": PALETTE[1], "width": 8},
        name=f"path, {path.attrs['dimension']}D",
        hoverinfo="name",
    )


def slice_plot(cut: Slice) -> Any:
    """Energies on a plane, cut off at 3 eV, with the atoms near it."""
    from plotly.graph_objects import Figure, Heatmap, Scatter

    highest = min(_HIGHEST_EV, float(np.nanmax(cut.energy, initial=0.1)))
    picture = Heatmap(
        x=cut.x,
        y=cut.y,
        z=cut.energy.astype(np.float32),
        zmin=0.0,
        zmax=highest,
        colorscale="Viridis",
        hovertemplate="%{x:.2f} Å, %{y:.2f} Å<br>%{z:.3f} eV<extra></extra>",
        colorbar={"title": {"text": "eV"}, "thickness": 12, "outlinewidth": 0},
    )
    rim = Scatter(
        **dict(zip("xy", cut.outline.T, strict=True)),
        mode="lines",
        line={"color": "#26323F", "width": 1.5},
        hoverinfo="skip",
    )
    figure = Figure([picture, rim, _atoms(cut)])
    figure.update_layout(
        font=_FONT,
        plot_bgcolor=_GROUND,
        paper_bgcolor="white",
        showlegend=False,
        margin={"l": 46, "r": 8, "t": 10, "b": 42},
    )
    figure.update_xaxes(title="Å", showgrid=False, zeroline=False, constrain="domain")
    figure.update_yaxes(title="Å", showgrid=False, zeroline=False, scaleanchor="x")
    return figure


def profile_plot(path: xr.Dataset) -> Any:
    """Energy along a migration path, its bottleneck named by the atoms nearest to it."""
    from plotly.graph_objects import Figure, Scatter

    facts = path.attrs
    places = path.fractional.values
    line = Scatter(
        x=path.distance_ang.values,
        y=path.energy_ev.values,
        customdata=places,
        mode="lines+markers",
        line={"color": PALETTE[0], "width": 2.2},
        marker={"size": 4},
        fill="tozeroy",
        fillcolor="rgba(0, 114, 178, 0.10)",
        hovertemplate=(
            "%{x:.2f} Å<br>%{y:.4f} eV<br>(%{customdata[0]:.3f}, %{customdata[1]:.3f},"
            " %{customdata[2]:.3f})<extra></extra>"
        ),
    )
    figure = Figure([line])
    top = float(facts["barrier_ev"])
    figure.add_hline(y=top, line={"color": PALETTE[1], "width": 1, "dash": "dot"})
    at = float(path.distance_ang[facts["bottleneck"]])
    figure.add_annotation(
        x=at, y=top, text=_bottleneck(facts), showarrow=True, ax=0, ay=-34, arrowcolor=PALETTE[1]
    )
    figure.update_layout(
        font=_FONT,
        template="plotly_white",
        showlegend=False,
        margin={"l": 56, "r": 12, "t": 12, "b": 46},
    )
    figure.update_xaxes(title="distance along the path / Å", gridcolor="#E4E4E4")
    figure.update_yaxes(
        title="energy above the minimum / eV", gridcolor="#E4E4E4", range=[0, 1.25 * max(top, 1e-3)]
    )
    return figure


def _bottleneck(facts: dict[str, Any]) -> str:
    near = zip(facts["bottleneck_elements"], facts["bottleneck_distances_ang"], strict=True)
    told = ", ".join(
        f"{html.escape(symbol)} {far:.2f} Å" for symbol, far in list(near)[:_EXPLAINED]
    )
    return f"<b>{facts['barrier_ev']:.3f} eV</b><br>{told}"


def _atoms(cut: Slice) -> Any:
    from plotly.graph_objects import Scatter

    symbols, x, y = zip(*cut.atoms, strict=True) if cut.atoms else ((), (), ())
    return Scatter(
        x=x,
        y=y,
        text=symbols,
        mode="markers+text",
        marker={"size": 20, "color": "white", "line": {"color": GREY, "width": 1.2}},
        textfont={"size": 10, "color": "#26323F"},
        hovertemplate="%{text}: %{x:.2f} Å, %{y:.2f} Å<extra></extra>",
    )
