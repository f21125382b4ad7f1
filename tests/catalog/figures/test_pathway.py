"""What is drawn of a crystal: the box, its atoms, the region, and the two kinds of picture."""

import numpy as np
import pytest

from ionlake.catalog.figures.pathway import pathway_figure
from ionlake.catalog.figures.pathway_page import pathway_page, save_page
from ionlake.catalog.figures.projection import SURFACE_ALPHA, render, sphere, tubes, view_of
from ionlake.catalog.figures.saving import Provenance
from ionlake.catalog.figures.scene import pathway_scene
from ionlake.errors import MissingExtraError, SettingsError
from ionlake.geometry import volume
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled


@pytest.fixture(scope="module")
def scene():
    grid = scan_structure(load_bundled("LiF-225"), ScanSettings(spacing_ang=0.4), CosineLandscape())
    return pathway_scene(grid, material_id="LiF-225", xi=0.5)


def test_a_small_cell_is_repeated_and_atoms_stand_on_all_faces(scene):
    assert scene.repeats == (2, 2, 2)
    assert volume(scene.box) == pytest.approx(8 * volume(scene.cell))
    assert len(scene.edges) == 3 * 3 * 3
    counts = {atoms.symbol: len(atoms.positions) for atoms in scene.atoms}
    assert counts["Li"] == 27
    assert counts["F"] == 8


def test_the_region_in_the_box_has_the_share_of_the_grid_points(scene):
    """Twice the points by splines and a curved surface: not to the voxel."""
    share = scene.surface.volume_ang3 / volume(scene.box)
    assert 0 < scene.share < 1
    assert share == pytest.approx(scene.share, rel=0.3)


def test_only_the_framework_has_bonds():
    grid = scan_structure(
        load_bundled("LiAlCl4-14"), ScanSettings(spacing_ang=1.5), CosineLandscape()
    )
    found = pathway_scene(grid)
    lengths = np.linalg.norm(found.bonds[:, 0] - found.bonds[:, 1], axis=1)
    assert len(lengths) >= 12
    assert lengths.min() > 1.9
    assert lengths.max() < 2.5


def test_views_are_rotations_for_any_cell():
    for cell in (np.eye(3), np.array([[3.0, 0, 0], [1, 4, 0], [-1, 2, 5]])):
        view = view_of(cell)
        assert np.allclose(view @ view.T, np.eye(3))
        assert np.linalg.det(view) == pytest.approx(1)
        assert (view @ cell[2])[0] == pytest.approx(0, abs=1e-12)


def test_bodies_are_seen_from_outside():
    for triangles, centre in (
        (sphere(), 0.0),
        (tubes(np.array([[[0, 0, -1.0], [0, 0, 1.0]]]), 1.0), None),
    ):
        normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
        outward = triangles.mean(axis=1)
        if centre is None:
            outward[:, 2] = 0
        assert np.einsum("ij,ij->i", normals, outward).min() > -1e-12


def test_the_picture_has_the_shape_of_the_scene_and_a_clear_background(scene):
    picture = render(scene, 120)
    left, right, bottom, top = picture.extent
    height, width, _ = picture.pixels.shape
    assert max(height, width) == 120
    assert width / height == pytest.approx((right - left) / (top - bottom), rel=0.03)
    assert picture.pixels[0, 0, 3] == 0
    opacity = set(np.unique(picture.pixels[..., 3]))
    assert {0, 255} <= opacity
    assert 0.2 < (picture.pixels[..., 3] > 0).mean() < 0.95
    assert 0 < SURFACE_ALPHA < 1


def test_panels_name_the_material_and_xi(scene):
    one, other = pathway_figure([scene, scene]).axes
    for axes in (one, other):
        assert "LiF-225" in axes.get_title()
        assert "Ξ = 0.5" in axes.get_title()


def test_the_page_needs_no_network(scene, tmp_path):
    figure = pathway_page([scene, scene])
    assert [each.showlegend for each in figure.data if each.name == "Li"] == [True, False]
    path = tmp_path / "page.html"
    save_page(figure, path, "A <title>", Provenance(3, ("toy",)))
    text = path.read_text(encoding="utf-8")
    assert "<title>A &lt;title&gt;</title>" in text
    assert "lake release 3" in text
    assert len(text) > 1e6
    assert "<script src" not in text
    assert "cdn." not in text.split("<body>")[0].split("plotly.js v")[0]


def test_thresholds_and_missing_packages_are_told(scene, monkeypatch):
    with pytest.raises(SettingsError, match="threshold is 0 eV; expected a positive"):
        pathway_scene(None, threshold_ev=0)
    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "plotly.subplots", None)
    with pytest.raises(MissingExtraError, match=r"plotly .* pip install 'ionlake\[plots\]'"):
        pathway_page([scene])
