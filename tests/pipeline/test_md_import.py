"""Imported trajectories stand beside Xi like those of the lake's own dynamics."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from ionlake.catalog.access import open_lake
from ionlake.errors import SettingsError
from ionlake.pipeline.md.imports import ImportSettings, import_trajectories
from ionlake.pipeline.run import run_recipe

EDGE = 12.0


def _walk(path, diffusivity_ang2_ps, seed):
    random = np.random.default_rng(seed)
    steps = np.sqrt(2 * diffusivity_ang2_ps * 0.2) * random.standard_normal((250, 32, 3))
    steps[:, 16:] = 0
    positions = EDGE * random.random((32, 3)) + steps.cumsum(axis=0)
    cell = EDGE * np.eye(3)
    frames = [Atoms("Li16F16", positions=each, cell=cell, pbc=True) for each in positions]
    for frame in frames:
        frame.wrap()
    write(path, frames, format="extxyz")


@pytest.fixture
def scanned(recipe, lake):
    run_recipe(recipe, lake)
    return lake


def _settings(temperature_k, **changes):
    given = {"material_id": "lif", "temperature_k": temperature_k, "time_step_fs": 2.0}
    return ImportSettings(**(given | {"frame_every": 100, "origin": "VASP PBE"} | changes))


def test_imports_at_two_temperatures_make_an_arrhenius_fit(scanned, tmp_path):
    for temperature, diffusivity in ((1000.0, 0.5), (600.0, 0.05)):
        path = tmp_path / f"{temperature:g}.xyz"
        _walk(path, diffusivity, int(temperature))
        done = import_trajectories([path], scanned, _settings(temperature))
        assert "S/cm" in done.said[str(path)]
    with open_lake(scanned) as lake:
        runs = lake.query("SELECT * FROM md_runs")
        assert set(runs.method) == {"aimd"}
        assert set(runs.potential) == {"VASP PBE"}
        fit = lake.query("SELECT * FROM md_validation WHERE material_id = 'lif'").iloc[0]
        assert fit.Xi > 0
        assert fit.selection == "imported"
        # E_a of D T^0 · … : ln(σT) follows ln D.
        energy = 8.617e-5 * np.log(10) / (1 / 600 - 1 / 1000)
        assert fit.activation_energy_low_ev < energy < fit.activation_energy_high_ev
        assert lake.trajectory("lif", temperature_k=600).sizes["time"] == 250
    again = import_trajectories([path], scanned, _settings(600.0))
    assert again.release == done.release


def test_a_trajectory_of_something_else_is_refused(scanned, tmp_path):
    path = tmp_path / "walk.xyz"
    _walk(path, 0.1, 0)
    with pytest.raises(SettingsError, match="holds F-Li, but POSCAR_li3ocl is Li3ClO"):
        import_trajectories([path], scanned, _settings(900.0, material_id="POSCAR_li3ocl"))
    with pytest.raises(SettingsError, match="no material nothing"):
        import_trajectories([path], scanned, _settings(900.0, material_id="nothing"))
