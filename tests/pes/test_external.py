"""Energies computed elsewhere become the same dataset."""

import json
import warnings

import numpy as np
import pytest

from ionlake.descriptors.table import describe
from ionlake.errors import GridError, SettingsError, StructureError
from ionlake.names import PointStatus
from ionlake.pes.external import dataset_from_energies
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.potentials import PairPotential

LI3N = load_bundled("Li3N-191")
PAPER = (15, 15, 16)


def energies(shape=PAPER, ions=3, dtype=np.float64):
    random = np.random.default_rng(0).uniform(-5.0, -3.0, (ions, *shape))
    random[:, :2, 0, 0] = np.nan
    return random.astype(dtype)


def quiet(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return dataset_from_energies(*args, **kwargs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_energies_keep_their_type_and_lose_their_minimum(dtype):
    given = energies(dtype=dtype)
    dataset = quiet(LI3N, "Li", given)
    assert dataset.energy.dtype == dtype
    assert dataset.minimum_energy_ev.dtype == np.float64
    np.testing.assert_array_equal(dataset.minimum_energy_ev, np.nanmin(given, axis=(1, 2, 3)))
    total = dataset.energy.astype(float) + dataset.minimum_energy_ev
    np.testing.assert_allclose(total, given, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(dataset.energy.min(["a", "b", "c"]), 0.0)
    assert np.isnan(dataset.base_energy_ev)
    assert not np.shares_memory(dataset.energy.values, given)


def test_excluded_points():
    dataset = quiet(LI3N, "Li", energies())
    np.testing.assert_array_equal(np.isnan(dataset.energy), dataset.status == PointStatus.EXCLUDED)
    assert set(np.unique(dataset.status)) == {PointStatus.EVALUATED, PointStatus.EXCLUDED}
    assert int((dataset.status == PointStatus.EXCLUDED).sum()) == 6


def test_whole_numbers_and_lists_are_energies():
    whole = np.arange(3 * 8).reshape(3, 2, 2, 2)
    dataset = quiet(LI3N, "Li", whole)
    assert dataset.energy.dtype == np.float64
    np.testing.assert_array_equal(dataset.energy, quiet(LI3N, "Li", whole.tolist()).energy)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((2, 4, 4, 4)), r"shape \(2, 4, 4, 4\), expected \(3, n_a, n_b, n_c\) for 3 Li"),
        (np.zeros((3, 4, 4)), r"shape \(3, 4, 4\)"),
        (np.zeros((3, 4, 0, 4)), r"shape \(3, 4, 0, 4\)"),
        (0.0, r"shape \(\)"),
        (np.full((3, 2, 2, 2), np.inf), "24 infinite values"),
        (np.full((3, 2, 2, 2), -np.inf), "infinite values"),
        (np.full((3, 2, 2, 2), np.nan), "mobile ion 0 has no energy"),
        (np.full((3, 2, 2, 2), "1.0"), "expected floats in eV"),
        (np.full((3, 2, 2, 2), None), "expected floats in eV"),
        (np.ones((3, 2, 2, 2), dtype=complex), "expected floats in eV"),
        (np.ones((3, 2, 2, 2), dtype=bool), "expected floats in eV"),
        (np.ma.masked_array(np.ones((3, 2, 2, 2))), "masked array"),
    ],
)
def test_wrong_energies(wrong, message):
    with pytest.raises(GridError, match=message):
        dataset_from_energies(LI3N, "Li", wrong)


def test_one_ion_without_energies():
    lost = energies()
    lost[1] = np.nan
    with pytest.raises(GridError, match="mobile ion 1 has no energy"):
        dataset_from_energies(LI3N, "Li", lost)


@pytest.mark.parametrize("convert", ["to_pymatgen", "to_ase"])
def test_structures_of_other_libraries(convert):
    given = energies()
    dataset = quiet(getattr(LI3N, convert)(), "Li", given)
    assert dataset.attrs["structure_id"] == LI3N.structure_id
    np.testing.assert_array_equal(dataset.energy, quiet(LI3N, "Li", given).energy)


def test_other_things_are_no_structures():
    with pytest.raises(StructureError, match="expected a pymatgen"):
        dataset_from_energies("POSCAR", "Li", energies())
    with pytest.raises(StructureError, match="no Na"):
        dataset_from_energies(LI3N, "Na", energies())
    with pytest.raises(SettingsError, match="not an element symbol"):
        dataset_from_energies(LI3N, "li", energies())


@pytest.mark.parametrize(
    ("material", "shape", "given", "protocol"),
    [
        ("Li3N-191", (15, 15, 16), None, "paper"),
        ("Li3N-191", (15, 15, 16), "paper", "paper"),
        ("Li3N-191", (15, 15, 16), "commensurate", "commensurate"),
        ("Li3N-191", (15, 15, 16), "custom", "custom"),
        ("Li3N-191", (15, 16, 16), None, "custom"),
        ("Li3P-194", (18, 18, 32), None, "custom"),
        ("Li3P-194", (18, 18, 32), "commensurate", "commensurate"),
        ("Li3P-194", (18, 18, 31), "paper", "paper"),
    ],
)
def test_grid_protocols(material, shape, given, protocol):
    record = load_bundled(material)
    grid = energies(shape, ions=len(record.mobile_sites("Li")))
    assert quiet(record, "Li", grid, given).attrs["grid_protocol"] == protocol


@pytest.mark.parametrize("given", ["paper", "commensurate"])
def test_a_grid_that_is_not_what_it_is_called(given):
    with pytest.warns(UserWarning, match=rf"\(4, 5, 6\) is not the {given} grid .* custom") as seen:
        dataset = dataset_from_energies(LI3N, "Li", energies((4, 5, 6)), given)
    assert dataset.attrs["grid_protocol"] == "custom"
    assert [each.filename for each in seen if each.category is UserWarning] == [__file__]


def test_unknown_protocols():
    with pytest.raises(SettingsError, match="grid is 'fine'; expected commensurate, paper or cust"):
        dataset_from_energies(LI3N, "Li", energies(), "fine")


def test_attributes_survive_json():
    attributes = quiet(LI3N, "Li", energies()).attrs
    assert json.loads(json.dumps(attributes, allow_nan=False)) == attributes
    assert attributes["checks"]["minimum_below_base"] == [None, None, None]
    assert attributes["mobile_species"] == "Li"


@pytest.mark.parametrize("material", ["Li3N-191", "Li2O-225"])
def test_a_scan_and_its_own_total_energies_describe_the_same(material):
    record = load_bundled(material)
    dataset = scan_structure(record, ScanSettings(spacing_ang=0.6), PairPotential(cutoff=4.0))
    total = dataset.energy.astype(np.float64) + dataset.minimum_energy_ev
    rebuilt = quiet(record, "Li", total.values)
    np.testing.assert_allclose(rebuilt.energy, dataset.energy, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(rebuilt.minimum_energy_ev, dataset.minimum_energy_ev)
    expected = describe(dataset)
    found = describe(rebuilt)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
