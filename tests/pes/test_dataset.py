"""The dataset of a scan keeps its promises, one by one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from ionlake.errors import GridError
from ionlake.geometry import minimum_image_distances
from ionlake.names import PointStatus
from ionlake.pes import identity, verification
from ionlake.pes.checks import ion_checks
from ionlake.pes.dataset import grid_dataset
from ionlake.pes.identity import scan_id
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.landscapes import TRICLINIC
from tests.reference.potentials import PairPotential

COARSE = ScanSettings(spacing_ang=0.8)
MATERIALS = ("Li3N-191", "LiAlO2-92")


@pytest.fixture(scope="module", params=MATERIALS)
def scanned(request):
    return load_bundled(request.param), scan_structure(
        load_bundled(request.param), COARSE, PairPotential()
    )


def test_layout(scanned):
    record, dataset = scanned
    assert dict(dataset.sizes) == {
        "mobile_ion": len(record.mobile_sites("Li")),
        **dict(zip("abc", dataset.energy.shape[1:], strict=True)),
    }
    layout = {name: (var.dims, var.dtype.name) for name, var in dataset.data_vars.items()}
    assert layout == {
        "energy": (("mobile_ion", "a", "b", "c"), "float32"),
        "status": (("mobile_ion", "a", "b", "c"), "uint8"),
        "minimum_energy_ev": (("mobile_ion",), "float64"),
        "base_energy_ev": ((), "float64"),
    }
    for axis in "abc":
        n = dataset.sizes[axis]
        np.testing.assert_array_equal(dataset[axis], np.arange(n) / n)
    assert dataset.energy.attrs["units"] == dataset.minimum_energy_ev.attrs["units"] == "eV"
    flags = dataset.status.attrs
    assert dict(zip(flags["flag_meanings"].split(), flags["flag_values"], strict=True)) == {
        "missing": 0,
        "evaluated": 1,
        "symmetry_copy": 2,
        "excluded": 3,
        "skipped": 4,
    }


def test_energies_are_missing_exactly_where_excluded(scanned):
    record, dataset = scanned
    shape = dataset.energy.shape[1:]
    points = np.array(list(np.ndindex(*shape))) / np.array(shape)
    for ion, site in enumerate(record.mobile_sites("Li")):
        others = np.delete(record.fractional_positions, site, axis=0)
        near = minimum_image_distances(points, others, record.cell).min(axis=1) < 1.2
        np.testing.assert_array_equal(np.isnan(dataset.energy[ion]).values.ravel(), near)
    excluded = dataset.status == PointStatus.EXCLUDED
    np.testing.assert_array_equal(np.isnan(dataset.energy), excluded)


def test_energies_are_relative_to_each_ions_own_minimum(scanned):
    record, dataset = scanned
    np.testing.assert_array_equal(dataset.energy.min(["a", "b", "c"]), 0.0)
    lowest = dataset.energy.argmin(["a", "b", "c"])
    for ion, site in enumerate(record.mobile_sites("Li")):
        index = [int(lowest[axis][ion]) for axis in "abc"]
        moved = record.fractional_positions.copy()
        moved[site] = np.array(index) / dataset.energy.shape[1:]
        positions = np.array([moved, record.fractional_positions]) @ record.cell
        expected = PairPotential().energies(record.cell, record.atomic_numbers, positions)
        assert float(dataset.minimum_energy_ev[ion]) == pytest.approx(expected[0], abs=1e-9)
        assert float(dataset.base_energy_ev) == pytest.approx(expected[1], abs=1e-9)


def test_counts_agree_with_the_status(scanned):
    _, dataset = scanned
    symmetry = dataset.attrs["symmetry"]
    counts = np.bincount(dataset.status.values.ravel(), minlength=5)
    assert counts.tolist() == [
        0,
        symmetry["points_evaluated"],
        symmetry["points_copied"],
        symmetry["points_excluded"],
        0,
    ]
    assert counts.sum() == symmetry["points_total"] == dataset.energy.size
    assert symmetry["points_copied"] > symmetry["points_evaluated"]


def test_ions_of_one_orbit_have_one_landscape(scanned):
    _, dataset = scanned
    scanned_ions = dataset.attrs["symmetry"]["orbit_ions"]
    evaluated = (dataset.status == PointStatus.EVALUATED).any(["a", "b", "c"]).values
    for ion, source in enumerate(scanned_ions):
        assert evaluated[ion] == (ion == source)
        np.testing.assert_array_equal(
            np.sort(dataset.energy[ion].values, axis=None),
            np.sort(dataset.energy[source].values, axis=None),
        )
    assert len(dataset.attrs["symmetry"]["framework_operations"]) == len(set(scanned_ions))


def test_attributes_survive_json(scanned):
    _, dataset = scanned
    for attributes in (dataset.attrs, *(variable.attrs for variable in dataset.variables.values())):
        assert json.loads(json.dumps(attributes, allow_nan=False)) == attributes


def test_attributes_identify_crystal_method_and_potential(scanned):
    record, dataset = scanned
    attributes = dataset.attrs
    assert attributes["structure_id"] == record.structure_id
    assert attributes["formula"] == record.formula
    np.testing.assert_array_equal(attributes["cell"], record.cell)
    np.testing.assert_array_equal(attributes["fractional_positions"], record.fractional_positions)
    assert attributes["symbols"] == list(record.symbols)
    assert attributes["atomic_numbers"] == record.atomic_numbers.tolist()
    assert attributes["mobile_site_indices"] == record.mobile_sites("Li").tolist()
    assert attributes["mobile_species"] == "Li"
    assert attributes["grid_protocol"] == "commensurate-0.8"
    assert attributes["scan_protocol"] == "frozen_framework"
    card = PairPotential().card
    assert attributes["potential"]["potential_id"] == card.potential_id
    assert attributes["potential"]["parameters"] == card.parameters
    resolved = replace(COARSE, symmetry="all")
    assert attributes["symmetry"]["mode"] == "all"
    assert attributes["scan_id"] == scan_id(
        record.structure_id, resolved, card.potential_id, "batched-1"
    )


def test_sites_in_any_order_keep_their_order():
    """Mobile ions come in the order of their sites, wherever the framework stands among them."""
    record = load_bundled("LiAlO2-92")
    order = np.random.default_rng(2).permutation(record.n_sites)
    shuffled = StructureRecord(
        record.cell, record.atomic_numbers[order], record.fractional_positions[order]
    )
    plain, mixed = (scan_structure(each, COARSE, PairPotential()) for each in (record, shuffled))
    sites = mixed.attrs["mobile_site_indices"]
    assert sites == sorted(sites) == shuffled.mobile_sites("Li").tolist()
    original = plain.attrs["mobile_site_indices"]
    for ion, site in enumerate(sites):
        same = original.index(int(order[site]))
        np.testing.assert_allclose(mixed.energy[ion], plain.energy[same], rtol=0, atol=1e-6)


def test_another_mobile_species():
    record = load_bundled("Li3N-191")
    numbers = np.where(record.atomic_numbers == 3, 11, record.atomic_numbers)
    sodium = StructureRecord(record.cell, numbers, record.fractional_positions)
    dataset = scan_structure(sodium, replace(COARSE, mobile_species="Na"), PairPotential())
    assert dataset.sizes["mobile_ion"] == 3
    assert dataset.attrs["mobile_species"] == "Na"
    nitrogen = scan_structure(record, replace(COARSE, mobile_species="N"), PairPotential())
    assert nitrogen.attrs["mobile_site_indices"] == [3]


def test_the_scan_id_changes_with_whatever_changes_the_energies(monkeypatch):
    usual = ("structure", ScanSettings(), "potential", "batched-1")
    base = scan_id(*usual)
    settings = [
        replace(ScanSettings(), **change)
        for change in (
            {"mobile_species": "Na"},
            {"grid": "paper"},
            {"symmetry": "proper"},
            {"symmetry": "none"},
            {"spacing_ang": 0.2500001},
            {"exclusion_radius_ang": 1.3},
            {"accuracy": "screen"},
            {"min_image_distance_ang": 5.0},
            {"min_image_distance_ang": 6.0},
        )
    ]
    others = [scan_id("structure", each, "potential", "batched-1") for each in settings]
    others += [
        scan_id("other", *usual[1:]),
        scan_id("structure", ScanSettings(), "other", "batched-1"),
        scan_id("structure", ScanSettings(), "potential", "batched-2"),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(identity, "SCAN_VERSION", 2)
        others.append(scan_id(*usual))
    assert len({base, *others}) == 1 + len(others)
    assert scan_id("structure", ScanSettings(spacing_ang=0.25), "potential", "batched-1") == base
    assert len(base) == 32


def test_the_scan_id_names_the_evaluator_and_not_how_it_was_chosen():
    chosen, forced = (ScanSettings(evaluator=choice) for choice in ("auto", "batched"))
    ids = [scan_id("structure", each, "potential", "batched-1") for each in (chosen, forced)]
    assert ids[0] == ids[1]
    assert scan_id("structure", chosen, "potential", "quick-1") not in ids


def test_auto_is_the_mode_it_stands_for():
    record = load_bundled("Li3N-191")
    auto, proper, full = (
        scan_structure(record, replace(COARSE, symmetry=mode), PairPotential(chirality=0.1))
        for mode in ("auto", "proper", "none")
    )
    assert auto.attrs["scan_id"] == proper.attrs["scan_id"] != full.attrs["scan_id"]
    xr.testing.assert_identical(auto, proper)


def test_a_scan_is_reproducible(scanned):
    record, dataset = scanned
    xr.testing.assert_identical(scan_structure(record, COARSE, PairPotential()), dataset)


def test_the_nearest_own_image_is_noted():
    record = StructureRecord(TRICLINIC, np.array([3, 8]), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]))
    dataset = scan_structure(record, COARSE, CosineLandscape())
    assert dataset.attrs["min_image_distance_ang"] == pytest.approx(np.hypot(1.3, 3.6))


GRID = (4, 4, 4)
CELL = 4.0 * np.eye(3)


def checks(lowest, site, base_ev=0.0, value=-0.1):
    energy = np.full((1, *GRID), value + 1.0)
    energy[(0, *lowest)] = value
    found = ion_checks(energy, CELL, np.array([site]), base_ev)
    return {name: values[0] for name, values in found.items()}


def test_no_warning_where_the_minimum_is_the_site():
    assert checks((1, 2, 1), [0.25, 0.5, 0.25]) == {
        "minimum_minus_base_ev": -0.1,
        "minimum_distance_to_site_ang": 0.0,
        "minimum_below_base": False,
        "minimum_far_from_site": False,
        "minimum_on_edge": False,
    }


@pytest.mark.parametrize(("value", "below"), [(-0.19, False), (-0.21, True)])
def test_minimum_below_the_base_energy(value, below):
    found = checks((1, 1, 1), [0.25] * 3, base_ev=7.0, value=7.0 + value)
    assert found["minimum_below_base"] is below
    assert found["minimum_minus_base_ev"] == pytest.approx(value)


def test_an_unknown_base_energy_leaves_its_checks_open():
    found = checks((1, 1, 1), [0.25] * 3, base_ev=float("nan"))
    assert found["minimum_below_base"] is None
    assert found["minimum_minus_base_ev"] is None


@pytest.mark.parametrize(
    ("site", "far", "distance"),
    [
        ([0.25, 0.25, 0.37], False, 0.48),
        ([0.25, 0.25, 0.38], True, 0.52),
        ([1.25, -0.75, 2.25], False, 0.0),
        ([0.75, 0.25, 0.25], True, 2.0),
    ],
)
def test_minimum_far_from_the_site(site, far, distance):
    found = checks((1, 1, 1), site)
    assert found["minimum_far_from_site"] is far
    assert found["minimum_distance_to_site_ang"] == pytest.approx(distance)


@pytest.mark.parametrize(
    ("lowest", "edge"),
    [((1, 2, 1), False), ((0, 2, 1), True), ((1, 3, 1), True), ((2, 2, 0), True)],
)
def test_minimum_on_the_edge_of_the_grid(lowest, edge):
    assert checks(lowest, np.array(lowest) / 4)["minimum_on_edge"] is edge


def test_checks_of_every_ion_in_their_order():
    energy = np.ones((2, *GRID))
    energy[0, 1, 1, 1] = energy[1, 0, 0, 0] = 0.0
    found = ion_checks(energy, CELL, np.array([[0.25] * 3, [0.25] * 3]), 0.0)
    assert found["minimum_far_from_site"] == [False, True]
    assert found["minimum_on_edge"] == [False, True]


def test_a_scan_reports_its_checks():
    record = StructureRecord(CELL, np.array([3, 8]), np.array([[0.1, 0, 0], [0.3, 0.5, 0.5]]))
    found = scan_structure(record, COARSE, CosineLandscape(amplitudes_ev=(2.0, 2.0, 2.0))).attrs
    assert found["checks"]["minimum_below_base"] == [True]
    assert found["checks"]["minimum_far_from_site"] == [True]
    assert found["checks"]["minimum_on_edge"] == [True]


def test_an_ion_without_any_energy_is_an_error():
    record = load_bundled("Li2O-225")
    energies = np.ones((2, 3, 3, 3))
    energies[1] = np.nan
    with pytest.raises(GridError, match="mobile ion 1 has no energy"):
        grid_dataset(
            record,
            record.mobile_sites("Li"),
            energies,
            np.ones(energies.shape),
            base_energy_ev=0.0,
            dtype=np.dtype(np.float32),
        )


def test_small_differences_on_large_total_energies_survive():
    """Total energies of large crystals have few decimals in float32; differences keep theirs."""

    class Shifted(PairPotential):
        def energies(self, cell, numbers, positions):
            return super().energies(cell, numbers, positions) - 123456.789

    record = load_bundled("Li3N-191")
    plain = scan_structure(record, COARSE, PairPotential())
    shifted = scan_structure(record, COARSE, Shifted())
    np.testing.assert_allclose(shifted.energy, plain.energy, rtol=1e-6, atol=1e-9)
    drop = shifted.minimum_energy_ev - plain.minimum_energy_ev
    np.testing.assert_allclose(drop, -123456.789, rtol=0, atol=1e-9)
    assert verification.CERTIFICATE_LIMIT_EV == verification.EVALUATOR_LIMIT_EV == 1e-4
