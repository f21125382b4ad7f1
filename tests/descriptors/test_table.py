import json
import math
import tracemalloc

import numpy as np
import pytest

from ionlake.descriptors import describe, describe_all, describe_ions
from ionlake.errors import GridError
from ionlake.geometry import minimum_image_distances, volume
from ionlake.levels import neighbour_offsets
from tests.reference.free_volume import MASKINGS, THRESHOLDS, slow_free_volumes
from tests.reference.landscapes import TRICLINIC, cosines, rough, scan
from tests.reference.minimax import slow_level_map
from tests.reference.percolation import slow_percolation_barriers


def slow_row(energies, cell):
    """The whole row of a material whose ions have a single lowest point each."""
    shape = energies[0].shape
    offsets = neighbour_offsets(cell, shape)
    seeds = [tuple(int(s) for s in np.unravel_index(np.nanargmin(e), shape)) for e in energies]
    filled = [np.where(np.isnan(e), np.nanmax(e), e) for e in energies]
    levels = [slow_level_map(e, s, offsets) for e, s in zip(filled, seeds, strict=True)]
    summed, union = slow_free_volumes(filled, levels, seeds, cell)
    row = {"cell_volume": volume(cell)}
    for threshold in THRESHOLDS:
        label = f"{threshold:.1f}".replace(".", "p")
        row[f"fv_{label}_WARNlowPES"] = any(e.max() < threshold for e in filled)
        for masking in MASKINGS:
            for kind in ("disconnected", "connected"):
                key = f"{masking}fv_{label}_{kind}"
                row[key] = summed[masking, kind, threshold]
                row[f"{key}_rel"] = row[key] / volume(cell)
                row[f"{key}_union"] = union[masking, kind, threshold]
    row["mpe"] = min(face.min() for level in levels for face in faces(level))
    for quantile in (0.03, 0.05, 0.10):
        row[f"mpe_robust_0p{100 * quantile:02.0f}"] = min(
            np.quantile(np.where(face > 6.0, e.max(), face), quantile)
            for e, level in zip(filled, levels, strict=True)
            for face in faces(level)
        )
    row["Xi"] = math.prod(
        1.0 / (1.0 + (math.exp(-10.0 * (math.log10(row[f"fv_0p5_{kind}_union"]) + offset))))
        for kind, offset in (("connected", 2.0), ("disconnected", 1.15))
    )
    barriers = [
        slow_percolation_barriers(e, s, offsets) for e, s in zip(energies, seeds, strict=True)
    ]
    for d in (1, 2, 3):
        present = [of_ion[d - 1] for of_ion in barriers if of_ion[d - 1] is not None]
        row[f"percolation_barrier_{d}d_ev"] = min(present, default=None)
        row[f"percolation_{d}d_above_cap"] = not present
    return row


def faces(levels):
    return levels[0], levels[-1], levels[:, 0], levels[:, -1], levels[..., 0], levels[..., -1]


@pytest.mark.parametrize(
    ("shape", "n_ions", "highest", "excluded"),
    [((5, 4, 6), 2, 5.0, 0.2), ((3, 6, 2), 3, 1.2, 0.1), ((1, 4, 3), 1, 9.0, 0.0)],
)
def test_a_whole_row_equals_the_slow_one(shape, n_ions, highest, excluded):
    energies = [rough(shape, seed, highest, excluded) for seed in range(n_ions)]
    row, expected = describe(scan(energies)), slow_row(energies, TRICLINIC)
    assert row.keys() == expected.keys()
    for key, value in expected.items():
        assert row[key] == pytest.approx(value, rel=1e-9, abs=1e-12), key


