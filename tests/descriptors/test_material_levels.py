"""The map of a whole material against the free volumes that the paper counts."""

import numpy as np
import pytest

import ionlake
from ionlake.descriptors.material_levels import material_levels
from ionlake.errors import GridError
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled


@pytest.fixture(scope="module")
def grid():
    return scan_structure(
        load_bundled("Li3N-191"), ScanSettings(spacing_ang=0.5), CosineLandscape()
    )


def test_levels_lie_between_the_lowest_energies_and_the_highest_one(grid):
    levels = material_levels(grid, 0.5)
    energy = grid.energy.to_numpy().astype(float)
    assert levels.shape == energy.shape[1:]
    highest = np.nanmax(energy, axis=(1, 2, 3), keepdims=True)
    lowest = np.where(np.isnan(energy), highest, energy).min(axis=0)
    assert (levels >= lowest - 1e-12).all()
    assert (levels <= highest.max()).all()
    assert levels.min() == 0


def test_the_region_below_a_threshold_holds_the_connected_free_volume(grid):
    """Folded into the cell no point is lost: between the connected union and eight times it."""
    descriptors = ionlake.describe(grid)
    for threshold, name in ((0.5, "0p5"), (1.0, "1p0")):
        share = float((material_levels(grid, threshold) < threshold).mean())
        connected = descriptors[f"fv_{name}_connected_union"]
        assert connected - 0.05 <= share <= min(1, 8 * connected) + 0.05
        assert share <= descriptors[f"fv_{name}_disconnected_union"] + 0.05


def test_an_origin_moved_by_grid_steps_moves_the_map(grid):
    """Each ion's map moves with it where nothing is cut off by the box."""
    levels = material_levels(grid, 0.3)
    steps = (1, 2, 1)
    sizes = np.array(levels.shape)
    moved = grid.copy(deep=True)
    moved["energy"] = (grid.energy.dims, np.roll(grid.energy.to_numpy(), steps, axis=(1, 2, 3)))
    positions = np.array(grid.attrs["fractional_positions"]) + np.array(steps) / sizes
    moved.attrs = grid.attrs | {"fractional_positions": positions.tolist()}
    assert np.allclose(material_levels(moved, 0.3), np.roll(levels, steps, axis=(0, 1, 2)))


def test_a_screened_scan_refuses_thresholds_it_does_not_decide(grid):
    screened = grid.assign_attrs(valid_below_ev=0.6)
    assert material_levels(screened, 0.5).shape == grid.energy.shape[1:]
    with pytest.raises(GridError, match=r"screened: its energies are known below 0\.6 eV"):
        material_levels(screened, 0.7)
