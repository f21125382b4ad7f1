"""Drawing triangles in parallel projection, the nearest last, with soft light."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ionlake.catalog.figures.scene import Scene
from ionlake.geometry import FloatArray
from ionlake.levels.isosurface import Isosurface

SURFACE_COLOUR: Final = (0.20, 0.66, 0.90)
SURFACE_ALPHA: Final = 0.70
BOND_COLOUR: Final = (0.62, 0.62, 0.62)
EDGE_COLOUR: Final = (0.25, 0.25, 0.25)

_AZIMUTH_DEG: Final = -68.0
_ELEVATION_DEG: Final = 14.0
_LIGHT: Final = np.array([-0.45, 0.60, 0.66])
_AMBIENT: Final = 0.52
_FOG: Final = 0.28
_BOND_RADIUS_ANG: Final = 0.09
_EDGE_RADIUS_ANG: Final = 0.025
_PART_ANG: Final = 0.3
_OVERSAMPLING: Final = 2
_DPI: Final = 100


@dataclass(frozen=True, eq=False)
class Picture:
    """A rendered scene.

    Attributes:
        pixels: Red, green, blue and opacity, shape (height, width, 4), uint8.
        extent: Left, right, bottom and top on the projection plane, Å.
        view: Rows are right, up and towards the viewer, shape (3, 3).
    """

    pixels: Any
    extent: tuple[float, float, float, float]
    view: FloatArray


def render(scene: Scene, pixels_per_edge: int) -> Picture:
    """Render a scene.

    Args:
        scene: The scene.
        pixels_per_edge: Pixels along the longer side of the picture.
    """
    view = view_of(scene.cell)
    triangles, normals, colours = _mesh(scene)
    seen = _normals(triangles) @ view[2] > 0
    shown = triangles[seen] @ view.T
    depth = shown[..., 2].mean(axis=1)
    colours = _lit(colours[seen], normals[seen] @ view.T, depth)
    order = np.argsort(depth)
    return _paint(shown[order, :, :2], colours[order], view, pixels_per_edge)


def view_of(cell: FloatArray) -> FloatArray:
    """Rows right, up and towards the viewer: c points up, a to the right and a little forward."""
    up = cell[2] / np.linalg.norm(cell[2])
    along = cell[0] - (cell[0] @ up) * up
    along /= np.linalg.norm(along)
    across = np.cross(up, along)
    azimuth, elevation = np.radians((_AZIMUTH_DEG, _ELEVATION_DEG))
    level = np.cos(azimuth) * along + np.sin(azimuth) * across
    towards = np.cos(elevation) * level + np.sin(elevation) * up
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    return np.array([right, np.cross(towards, right), towards])


def sphere(n_rings: int = 16, n_sides: int = 28) -> FloatArray:
    """Triangles of a unit sphere, shape (n, 3, 3), counter-clockwise from outside."""
    polar = np.linspace(0, np.pi, n_rings + 1)[:, None]
    around = np.linspace(0, 2 * np.pi, n_sides + 1)[None, :]
    x, y = np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around)
    return _strip(np.stack([x, y, np.cos(polar) + 0 * around], axis=-1))


def tubes(ends: FloatArray, radius: float, n_sides: int = 6) -> FloatArray:
    """Triangles of cylinders without lids, shape (n, 3, 3), in parts short enough to sort."""
    found = []
    around = np.linspace(0, 2 * np.pi, n_sides + 1)[:, None]
    for start, end in ends:
        length = float(np.linalg.norm(end - start))
        axis = (end - start) / length
        aside = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
        aside /= np.linalg.norm(aside)
        ring = radius * (np.cos(around) * aside + np.sin(around) * np.cross(axis, aside))
        along = np.linspace(end, start, int(np.ceil(length / _PART_ANG)) + 1)
        found.append(_strip(along[:, None, :] + ring[None, :, :]))
    return np.concatenate(found) if found else np.empty((0, 3, 3))


def _strip(points: FloatArray) -> FloatArray:
    """Triangles of a net of points, shape (m, n, 3)."""
    here, below = points[:-1, :-1], points[1:, :-1]
    beside, across = points[:-1, 1:], points[1:, 1:]
    halves = np.stack([[here, below, across], [here, across, beside]])
    return np.moveaxis(halves, 1, -2).reshape(-1, 3, 3)


def _normals(triangles: FloatArray) -> FloatArray:
    return np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])


def smooth_normals(surface: Isosurface) -> FloatArray:
    """Normals of the triangles, averaged over those that touch them but for flat caps."""
    own = surface.area_vectors
    curved = surface.faces[~surface.caps]
    at_vertices = np.zeros_like(surface.vertices)
    for corner in range(3):
        np.add.at(at_vertices, curved[:, corner], own[~surface.caps])
    averaged = at_vertices[surface.faces].sum(axis=1)
    return np.where(surface.caps[:, None], own, averaged)


def _mesh(scene: Scene) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Triangles, their normals for the light, and their colours with opacity."""
    ball = sphere()
    solid = [
        (tubes(scene.bonds, _BOND_RADIUS_ANG), BOND_COLOUR),
        (tubes(scene.edges, _EDGE_RADIUS_ANG), EDGE_COLOUR),
        *(
            (
                (each.positions[:, None, None] + each.radius_ang * ball).reshape(-1, 3, 3),
                each.colour,
            )
            for each in scene.atoms
        ),
    ]
    surface = scene.surface
    triangles = np.concatenate([surface.triangles, *(part for part, _ in solid)])
    normals = [smooth_normals(surface), *(_normals(part) for part, _ in solid)]
    shades = [(len(surface.faces), (*SURFACE_COLOUR, SURFACE_ALPHA))]
    shades += [(len(part), (*colour, 1.0)) for part, colour in solid]
    colours = np.concatenate([np.tile(colour, (n, 1)) for n, colour in shades])
    return triangles, np.concatenate(normals), colours


