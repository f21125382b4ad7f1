"""The public functions, as a user calls them."""

import inspect

import numpy as np
import pytest

import ionlake
from ionlake.errors import PotentialError, SettingsError, StructureError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.potentials import OwnEvaluator, PairPotential

LI2O = load_bundled("Li2O-225")


@pytest.mark.parametrize("structure", [LI2O, LI2O.to_pymatgen(), LI2O.to_ase()])
def test_scan_and_describe(structure):
    dataset = ionlake.scan(structure, potential=PairPotential())
    assert dataset.attrs["structure_id"] == LI2O.structure_id
    assert dict(dataset.sizes) == {"mobile_ion": 2, "a": 14, "b": 14, "c": 14}
    described = ionlake.describe(dataset)
    assert described["mpe"] >= 0
    assert 0 < described["Xi"] < 1


def test_the_first_four_arguments_may_be_given_by_position():
    parameters = inspect.signature(ionlake.scan).parameters
    assert list(parameters)[:4] == ["structure", "mobile_species", "potential", "grid"]
    defaults = {name: each.default for name, each in parameters.items()}
    assert defaults["mobile_species"] == "Li"
    assert defaults["potential"] == "sevennet-0"
    assert defaults["grid"] == "commensurate"
    grids = {grid: ionlake.scan(LI2O, "Li", "analytic", grid) for grid in ("paper", "commensurate")}
    for grid, dataset in grids.items():
        assert dataset.attrs["grid_protocol"] == grid


def test_scan_takes_symmetry_device_and_progress():
    seen = []
    dataset = ionlake.scan(
        LI2O,
        potential="analytic",
        symmetry="none",
        device="cpu",
        progress=lambda done, of: seen.append((done, of)),
    )
    assert dataset.attrs["symmetry"]["mode"] == "none"
    assert seen[-1][0] == seen[-1][1]


def test_batches_of_structures_can_be_forced():
    own = OwnEvaluator()
    quick, plain = (
        ionlake.scan(LI2O, potential=own, evaluator=choice) for choice in ("auto", "batched")
    )
    assert [each.attrs["evaluator"] for each in (quick, plain)] == ["own-7", "batched-1"]
    np.testing.assert_array_equal(quick.energy, plain.energy)


def test_energies_from_elsewhere():
    grid = np.random.default_rng(0).random((2, 4, 5, 6))
    dataset = ionlake.dataset_from_energies(LI2O, "Li", grid, grid="custom")
    assert dataset.attrs["grid_protocol"] == "custom"
    assert ionlake.describe(dataset)["mpe"] >= 0


def test_wrong_arguments_are_refused_before_a_model_is_loaded(monkeypatch):
    def load(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr("ionlake.api.load_potential", load)
    with pytest.raises(StructureError, match="expected a pymatgen"):
        ionlake.scan("Li2O.cif")
    with pytest.raises(StructureError, match="no Na"):
        ionlake.scan(LI2O, "Na")
    with pytest.raises(SettingsError, match="mobile_species is 'li'"):
        ionlake.scan(LI2O, "li")
    with pytest.raises(SettingsError, match="grid is 'fine'"):
        ionlake.scan(LI2O, grid="fine")
    with pytest.raises(SettingsError, match="evaluator is 'own'; expected one of auto, batched"):
        ionlake.scan(LI2O, evaluator="own")
    with pytest.raises(SettingsError, match="symmetry is 'most'"):
        ionlake.scan(LI2O, symmetry="most")


def test_wrong_potentials_and_devices():
    with pytest.raises(PotentialError, match="no potential named 'sevennet-1'"):
        ionlake.scan(LI2O, potential="sevennet-1", device="cpu")
    with pytest.raises(PotentialError, match="expected a name or an object"):
        ionlake.scan(LI2O, potential=CosineLandscape)
    with pytest.raises(SettingsError, match="device is 'gpu'"):
        ionlake.scan(LI2O, potential="analytic", device="gpu")


def test_public_names_are_found_on_first_use():
    assert set(ionlake.__all__) <= set(dir(ionlake))
    for name in ionlake.__all__:
        assert getattr(ionlake, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'scam'"):
        _ = ionlake.scam
