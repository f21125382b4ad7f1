"""Space group, lattice and Wyckoff sites give the primitive cell that spglib finds."""

from fractions import Fraction

import numpy as np
import pytest
import spglib

from ionlake.errors import StructureError
from ionlake.structures.spacegroups import (
    PRIMITIVE_VECTORS,
    WyckoffSite,
    conventional_cell,
    orbit,
    primitive_cell,
    symmetry_operations,
)


def site(species, wyckoff, *position):
    return WyckoffSite(species, wyckoff, tuple(Fraction(value) for value in position))


@pytest.mark.parametrize(
    ("number", "lattice", "lengths", "angles"),
    [
        (14, {"a": 3, "b": 4, "c": 5, "beta": 100}, (3, 4, 5), (90, 100, 90)),
        (62, {"a": 3, "b": 4, "c": 5}, (3, 4, 5), (90, 90, 90)),
        (92, {"a": 3, "c": 5}, (3, 3, 5), (90, 90, 90)),
        (166, {"a": 3, "c": 5}, (3, 3, 5), (90, 90, 120)),
        (191, {"a": 3, "c": 5}, (3, 3, 5), (90, 90, 120)),
        (225, {"a": 3}, (3, 3, 3), (90, 90, 90)),
    ],
)
def test_conventional_cell_has_the_lattice_parameters(number, lattice, lengths, angles):
    cell = conventional_cell(number, lattice)
    np.testing.assert_allclose(np.linalg.norm(cell, axis=1), lengths)
    unit = cell / np.linalg.norm(cell, axis=1)[:, None]
    cosines = [unit[1] @ unit[2], unit[2] @ unit[0], unit[0] @ unit[1]]
    np.testing.assert_allclose(np.degrees(np.arccos(cosines)), angles)
    assert np.linalg.det(cell) > 0


def test_triclinic_groups_are_refused():
    with pytest.raises(StructureError, match="triclinic"):
        conventional_cell(2, {"a": 3, "b": 4, "c": 5})


@pytest.mark.parametrize(("number", "order"), [(14, 4), (62, 8), (166, 36), (191, 24), (225, 192)])
def test_operations_form_the_whole_group(number, order):
    operations = symmetry_operations(number)
    assert len(set(operations)) == order
    point = (Fraction(1, 7), Fraction(2, 11), Fraction(3, 13))
    images = {operation(point) for operation in operations}
    assert len(images) == order
    first = operations[-1]
    assert {operation(first(point)) for operation in operations} == images


def test_a_wrong_multiplicity_is_refused():
    with pytest.raises(StructureError, match="makes 4 atoms, expected 8"):
        orbit(site("F", "8c", "1/2", "1/2", "1/2"), 225)


@pytest.mark.parametrize("centring", PRIMITIVE_VECTORS)
def test_primitive_volumes(centring):
    vectors = np.array([[float(Fraction(v)) for v in row] for row in PRIMITIVE_VECTORS[centring]])
    points_per_cell = {"P": 1, "A": 2, "C": 2, "I": 2, "R": 3, "F": 4}[centring]
    assert np.linalg.det(vectors) == pytest.approx(1 / points_per_cell)


@pytest.mark.parametrize(
    ("number", "centring", "lattice"),
    [
        (19, "P", {"a": 5.0, "b": 6.0, "c": 7.0}),
        (9, "C", {"a": 9.0, "b": 6.0, "c": 7.0, "beta": 105.0}),
        (38, "A", {"a": 5.0, "b": 9.0, "c": 8.0}),
        (161, "R", {"a": 5.0, "c": 14.0}),
        (82, "I", {"a": 6.0, "c": 9.0}),
        (216, "F", {"a": 9.0}),
    ],
)
def test_general_positions_give_the_cell_that_spglib_finds(number, centring, lattice):
    multiplicity = len(symmetry_operations(number))
    lithium = site("Li", f"{multiplicity}z", "0.11", "0.23", "0.37")
    oxygen = site("O", f"{multiplicity}z", "0.31", "0.07", "0.16")
    cell, species, positions = primitive_cell(number, centring, lattice, [lithium, oxygen])
    points_per_cell = {"P": 1, "A": 2, "C": 2, "I": 2, "R": 3, "F": 4}[centring]
    assert species.count("Li") == species.count("O") == multiplicity / points_per_cell
    assert np.all((positions >= 0) & (positions < 1))
    crystal = (cell, positions, [3 if name == "Li" else 8 for name in species])
    assert spglib.get_symmetry_dataset(crystal, symprec=1e-9).number == number
    standard = spglib.standardize_cell(crystal, to_primitive=True, symprec=1e-6)
    np.testing.assert_allclose(standard[0], cell, atol=1e-9)
