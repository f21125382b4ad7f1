"""Scans on a device that runs out of memory or computes something else, without a GPU."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ionlake.errors import DeviceMemoryError, PotentialError
from ionlake.lake.grids import open_grid
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline import steps
from ionlake.pipeline.blocks import Block
from ionlake.pipeline.device import device_error_ev
from ionlake.pipeline.jobs import FinishedScan, GridPlace, ScanJob, StepFailure
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled

GPU = PotentialSettings(name="analytic", device="cuda")


@dataclass(frozen=True)
class OnDevice:
    """The analytic landscape on a device that is not there, with an error or no memory."""

    landscape: CosineLandscape
    device: str = "cuda"
    off_ev: float = 0.0
    full: bool = False

    @property
    def card(self):
        return self.landscape.card

    def energies(self, cell, numbers, positions):
        if self.full:
            raise DeviceMemoryError("the memory of the device does not hold 1 configuration")
        return self.landscape.energies(cell, numbers, positions) + self.off_ev


@pytest.fixture
def devices(monkeypatch):
    """Potentials of this process by device; the GPU is full."""
    found = {
        "cpu": CosineLandscape(),
        "cuda": OnDevice(CosineLandscape(), full=True),
    }
    monkeypatch.setattr(steps, "worker_potential", lambda settings: found[settings.device])
    monkeypatch.setattr(steps, "device_name", lambda potential: getattr(potential, "device", "cpu"))
    steps.worker_device_error_ev.cache_clear()
    yield found
    steps.worker_device_error_ev.cache_clear()


@pytest.fixture
def job():
    settings = ScanSettings(spacing_ang=1.0, symmetry="none")
    potential_id = CosineLandscape().card.potential_id
    return ScanJob("scan", load_bundled("LiF-225"), settings, GPU, potential_id, "run")


def scanned(job, folder):
    place = GridPlace(folder / "grid-0.zarr", "grid-0.zarr")
    return steps.attempt(steps.scan_step, job, place), folder


def test_a_scan_that_the_memory_does_not_hold_is_done_on_the_processor(devices, job, tmp_path):
    (done, _) = scanned(job, tmp_path)
    assert isinstance(done, FinishedScan), done
    assert (done.scan["device"], done.scan["device_error_ev"]) == ("cpu", None)
    (alone, _) = scanned(job.on_processor(), tmp_path)
    grids = [open_grid(tmp_path / each.scan["grid_path"]) for each in (done, alone)]
    np.testing.assert_array_equal(grids[0].energy, grids[1].energy)


def test_each_block_says_what_computed_it(devices, job, tmp_path):
    devices["cuda"] = replace(devices["cuda"], full=False)
    block = Block(0, 0, 2)
    on_gpu = steps.attempt(steps.block_step, job, block, tmp_path / "block-0.zarr")
    devices["cuda"] = replace(devices["cuda"], full=True)
    steps.release_evaluator()
    on_cpu = steps.attempt(steps.block_step, job, block, tmp_path / "block-0.zarr")
    assert (on_gpu.device, on_cpu.device) == ("cuda", "cpu")


def test_a_processor_without_memory_is_a_failure_of_the_material(devices, job, tmp_path):
    devices["cpu"] = replace(devices["cuda"], device="cpu")
    (failed, _) = scanned(job, tmp_path)
    assert isinstance(failed, StepFailure)
    assert failed.error == "DeviceMemoryError"


def test_the_error_of_a_device_is_stored_and_has_a_limit(devices, job, tmp_path):
    devices["cuda"] = OnDevice(CosineLandscape(), off_ev=2e-5)
    (done, _) = scanned(job, tmp_path)
    assert done.scan["device"] == "cuda"
    assert done.scan["device_error_ev"] == pytest.approx(2e-5, rel=1e-3)
    with pytest.raises(PotentialError, match=r"off by 2\.0e-04 eV from the processor"):
        device_error_ev(OnDevice(CosineLandscape(), off_ev=2e-4), "analytic")
    assert device_error_ev(CosineLandscape(), "analytic") is None
