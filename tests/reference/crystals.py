"""Crystals of many space groups for tests of symmetry."""

from functools import cache

import numpy as np
import spglib
from hypothesis import assume
from hypothesis import strategies as st

from ionlake.errors import StructureError
from ionlake.structures.record import StructureRecord

# P1, P2, Pc, P2_1/c, C2, P2_1 2_1 2_1, Pnma, P4_1, P-4 2_1 c, P3_1 2 1, R-3, P6_3, P2_1 3, Pa-3
SPACE_GROUPS = (1, 3, 7, 14, 5, 19, 62, 76, 114, 152, 148, 173, 198, 205)


@cache
def database_operations(number):
    """Rotations and translations of a space group in spglib's first setting of it."""
    hall = next(h for h in range(1, 531) if spglib.get_spacegroup_type(h).number == number)
    found = spglib.get_symmetry_from_database(hall)
    return found["rotations"], found["translations"]


def cell_of(number, a, b, c, skew):
    """A cell with the metric of the space group's crystal system; lengths in Å."""
    if number <= 2:
        return np.array([[a, 0, 0], [skew, b, 0], [-0.6 * skew, 0.4 * skew, c]])
    if number <= 15:
        return np.array([[a, 0, 0], [0, b, 0], [skew, 0, c]])
    if number <= 74:
        return np.diag([a, b, c])
    if number <= 142:
        return np.diag([a, a, c])
    if number <= 194:
        return np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    return np.diag([a, a, a])


def crystal(number, cell, seeds):
    """All images of the seed atoms, (atomic number, position) each, under the space group."""
    rotations, translations = database_operations(number)
    numbers, positions = [], []
    for atomic_number, position in seeds:
        orbit = np.mod(rotations @ np.array(position) + translations, 1.0)
        for index, image in enumerate(orbit):
            gap = orbit[:index] - image
            if not np.any(np.linalg.norm((gap - np.round(gap)) @ cell, axis=-1) < 1e-6):
                numbers.append(atomic_number)
                positions.append(image)
    return StructureRecord(cell, np.array(numbers), np.array(positions))


special = st.sampled_from([0.0, 0.25, 0.5, 0.75])
general = st.integers(1, 99).map(lambda i: i / 100)
positions = st.one_of(st.tuples(special, special, special), st.tuples(general, general, general))


@st.composite
def crystals(draw, groups=SPACE_GROUPS, most_atoms=24):
    """Crystals with lithium and one or two other species."""
    number = draw(st.sampled_from(groups))
    lengths = [draw(st.integers(30, 60)) / 10 for _ in range(3)]
    cell = cell_of(number, *lengths, skew=draw(st.integers(-15, 15)) / 10)
    framework = draw(st.lists(st.sampled_from([8, 17]), min_size=1, max_size=2))
    seeds = [(species, draw(positions)) for species in (3, *framework)]
    try:
        record = crystal(number, cell, seeds)
    except StructureError:
        assume(False)
    assume(record.n_sites <= most_atoms)
    return record
