"""Trajectories made elsewhere: read, unwrapped, or refused."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from ionlake.errors import SettingsError, SourceError, StructureError
from ionlake.transport.imports import read_frames, trajectory_from_frames, unwrap

TRICLINIC = np.array([[8.0, 0.0, 0.0], [3.0, 7.0, 0.0], [2.0, 3.0, 6.0]])


def frames(cell=TRICLINIC, n_frames=60, wrap=True, seed=0):
    """A walk of two Li among three Cl, as a program would write it, and where it really was."""
    random = np.random.default_rng(seed)
    steps = 0.4 * random.standard_normal((n_frames, 5, 3))
    steps[0] = 0
    positions = random.random((5, 3)) @ cell + steps.cumsum(axis=0)
    written = [Atoms("Li2Cl3", positions=each, cell=cell, pbc=True) for each in positions]
    if wrap:
        for each in written:
            each.wrap()
    return written, positions


def test_wrapping_is_undone_also_in_a_skewed_cell():
    written, positions = frames()
    found = unwrap(np.stack([each.positions for each in written]), TRICLINIC)
    assert np.ptp(positions, axis=0).max() > 4
    assert np.allclose(found - found[0], positions - positions[0])


@pytest.mark.parametrize("name", ["XDATCAR", "run.xyz", "run.traj"])
def test_files_give_the_trajectory_that_was_written(tmp_path, name):
    written, positions = frames()
    path = tmp_path / name
    kind = {"XDATCAR": "vasp-xdatcar", "run.xyz": "extxyz", "run.traj": "traj"}[name]
    write(path, written, format=kind)
    found = trajectory_from_frames(read_frames(path), "Li", 0.05, 900.0)
    assert found.mobile.tolist() == [True, True, False, False, False]
    moved = found.positions - found.positions[0]
    assert np.allclose(moved, positions - positions[0], atol=1e-3)
    assert found.length_ps == pytest.approx(59 * 0.05)


def test_what_is_no_trajectory_says_so(tmp_path):
    written, _ = frames()
    with pytest.raises(SourceError, match="cannot be read as a trajectory"):
        read_frames(tmp_path / "none.xyz")
    with pytest.raises(StructureError, match="1 frames"):
        trajectory_from_frames(written[:1], "Li", 0.05, 900.0)
    with pytest.raises(StructureError, match="0 mobile ions"):
        trajectory_from_frames(written, "Na", 0.05, 900.0)
    with pytest.raises(SettingsError, match="-1 K"):
        trajectory_from_frames(written, "Li", 0.05, -1)
    written[7].set_cell(1.1 * TRICLINIC)
    with pytest.raises(StructureError, match=r"frame 7 has another cell.*NVT"):
        trajectory_from_frames(written, "Li", 0.05, 900.0)
