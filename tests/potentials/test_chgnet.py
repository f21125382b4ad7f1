"""A second universal potential, where its package is installed."""

import numpy as np
import pytest

import ionlake
from ionlake.errors import MissingExtraError
from ionlake.potentials import chgnet
from ionlake.potentials.conformance import check_potential
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.bundled import load_bundled


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "chgnet", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[chgnet\]'"):
        load_potential("chgnet")


@pytest.fixture(scope="module")
def potential():
    pytest.importorskip("chgnet")
    return load_potential("chgnet", device="cpu")


@pytest.mark.model
def test_it_keeps_the_contract(potential, capsys):
    crystal = load_bundled("LiF-225")
    positions = crystal.fractional_positions @ crystal.cell
    found = check_potential(potential, crystal.cell, crystal.atomic_numbers, positions)
    assert max(found.values()) < 1e-4
    assert capsys.readouterr().out == ""


@pytest.mark.model
def test_a_scan_ranks_by_it(potential):
    grid = ionlake.scan(
        load_bundled("LiF-225"),
        potential=potential,
    )
    described = ionlake.describe(grid)
    assert 0.4 < described["mpe"] < 1.0  # SevenNet-0: 0.73 eV
    assert np.isfinite(described["Xi"])
    assert grid.attrs["potential"]["name"] == "chgnet"
    assert grid.attrs["potential"]["checkpoint_sha256"] == potential.card.checkpoint_sha256


def test_its_checkpoints_have_names():
    assert set(chgnet.VERSIONS) == {"chgnet", "chgnet-r2scan"}