def test_materials_take_the_lowest_of_their_ions():
    shape = (8, 8, 8)
    energies = [cosines(shape, h) for h in ((0.9, 7.0, 8.0), (1.2, 1.4, 9.0))]
    row, ions = describe_all(scan(energies, cell=4.0 * np.eye(3)))
    assert row["percolation_barrier_1d_ev"] == pytest.approx(0.9)
    assert row["percolation_barrier_2d_ev"] == pytest.approx(1.4)
    assert row["percolation_barrier_3d_ev"] is None
    flags = [row[f"percolation_{d}d_above_cap"] for d in (1, 2, 3)]
    assert flags == [False, False, True]
    assert row["mpe"] == pytest.approx(0.9)
    assert [ion["mpe"] for ion in ions] == pytest.approx([0.9, 1.2])
    assert [ion["percolation_barrier_2d_ev"] for ion in ions] == [None, pytest.approx(1.4)]


def test_ions_are_named_by_position_site_and_seed():
    energies = [rough((3, 4, 5), 1), rough((3, 4, 5), 2)]
    dataset = scan(energies)
    dataset.attrs["mobile_site_indices"] = [2, 1]
    ions = describe_ions(dataset)
    assert [ion["mobile_ion"] for ion in ions] == [0, 1]
    assert [ion["site_index"] for ion in ions] == [2, 1]
    for ion, energy in zip(ions, energies, strict=True):
        seed = tuple(ion[f"seed_{axis}"] for axis in "abc")
        assert energy[seed] == np.nanmin(energy)


def test_seeds_are_chosen_by_the_sites_of_the_mobile_ions():
    energy = np.ones((1, 1, 4))
    energy[0, 0, [1, 3]] = 0.0
    dataset = scan([energy, energy], sites=[[0.0, 0.0, 0.7], [0.0, 0.0, 0.3]])
    assert [ion["seed_c"] for ion in describe_ions(dataset)] == [3, 1]
    dataset.attrs["mobile_site_indices"] = [2, 1]
    assert [ion["seed_c"] for ion in describe_ions(dataset)] == [1, 3]


def test_the_three_entries_agree():
    dataset = scan([rough((3, 4, 2), 4)])
    assert describe_all(dataset) == (describe(dataset), describe_ions(dataset))


def test_results_are_plain_and_finite():
    walled = np.full((3, 3, 3), np.nan)
    walled[1, 1, 1] = 0.0
    material, ions = describe_all(scan([walled]))
    json.dumps([material, ions], allow_nan=False)
    assert material["percolation_barrier_1d_ev"] is None
    assert material["fv_0p1_WARNlowPES"] is True
    no_volume = cosines((4, 4, 4), (5.0, 5.0, 5.0))
    no_volume[0, 0, 0] = 1e-6
    assert 0.0 <= describe(scan([no_volume]))["Xi"] < 1e-3


@pytest.mark.parametrize("threshold", [0.5, 4.0])
def test_low_landscapes_are_marked(threshold):
    key = f"fv_{threshold:.1f}_WARNlowPES".replace(".", "p")
    high = cosines((4, 2, 2), (5.0, 0.0, 0.0))
    at = cosines((4, 2, 2), (threshold, 0.0, 0.0))
    below = cosines((4, 2, 2), (threshold - 1e-6, 0.0, 0.0))
    assert describe(scan([high, at]))[key] is False
    assert describe(scan([high, below]))[key] is True


def test_single_precision_changes_nothing_but_rounding():
    energies = np.array([rough((4, 5, 3), 1), rough((4, 5, 3), 2)]).astype(np.float32)
    assert describe_all(scan(energies)) == describe_all(scan(energies.astype(np.float64)))


def test_the_dataset_is_left_as_it_was():
    dataset = scan([rough((3, 3, 3), 1)])
    before = dataset.copy(deep=True)
    describe_all(dataset)
    assert dataset.identical(before)


def test_memory_does_not_grow_with_the_number_of_ions():
    energy = rough((20, 20, 20), 1)

    def peak(n_ions):
        dataset = scan(np.broadcast_to(energy, (n_ions, *energy.shape)).astype(np.float32))
        tracemalloc.start()
        describe_all(dataset)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(9) < 1.3 * peak(2)


