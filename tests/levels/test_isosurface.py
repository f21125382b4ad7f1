"""Surfaces of periodic maps in skewed cells: known bodies, closure, normals."""

from collections import Counter

import numpy as np
import pytest

from ionlake.errors import GridError, SettingsError
from ionlake.geometry import minimum_image_distances, volume
from ionlake.levels.isosurface import isosurface

CELL = np.array([[6.0, 0.4, -0.3], [2.1, 5.2, 0.2], [-1.3, 1.7, 6.4]])
SHAPE = (30, 26, 33)


def points(shape=SHAPE):
    axes = [np.arange(n) / n for n in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def distances(centre, cell=CELL, shape=SHAPE):
    flat = points(shape).reshape(-1, 3)
    return minimum_image_distances(flat, np.array([centre]), cell).reshape(shape)


def boundary_edges(faces):
    """Edges that do not belong to two triangles running in opposite ways."""
    edges = Counter()
    for i, j in ((0, 1), (1, 2), (2, 0)):
        edges.update(map(tuple, faces[:, [i, j]]))
    return [edge for edge, n in edges.items() if n != 1 or edges[edge[::-1]] != 1]


@pytest.mark.parametrize("cell", [CELL, CELL[[1, 0, 2]]], ids=["right-handed", "left-handed"])
def test_a_sphere_inside_has_its_volume_area_and_outward_normals(cell):
    centre = np.array([0.5, 0.45, 0.55])
    surface = isosurface(distances(centre, cell), 1.5, cell)
    assert surface.volume_ang3 == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.02)
    assert surface.area_ang2 == pytest.approx(4 * np.pi * 1.5**2, rel=0.02)
    assert not surface.caps.any()
    outward = surface.triangles.mean(axis=1) - centre @ cell
    assert np.einsum("ij,ij->i", outward, surface.area_vectors).min() > 0
    assert np.allclose(np.linalg.norm(surface.vertices - centre @ cell, axis=1), 1.5, atol=0.02)


@pytest.mark.parametrize("centre", [(0.0, 0.0, 0.0), (0.5, 0.0, 0.3), (0.02, 0.5, 0.97)])
def test_a_sphere_cut_by_the_box_is_closed_and_keeps_its_volume(centre):
    surface = isosurface(distances(centre), 1.5, CELL)
    sphere = 4 / 3 * np.pi * 1.5**3
    assert surface.volume_ang3 == pytest.approx(sphere, rel=0.02)
    assert surface.area_ang2 == pytest.approx(4 * np.pi * 1.5**2, rel=0.02)
    assert surface.caps.any()
    assert boundary_edges(surface.faces) == []
    fractional = surface.vertices @ np.linalg.inv(CELL)
    assert fractional.min() == pytest.approx(0, abs=1e-9)
    assert fractional.max() == pytest.approx(1, abs=1e-9)
    doubled = isosurface(distances(centre), 1.5, CELL, repeats=(2, 1, 2))
    assert doubled.volume_ang3 == pytest.approx(4 * sphere, rel=0.02)


def test_a_slab_between_two_lattice_planes():
    """|c − 1/2| < 0.2: linear along the axis, so exact but for single precision."""
    surface = isosurface(np.abs(points()[..., 2] - 0.5), 0.2, CELL)
    plane = np.linalg.norm(np.cross(CELL[0], CELL[1]))
    assert surface.area_ang2 == pytest.approx(2 * plane, rel=1e-4)
    assert surface.volume_ang3 == pytest.approx(0.4 * volume(CELL), rel=1e-4)
    assert np.allclose(surface.area_vectors.sum(axis=0), 0, atol=1e-3)
    assert boundary_edges(surface.faces) == []


def test_refining_brings_a_coarse_sphere_closer_to_the_true_one():
    squared = np.minimum(distances((0.5, 0.5, 0.5), shape=(10, 9, 11)) ** 2, 6.0)
    coarse, fine = (isosurface(squared, 2.0, CELL, refine=n).volume_ang3 for n in (1, 3))
    sphere = 4 / 3 * np.pi * 2**1.5
    assert abs(fine - sphere) < abs(coarse - sphere) / 2


def test_everything_and_nothing_below_the_level():
    values = distances((0, 0, 0))
    assert len(isosurface(values, -1.0, CELL).faces) == 0
    assert isosurface(values, 99.0, CELL).volume_ang3 == pytest.approx(volume(CELL), rel=1e-5)


def test_bad_maps_are_refused():
    values = distances((0, 0, 0))
    values[0, 0, 0] = np.nan
    with pytest.raises(GridError, match="1 values that are not finite"):
        isosurface(values, 1.0, CELL)
    with pytest.raises(GridError, match="three dimensions"):
        isosurface(values[0], 1.0, CELL)
    with pytest.raises(SettingsError, match="refine 0"):
        isosurface(np.ones(SHAPE), 1.0, CELL, refine=0)
