"""What descriptors may depend on: the crystal, and for some of them the origin of the grid."""

import numpy as np
import pytest

from ionlake.descriptors import describe_all
from tests.reference.landscapes import TRICLINIC, rough, scan

SHAPE = (6, 5, 4)
SITES = np.array([[0.1, 0.4, 0.3], [0.7, 0.2, 0.8]])


@pytest.fixture(scope="module")
def energies():
    return np.array([rough(SHAPE, 11), rough(SHAPE, 12)])


@pytest.fixture(scope="module")
def original(energies):
    return describe_all(scan(energies, sites=SITES))


def assert_same(row, expected, keys):
    for key in keys:
        assert row[key] == pytest.approx(expected[key], rel=1e-12), key


@pytest.mark.parametrize("shift", [(1, 0, 0), (0, -2, 3), (4, 4, 1)])
def test_moving_the_origin_changes_only_the_connected_and_masked_unions(energies, original, shift):
    moved = np.roll(energies, shift, axis=(1, 2, 3))
    row, ions = describe_all(scan(moved, sites=SITES + np.array(shift) / SHAPE))
    masked = {key for key in row if "masked" in key and key.endswith("_union")}
    connected = {key for key in row if key.endswith("_connected_union")}
    free_to_change = masked | connected | {"Xi"}
    assert_same(row, original[0], row.keys() - free_to_change)
    for ion, before in zip(ions, original[1], strict=True):
        seeds = [(before[f"seed_{x}"] + d) % n for x, d, n in zip("abc", shift, SHAPE, strict=True)]
        assert [ion[f"seed_{x}"] for x in "abc"] == seeds
        assert_same(ion, before, [key for key in ion if not key.startswith("seed")])


@pytest.mark.parametrize("axes", [(1, 2, 0), (0, 2, 1), (2, 1, 0)])
def test_permuting_the_axes_changes_nothing(energies, original, axes):
    turned = energies.transpose(0, *(axis + 1 for axis in axes))
    row, _ = describe_all(scan(turned, TRICLINIC[list(axes)], SITES[:, list(axes)]))
    assert_same(row, original[0], row)


def test_a_mirror_image_is_described_alike(energies, original):
    row, ions = describe_all(scan(energies, TRICLINIC * [-1.0, 1.0, 1.0], SITES))
    assert_same(row, original[0], row)
    assert ions == original[1]


def test_a_rotated_cell_is_described_alike(energies, original):
    angle = 0.3
    rotation = np.array(
        [[np.cos(angle), np.sin(angle), 0.0], [-np.sin(angle), np.cos(angle), 0.0], [0, 0, 1.0]]
    )
    row, _ = describe_all(scan(energies, TRICLINIC @ rotation, SITES))
    assert_same(row, original[0], row)


def test_the_order_of_the_ions_changes_only_their_order(energies, original):
    row, ions = describe_all(scan(energies[::-1], sites=SITES[::-1]))
    assert_same(row, original[0], row)
    assert [ion["mpe"] for ion in ions] == [ion["mpe"] for ion in original[1]][::-1]
