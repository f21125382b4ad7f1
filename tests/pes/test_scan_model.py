"""Symmetry-reduced scans against full scans with the real model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.bundled import load_bundled

COARSE = ScanSettings(spacing_ang=0.5)


@pytest.fixture(scope="module")
def sevennet():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield load_potential("sevennet-0", device="cpu")
    torch.set_num_threads(threads)


@pytest.mark.model
@pytest.mark.parametrize("material", ["Li2O-225", "Li3N-191", "LiCoO2-166"])
def test_reduced_scans_equal_full_scans(material, sevennet):
    record = load_bundled(material)
    reduced = scan_structure(record, COARSE, sevennet)
    full = scan_structure(record, replace(COARSE, symmetry="none"), sevennet)
    total, expected = (
        each.energy.astype(float) + each.minimum_energy_ev for each in (reduced, full)
    )
    np.testing.assert_array_equal(np.isnan(total), np.isnan(expected))
    largest = float(np.abs(total - expected).max())
    symmetry, points = reduced.attrs["symmetry"], full.attrs["symmetry"]["points_evaluated"]
    evaluated = symmetry["points_evaluated"]
    print(f"{material}: {evaluated} of {points} points, off by {largest:.1e} eV")  # noqa: T201
    assert largest < 1e-4
    assert symmetry["mode"] == "proper"
    assert not symmetry["given_up"]
    for each in (reduced, full):
        verification = each.attrs["verification"]
        assert verification["evaluator"] == sevennet.scan_evaluator_name
        assert verification["reference"] == "sevennet-0 float64"
        assert 0 < verification["evaluator_error_ev"] < 1e-5
    assert symmetry["certificate_ev"] < 1e-4
    assert 5 * evaluated < points
    assert float(reduced.energy.max()) > 1.0
