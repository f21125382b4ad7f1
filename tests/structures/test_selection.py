"""Which materials a selection admits, and which selections hold which."""

import itertools

import pytest

from ionlake.errors import SourceError
from ionlake.structures.sources.selection import Properties, Selection


@pytest.mark.parametrize(
    ("selection", "elements", "n_sites", "admitted"),
    [
        (Selection("Li"), {"Li", "O"}, 3, True),
        (Selection("Na"), {"Li", "O"}, 3, False),
        (Selection("Li", elements=("P", "O")), {"Li", "O"}, 3, False),
        (Selection("Li", elements=("O",)), {"Li", "O", "P"}, 3, True),
        (Selection("Li", exclude_elements=("Co",)), {"Li", "Co"}, 3, False),
        (Selection("Li", chemical_systems=("Li-O",)), {"O", "Li"}, 3, True),
        (Selection("Li", chemical_systems=("Li-O",)), {"O", "Li", "P"}, 3, False),
        (Selection("Li", n_sites_max=3), {"Li"}, 3, True),
        (Selection("Li", n_sites_max=3), {"Li"}, 4, False),
    ],
)
def test_crystals(selection, elements, n_sites, admitted):
    assert selection.admits_crystal(elements, n_sites) is admitted


def test_bounds_belong_to_the_range():
    paper = Selection("Li", 0.5, 0.05)
    assert paper.admits_properties(Properties(0.5, 0.05))
    assert not paper.admits_properties(Properties(0.4999, 0.05))
    assert not paper.admits_properties(Properties(0.5, 0.0501))


def test_deprecated_materials_never_pass():
    assert not Selection("Li").admits_properties(Properties(deprecated=True))


def test_an_unknown_property_cannot_be_filtered():
    assert Selection("Li").admits_properties(Properties())
    with pytest.raises(SourceError, match="energy above hull is not given"):
        Selection("Li", 0.5, 0.05).admits_properties(Properties(1.0, None))


SELECTIONS = [
    Selection("Li", gap, hull, elements, exclude, systems, sites)
    for gap, hull, elements, exclude, systems, sites in itertools.product(
        (None, 0.5), (None, 0.05), ((), ("O",)), ((), ("Co",)), ((), ("Li-O",)), (None, 4)
    )
]
MATERIALS = [
    (Properties(gap, hull), elements, sites)
    for gap, hull, elements, sites in itertools.product(
        (0.1, 0.6), (0.01, 0.1), ({"Li"}, {"Li", "O"}, {"Li", "Co", "O"}), (3, 5)
    )
]


def test_a_selection_that_contains_another_admits_all_of_its_materials():
    admitted = {
        selection: {
            number
            for number, (properties, elements, sites) in enumerate(MATERIALS)
            if selection.admits_properties(properties) and selection.admits_crystal(elements, sites)
        }
        for selection in SELECTIONS
    }
    for outer, inner in itertools.product(SELECTIONS, repeat=2):
        if outer.contains(inner):
            assert admitted[inner] <= admitted[outer]
    assert all(Selection("Li").contains(each) and each.contains(each) for each in SELECTIONS)
    assert not Selection("Li", 0.5).contains(Selection("Li"))


def test_lists_of_ids_contain_only_themselves():
    some = Selection("Li", material_ids=("mp-1", "mp-2"))
    assert some.contains(Selection("Li", material_ids=("mp-2", "mp-1")))
    assert not Selection("Li").contains(some)
