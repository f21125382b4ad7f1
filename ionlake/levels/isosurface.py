"""Surfaces of equal value of a periodic map, as triangles in Å."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ionlake.errors import GridError, MissingExtraError, SettingsError
from ionlake.geometry import FloatArray, IntArray

_WALL: Final = 1e4
"""Value outside the box, in spans of the map: caps come to lie on the box before rounding."""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Isosurface:
    """A closed surface of triangles, its normals pointing to higher values.

    Attributes:
        vertices: Cartesian coordinates, Å, shape (v, 3).
        faces: Corners of each triangle, shape (f, 3), counter-clockwise from outside.
        caps: Triangles that close the surface on the faces of the box, shape (f,).
    """

    vertices: FloatArray
    faces: IntArray
    caps: BoolArray

    @property
    def triangles(self) -> FloatArray:
        """Corners of all triangles, Å, shape (f, 3, 3)."""
        return self.vertices[self.faces]

    @property
    def area_vectors(self) -> FloatArray:
        """Normals of the triangles, as long as their areas, Å², shape (f, 3)."""
        first, second, third = np.moveaxis(self.triangles, 1, 0)
        return np.cross(second - first, third - first) / 2

    @property
    def area_ang2(self) -> float:
        """Area without the caps, Å²."""
        return float(np.linalg.norm(self.area_vectors[~self.caps], axis=1).sum())

    @property
    def volume_ang3(self) -> float:
        """Enclosed volume, Å³."""
        return float(np.einsum("ij,ij->", self.triangles[:, 0], self.area_vectors)) / 3


def isosurface(
    values: FloatArray,
    level: float,
    cell: FloatArray,
    *,
    repeats: Sequence[int] = (1, 1, 1),
    refine: int = 1,
) -> Isosurface:
    """Surface around the region of a periodic map that lies below a level.

    The map is repeated into a box of whole cells that begins at the origin; where the region meets
    the faces of the box it is cut and closed by flat caps. Marching cubes join points along edges
    of voxels only, so a bridge of one diagonal grid step may look broken.

    Args:
        values: Map at fractional coordinates i / n, shape (n_a, n_b, n_c), finite.
        level: Value on the surface, in the unit of the map.
        cell: Lattice vectors as rows, Å, shape (3, 3); of either handedness.
        repeats: Cells in the box along a, b and c.
        refine: Points per grid point along each axis; those between come from periodic cubic
            splines.

    Returns:
        The surface; without triangles if nothing lies below the level.

    Raises:
        GridError: The map is not three-dimensional and finite.
        SettingsError: ``repeats`` or ``refine`` are not positive.
        MissingExtraError: scikit-image is not installed.

    References:
        W. E. Lorensen, H. E. Cline, Computer Graphics 21, 163 (1987); T. Lewiner et al., J. Graph.
        Tools 8, 1 (2003).
    """
    _check(values, repeats, refine)
    fine = values if refine == 1 else _refined(values, refine)
    if not (fine < level).any():
        none = np.empty((0, 3))
        return Isosurface(none, none.astype(np.int64), np.empty(0, dtype=np.bool_))
    sizes = np.array(fine.shape)
    box = sizes * np.array(repeats)
    walled = _walled(fine, box, level)
    corners, faces = _marching_cubes(walled, level)
    corners = np.clip(corners - 1, 0, box)
    if np.linalg.det(cell) < 0:
        faces = faces[:, ::-1]
    on_face = (corners[faces] == 0).all(axis=1) | (corners[faces] == box).all(axis=1)
    return Isosurface(corners / sizes @ cell, faces, on_face.any(axis=1))


def _check(values: FloatArray, repeats: Sequence[int], refine: int) -> None:
    if values.ndim != 3 or 0 in values.shape or not np.isfinite(values).all():
        raise GridError(
            f"got a map of shape {values.shape} with {int((~np.isfinite(values)).sum())} values "
            "that are not finite; expected three dimensions and finite values: fill what was not "
            "evaluated"
        )
    if len(repeats) != 3 or min(*repeats, refine) < 1:
        raise SettingsError(
            f"got repeats {tuple(repeats)} and refine {refine}; expected three positive integers "
            "and one"
        )


def _refined(values: FloatArray, refine: int) -> FloatArray:
    axes = [np.arange(refine * size) / refine for size in values.shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"))
    refined: FloatArray = ndimage.map_coordinates(values, points, order=3, mode="grid-wrap")
    return refined


def _walled(values: FloatArray, box: IntArray, level: float) -> FloatArray:
    """The map over the box, both ends included, inside a wall of one point."""
    indices = (np.arange(n + 1) % size for n, size in zip(box, values.shape, strict=True))
    span = max(float(np.abs(values - level).max()), 1e-12)
    return np.pad(values[np.ix_(*indices)], 1, constant_values=level + _WALL * span)


def _marching_cubes(values: FloatArray, level: float) -> tuple[FloatArray, IntArray]:
    try:
        from skimage.measure import marching_cubes
    except ImportError as error:
        raise MissingExtraError(
            "scikit-image is not installed: pip install 'ionlake[plots]'"
        ) from error
    found: tuple[Any, ...] = marching_cubes(values, level, gradient_direction="descent")
    return found[0].astype(np.float64), found[1].astype(np.int64)