def broken(**changes):
    dataset = scan([rough((2, 3, 4), 1), rough((2, 3, 4), 2)])
    return dataset.assign_attrs(changes)


def test_the_order_of_the_named_dimensions_does_not_matter():
    assert describe(broken().transpose("c", "a", "mobile_ion", "b")) == describe(broken())


def without(name):
    dataset = broken()
    del dataset.attrs[name]
    return dataset


def with_energy(change):
    dataset = broken()
    dataset["energy"].values = change(dataset["energy"].values.copy())
    return dataset


def exclude_second_ion(energy):
    energy[1] = np.nan
    return energy


def make_infinite(energy):
    energy[1, 0, 0, 0] = np.inf
    return energy


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (broken().rename(energy="pes"), r"variables \['pes'\], expected 'energy'"),
        (3, "got int, expected an xarray Dataset"),
        (broken().isel(a=0), r"dimensions \('mobile_ion', 'b', 'c'\)"),
        (broken().isel(mobile_ion=slice(0)), "at least one ion"),
        (broken().isel(b=slice(0)), "one point along each axis"),
        (broken().fillna(0).astype(int), "type int64"),
        (without("cell"), "no attribute 'cell'"),
        (without("fractional_positions"), "no attribute 'fractional_positions'"),
        (without("mobile_site_indices"), "no attribute 'mobile_site_indices'"),
        (broken(cell=[[1, 0, 0], [0, 1, 0]]), r"shape \(3, 3\)"),
        (broken(cell="cubic"), "'cell' is 'cubic'"),
        (broken(cell=[[1, 0, 0], [0, 1, 0], [0, 0, math.nan]]), "finite"),
        (broken(cell=[[1, 0, 0], [0, 1, 0], [1, 1, 0]]), "independent"),
        (broken(fractional_positions=[[0, 0], [1, 1]]), r"shape \(sites, 3\)"),
        (broken(mobile_site_indices=[1]), "one for each mobile ion"),
        (broken(mobile_site_indices=[1, 3]), "from 0 to 2"),
        (broken(mobile_site_indices=[-1, 1]), "from 0 to 2"),
        (broken(mobile_site_indices=[0.5, 1.0]), "site indices"),
        (with_energy(exclude_second_ion), r"mobile ion 1 \(site 2\) has no evaluated point"),
        (with_energy(make_infinite), "1 infinite energies"),
        (with_energy(lambda energy: energy - 3.0), "is -3 eV, expected 0"),
        (with_energy(lambda energy: energy + 0.001), "subtract it"),
    ],
)
def test_a_dataset_that_is_no_scan_is_refused(dataset, message):
    with pytest.raises(GridError, match=message):
        describe(dataset)


def test_the_nearest_degenerate_minimum_is_the_seed_in_a_skewed_cell():
    energy = np.zeros((5, 5, 5))
    site = np.array([0.31, 0.55, 0.93])
    ion = describe_ions(scan([energy], sites=[site]))[0]
    points = np.array(list(np.ndindex(5, 5, 5))) / 5
    distances = minimum_image_distances(points, site[None], TRICLINIC)[:, 0]
    seed = np.array([[ion[f"seed_{axis}"] for axis in "abc"]]) / 5
    assert minimum_image_distances(seed, site[None], TRICLINIC)[0, 0] == distances.min()


def test_robust_energies_count_from_the_seed_even_if_it_is_not_the_lowest_point():
    energy = np.full((3, 3, 3), 7.0)
    energy[0, 0, 0], energy[1, 1, 1] = 9e-6, 0.0
    row, (ion,) = describe_all(scan([energy], cell=4.0 * np.eye(3), sites=[[0.0, 0.0, 0.0]]))
    assert ion["seed_a"] == 0
    assert row["mpe_robust_0p10"] == row["mpe_robust_0p05"] == 7.0 - 9e-6