def _lit(colours: FloatArray, normals: FloatArray, depth: FloatArray) -> FloatArray:
    """Shade by the light from the upper left; what lies further back fades."""
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    light = _LIGHT / np.linalg.norm(_LIGHT)
    facing = np.clip(normals @ light, 0, 1)[:, None]
    halfway = light + np.array([0, 0, 1])
    gloss = np.clip(normals @ (halfway / np.linalg.norm(halfway)), 0, 1)[:, None] ** 24
    rgb = colours[:, :3] * (_AMBIENT + (1 - _AMBIENT) * facing) + 0.22 * gloss
    nearest, span = depth.max(), max(float(np.ptp(depth)), 1e-9)
    fog = _FOG * ((nearest - depth) / span)[:, None]
    return np.hstack([np.clip(rgb * (1 - fog) + fog, 0, 1), colours[:, 3:]])


def _paint(
    flat: FloatArray, colours: FloatArray, view: FloatArray, pixels_per_edge: int
) -> Picture:
    """Paint all triangles, and again without the transparent ones, which shine through them."""
    low, high = flat.min(axis=(0, 1)), flat.max(axis=(0, 1))
    margin = 0.02 * float((high - low).max())
    extent = (low[0] - margin, high[0] + margin, low[1] - margin, high[1] + margin)
    solid = colours[:, 3] == 1
    everything = _canvas(flat, colours[:, :3], extent, pixels_per_edge)
    behind = _canvas(flat[solid], colours[solid, :3], extent, pixels_per_edge)
    mixed = SURFACE_ALPHA * everything + (1 - SURFACE_ALPHA) * behind
    opacity = mixed[..., 3:]
    pixels = np.concatenate([mixed[..., :3] / np.maximum(opacity, 1e-9), opacity], axis=-1)
    return Picture((255 * pixels).round().astype(np.uint8), extent, view)


def _canvas(
    flat: FloatArray,
    colours: FloatArray,
    extent: tuple[float, float, float, float],
    pixels_per_edge: int,
) -> FloatArray:
    """Opaque triangles; colours times opacity and opacity, 0 to 1, shape (height, width, 4)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    left, right, bottom, top = extent
    scale = pixels_per_edge / max(right - left, top - bottom)
    width, height = (int(scale * size) for size in (right - left, top - bottom))
    size = (_OVERSAMPLING * width / _DPI, _OVERSAMPLING * height / _DPI)
    canvas = FigureCanvasAgg(Figure(figsize=size, dpi=_DPI))
    canvas.figure.patch.set_alpha(0)
    axes = canvas.figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    axes.add_collection(
        PolyCollection(
            list(flat), facecolors=colours, edgecolors=colours, linewidths=0.4, antialiaseds=False
        )
    )
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba(), dtype=np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    blocks = pixels.reshape(height, _OVERSAMPLING, width, _OVERSAMPLING, 4)
    mean: FloatArray = blocks.mean(axis=(1, 3), dtype=np.float64)
    return mean


def elements_shown(scenes: Sequence[Scene]) -> dict[str, tuple[float, float, float]]:
    """Colours of all elements in some scenes."""
    return {atoms.symbol: atoms.colour for scene in scenes for atoms in scene.atoms}
