"""The regions that ions can visit as an interactive page."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ionlake.catalog.figures.pathway import describe_scene
from ionlake.catalog.figures.projection import (
    BOND_COLOUR,
    EDGE_COLOUR,
    SURFACE_COLOUR,
    sphere,
    view_of,
)
from ionlake.catalog.figures.saving import Provenance
from ionlake.catalog.figures.scene import Atoms, Scene
from ionlake.catalog.figures.style import formula_html
from ionlake.errors import MissingExtraError
from ionlake.geometry import FloatArray

_SURFACE_OPACITY: Final = 0.6
_LIGHTING: Final = {"ambient": 0.8, "diffuse": 0.5, "specular": 0.25, "roughness": 0.5}
_SPHERE: Final = (8, 14)
_DISTANCE: Final = 1.7
_RADIUS: Final = 1.0
"""Of the sphere around a crystal, in plotly's units of a panel."""


def pathway_page(scenes: Sequence[Scene]) -> Any:
    """Draw what ions can visit in some crystals, to be turned by the reader.

    Args:
        scenes: From `ionlake.catalog.figures.scene.pathway_scene`.

    Returns:
        A plotly figure with one panel for each.

    Raises:
        MissingExtraError: plotly is not installed.

    References:
        arXiv:2411.06804, Fig. 2.
    """
    try:
        from plotly.subplots import make_subplots
    except ImportError as error:
        raise MissingExtraError("plotly is not installed: pip install 'ionlake[plots]'") from error
    titles = [_title(scene) for scene in scenes]
    figure = make_subplots(
        cols=len(scenes),
        specs=[[{"type": "scene"}] * len(scenes)],
        subplot_titles=titles,
        horizontal_spacing=0.01,
    )
    named: set[str] = set()
    for column, scene in enumerate(scenes, start=1):
        traces = _traces(scene)
        for trace in traces:
            first = trace.legendgroup is not None and trace.legendgroup not in named
            trace.showlegend = first
            named.add(str(trace.legendgroup))
            figure.add_trace(trace, row=1, col=column)
        panel = figure.layout[f"scene{column if column > 1 else ''}"]
        panel.update(_axes(traces), camera=_camera(scene))
    figure.update_layout(
        template="plotly_white",
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.02},
        margin={"l": 10, "r": 10, "t": 70, "b": 60},
    )
    return figure


def save_page(figure: Any, path: Path, title: str, provenance: Provenance) -> None:
    """Write a plotly figure as a page that needs no network.

    Args:
        figure: The figure.
        path: File to write.
        title: What it shows.
        provenance: Where its numbers come from.

    Raises:
        OSError: The file cannot be written.
    """
    figure.add_annotation(
        text=str(provenance),
        x=0,
        y=-0.06,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 10, "color": "#767676"},
    )
    page = figure.to_html(include_plotlyjs=True, full_html=True, default_height="95vh")
    head = f'<html lang="en"><head><title>{html.escape(title)}</title>'
    path.write_text("<!DOCTYPE html>\n" + page.replace("<html>\n<head>", head, 1), encoding="utf-8")


def _title(scene: Scene) -> str:
    name = f"<b>{formula_html(scene.formula)}</b> {html.escape(scene.material_id)}"
    return f"{name}<br>{describe_scene(scene)}"


def _traces(scene: Scene) -> list[Any]:
    traces = [
        _lines(scene.edges, EDGE_COLOUR, 2.5),
        _lines(scene.bonds, BOND_COLOUR, 6),
        *(_atoms(each) for each in scene.atoms),
    ]
    curved, caps = (scene.surface.faces[part] for part in (~scene.surface.caps, scene.surface.caps))
    name = f"reached below {scene.threshold_ev:g} eV"
    for faces, flat in ((curved, False), (caps, True)):
        trace = _mesh(scene.surface.vertices, faces, SURFACE_COLOUR, name)
        trace.update(opacity=_SURFACE_OPACITY, flatshading=flat, hoverinfo="skip")
        traces.append(trace)
    return traces


def _mesh(vertices: FloatArray, faces: Any, colour: tuple[float, ...], name: str) -> Any:
    from plotly.graph_objects import Mesh3d

    return Mesh3d(
        **dict(zip("xyz", vertices.astype(np.float32).T, strict=True)),
        **dict(zip("ijk", faces.astype(np.int32).T, strict=True)),
        color=_css(colour),
        name=name,
        legendgroup=name,
        lighting=_LIGHTING,
        lightposition={"x": 1000, "y": -2000, "z": 3000},
    )


def _atoms(atoms: Atoms) -> Any:
    """All spheres of one element as one mesh."""
    ball, corners = np.unique(sphere(*_SPHERE).reshape(-1, 3).round(9), axis=0, return_inverse=True)
    vertices = (atoms.positions[:, None, :] + atoms.radius_ang * ball).reshape(-1, 3)
    each = len(ball) * np.arange(len(atoms.positions))[:, None, None]
    faces = (each + corners.reshape(-1, 3)).reshape(-1, 3)
    return _mesh(vertices, faces, atoms.colour, atoms.symbol).update(hoverinfo="name")


def _lines(ends: FloatArray, colour: tuple[float, ...], width: float) -> Any:
    from plotly.graph_objects import Scatter3d

    gaps = np.full((len(ends), 1, 3), np.nan)
    points = np.concatenate([ends, gaps], axis=1).reshape(-1, 3)
    return Scatter3d(
        **dict(zip("xyz", points.T, strict=True)),
        mode="lines",
        line={"color": _css(colour), "width": width},
        hoverinfo="skip",
    )


def _axes(traces: Sequence[Any]) -> dict[str, Any]:
    """Axes with equal scales, unseen, in which a crystal of any shape fills its panel."""
    places = [np.stack([np.asarray(each[axis], dtype=float) for axis in "xyz"]) for each in traces]
    points = np.hstack(places)
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    radius = np.nanmax(np.linalg.norm(points.T - (low + high) / 2, axis=1))
    sides = _RADIUS / radius * (high - low)
    limits = zip("xyz", low.tolist(), high.tolist(), strict=True)
    return {
        "aspectmode": "manual",
        "aspectratio": dict(zip("xyz", sides.tolist(), strict=True)),
        **{f"{axis}axis": {"visible": False, "range": ends} for axis, *ends in limits},
    }


def _camera(scene: Scene) -> dict[str, Any]:
    _, up, towards = view_of(scene.cell)
    return {
        "eye": dict(zip("xyz", (_DISTANCE * towards).tolist(), strict=True)),
        "up": dict(zip("xyz", up.tolist(), strict=True)),
        "projection": {"type": "orthographic"},
    }


def _css(colour: tuple[float, ...]) -> str:
    return f"rgb({', '.join(str(round(255 * each)) for each in colour)})"
