import numpy as np
import pytest

from ionlake.descriptors.pathway_dataset import pathway
from ionlake.descriptors.pathways import material_pathways, setting_ion
from ionlake.descriptors.table import describe_all
from ionlake.errors import GridError
from tests.reference.landscapes import TRICLINIC, cosines, rough, scan

SHAPE = (8, 6, 10)
ISLAND = np.where(cosines(SHAPE, (7.0, 7.0, 7.0)) < 1.0, 0.0, 7.0)


def grid(*landscapes, **attributes):
    found = scan(landscapes)
    found.attrs["symbols"] = ["O", *["Li"] * len(landscapes)]
    return found.assign_attrs(attributes)


def test_the_ions_with_the_lowest_barriers_bring_their_paths():
    made = grid(
        cosines(SHAPE, (0.5, 7.0, 7.0)), cosines(SHAPE, (0.6, 0.7, 0.8)), cosines(SHAPE, (2, 2, 2))
    )
    material, ions = describe_all(made)
    found = {(path.mobile_ion, path.dimension): path for path in material_pathways(made, ions)}
    assert list(found) == [(ion, dimension) for ion in (0, 1) for dimension in (1, 2, 3)]
    setters = [key for key, path in found.items() if path.sets_material_value]
    assert setters == [(0, 1), (1, 2), (1, 3)]
    for ion, dimension in setters:
        barrier = found[ion, dimension].pathway.barrier_ev
        assert barrier == material[f"percolation_barrier_{dimension}d_ev"]
    assert found[0, 2].pathway is found[0, 3].pathway is None


@pytest.mark.parametrize("number", range(4))
def test_the_path_of_a_dimension_has_the_barrier_of_the_material(number):
    made = grid(*(rough((7, 5, 6), seed=10 * number + ion, excluded=0.3) for ion in range(3)))
    material, ions = describe_all(made)
    for dimension in (1, 2, 3):
        barrier = material[f"percolation_barrier_{dimension}d_ev"]
        if barrier is None:
            continue
        path = pathway(made, dimension)
        assert path.energy_ev.max() == path.attrs["barrier_ev"] == barrier
        assert path.attrs["mobile_ion"] == setting_ion(ions, dimension)
        assert path.distance_ang[-1] == pytest.approx(path.attrs["length_ang"])
        ends = path.fractional.values[[0, -1]]
        assert ends[1] - ends[0] == pytest.approx(np.array(path.attrs["direction"]))
        assert path.cartesian_ang.values == pytest.approx(path.fractional.values @ TRICLINIC)


def test_where_nothing_percolates_the_first_ion_has_no_path():
    made = grid(ISLAND, ISLAND)
    _, ions = describe_all(made)
    found = material_pathways(made, ions)
    assert [(path.mobile_ion, path.dimension) for path in found] == [(0, 1), (0, 2), (0, 3)]
    assert not any(path.pathway or path.sets_material_value for path in found)
    with pytest.raises(GridError, match="no mobile ion percolates in 2 dimension"):
        pathway(made, 2)


def test_a_screened_scan_has_only_paths_that_it_tells():
    made = grid(cosines(SHAPE, (0.5, 0.7, 0.8)), valid_below_ev=0.6)
    _, ions = describe_all(made)
    assert [path.pathway is None for path in material_pathways(made, ions)] == [False, True, True]
    assert pathway(made, 1).attrs["barrier_ev"] == pytest.approx(0.5)
    with pytest.raises(GridError, match=r"below 0\.6 eV"):
        pathway(made, 2)


def test_the_atoms_nearest_to_the_bottleneck_are_counted_with_their_images():
    """The bottleneck of the first cosine is (1/2, 0, 0), the oxygen at the cell's centre."""
    made = grid(cosines(SHAPE, (0.5, 7.0, 7.0)))
    made.attrs["cell"] = np.diag([4.0, 3.0, 5.0]).tolist()
    path = pathway(made)
    assert path.attrs["bottleneck_fractional"] == [0.5, 0.0, 0.0]
    assert path.attrs["bottleneck_elements"] == ["O"] * 6
    expected = [np.sqrt(1.5**2 + 2.5**2)] * 4 + [np.sqrt(4**2 + 1.5**2 + 2.5**2)] * 2
    assert path.attrs["bottleneck_distances_ang"] == pytest.approx(expected)


def test_an_ion_may_be_named():
    made = grid(cosines(SHAPE, (0.5, 0.7, 0.8)), cosines(SHAPE, (1.5, 1.7, 1.8)))
    assert pathway(made, 2, mobile_ion=1).attrs["barrier_ev"] == pytest.approx(1.7)
    with pytest.raises(GridError, match="mobile ion is 2; expected 0 to 1"):
        pathway(made, 2, mobile_ion=2)
    with pytest.raises(GridError, match="dimension is 4; expected 1, 2 or 3"):
        pathway(made, 4)
