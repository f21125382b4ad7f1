"""The structure id names content: same crystal as given, same id; any change, another id."""

import hashlib
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ionlake.structures import StructureRecord
from ionlake.structures.sources import load_bundled

OCTANTS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) / 2.0


@st.composite
def crystals(draw) -> StructureRecord:
    """Triclinic cells with two to eight atoms, each near the corner of its own octant."""
    lengths = draw(st.lists(st.floats(4.0, 9.0), min_size=3, max_size=3))
    skew = draw(st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6))
    cell = np.diag(lengths)
    cell[~np.eye(3, dtype=bool)] = skew
    n_sites = draw(st.integers(2, 8))
    jitter = draw(st.lists(st.floats(-0.05, 0.05), min_size=3 * n_sites, max_size=3 * n_sites))
    numbers = draw(st.lists(st.sampled_from([3, 8, 9, 15, 26]), min_size=n_sites, max_size=n_sites))
    positions = OCTANTS[:n_sites] + np.reshape(jitter, (n_sites, 3))
    return StructureRecord(cell, np.array(numbers), positions)


def moved(record, site, axis, distance):
    positions = record.fractional_positions.copy()
    positions[site, axis] += distance
    return StructureRecord(record.cell, record.atomic_numbers, positions)


def reordered(record, order):
    return StructureRecord(
        record.cell, record.atomic_numbers[order], record.fractional_positions[order]
    )


@settings(max_examples=50, deadline=None)
@given(crystals())
def test_passing_through_other_libraries_keeps_the_id(record):
    assert StructureRecord.from_pymatgen(record.to_pymatgen()).structure_id == record.structure_id
    assert StructureRecord.from_ase(record.to_ase()).structure_id == record.structure_id


@settings(max_examples=50, deadline=None)
@given(crystals(), st.data())
def test_a_moved_atom_is_another_structure(record, data):
    site = data.draw(st.integers(0, record.n_sites - 1))
    axis = data.draw(st.integers(0, 2))
    distance = data.draw(st.sampled_from([1e-7, -1e-7, 1e-4, 1.0]))
    assert moved(record, site, axis, distance).structure_id != record.structure_id


@settings(max_examples=50, deadline=None)
@given(crystals(), st.data())
def test_another_order_of_the_atoms_is_another_structure(record, data):
    first = data.draw(st.integers(0, record.n_sites - 2))
    order = np.arange(record.n_sites)
    order[[first, first + 1]] = order[[first + 1, first]]
    assert reordered(record, order).structure_id != record.structure_id


@settings(max_examples=50, deadline=None)
@given(crystals(), st.integers(0, 2), st.integers(0, 2), st.sampled_from([1e-7, 1e-3]))
def test_another_cell_is_another_structure(record, row, column, change):
    cell = record.cell.copy()
    cell[row, column] += change
    other = StructureRecord(cell, record.atomic_numbers, record.fractional_positions)
    assert other.structure_id != record.structure_id


def test_exchanged_elements_are_another_structure():
    positions = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    one = StructureRecord(4 * np.eye(3), np.array([3, 9]), positions)
    other = StructureRecord(4 * np.eye(3), np.array([9, 3]), positions)
    assert one.structure_id != other.structure_id


def test_differences_below_the_resolution_do_not_count():
    record = load_bundled("LiFePO4-62")
    assert moved(record, 3, 1, 1e-12).structure_id == record.structure_id


def test_short_decimals_that_end_on_half_a_step_survive_a_lost_bit():
    half_steps = np.array([1.5e-8, 0.001953125, 0.123456785, 0.333333335, 2.000000005])
    for value in half_steps:
        record = StructureRecord(4 * np.eye(3), np.array([3]), np.array([[value, 0, 0]]))
        for direction in (-1.0, 2.0 * value + 1.0):
            nearby = np.nextafter(value, direction)
            other = StructureRecord(4 * np.eye(3), np.array([3]), np.array([[nearby, 0, 0]]))
            assert other.structure_id == record.structure_id


def test_negative_zero_is_zero():
    cell = 4 * np.eye(3)
    positive = StructureRecord(cell, np.array([3]), np.zeros((1, 3)))
    negative = StructureRecord(np.where(cell == 0, -0.0, cell), np.array([3]), -np.zeros((1, 3)))
    assert negative.structure_id == positive.structure_id


def test_the_id_is_the_hash_of_little_endian_integers():
    record = StructureRecord(
        np.array([[4.0, 0.0, 0.0], [0.5, 4.25, 0.0], [0.0, -0.75, 4.5]]),
        np.array([3, 9]),
        np.array([[0.0, 0.0, 0.0], [0.5, -0.25, 0.123456784]]),
    )
    cell = [400000000, 0, 0, 50000000, 425000000, 0, 0, -75000000, 450000000]
    positions = [0, 0, 0, 50000000, -25000000, 12345678]
    content = b"ionlake-structure-1\n" + struct.pack("<18q", 2, 3, 9, *cell, *positions)
    assert record.structure_id == hashlib.sha256(content).hexdigest()[:32]


def test_the_id_of_lithium_nitride_never_changes():
    assert load_bundled("Li3N-191").structure_id == "c66b7ff9d30e288bb5c32c66291908de"
