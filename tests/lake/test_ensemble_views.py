"""Spread over several potentials, on invented rows against statistics worked out by hand."""

import math
import statistics
from datetime import UTC, datetime

import pytest

from ionlake.descriptors.keys import DESCRIPTOR_KEYS
from tests.lake.fake_lake import descriptor_row, identifier, ion_rows, put_material, scan_row

XIS = {
    "one": {"a": 0.9, "b": 0.5, "tm-c": 0.7, "d": 0.1},
    "two": {"a": 0.6, "b": 0.8, "tm-c": 0.7, "d": 0.2},
    "three": {"a": 0.5, "b": 0.9, "tm-c": 0.1, "e": 0.99},
}


def fill(writer, xis, **changes):
    """Scans of the materials a to e with potentials one, two, three."""
    for potential, of_materials in xis.items():
        for name, xi in of_materials.items():
            put_material(writer, name, f"s-{name}", has_transition_metal=name.startswith("tm"))
            scan = scan_row(f"s-{name}", potential=potential, **changes)
            scan["scan_id"] = identifier(name, potential, changes)
            barrier = None if xi is None or xi < 0.15 else 1.0 - xi
            row = descriptor_row(scan["scan_id"], xi, percolation_barrier_3d_ev=barrier)
            writer.ledger.commit_scan(scan)
            writer.ledger.commit_descriptors(row, ion_rows(row))


def intervals(rows, columns="rank_low, rank_median, rank_high"):
    found = rows(f"SELECT material_id, {columns} FROM ensemble_ranks ORDER BY material_id")
    return {row.pop("material_id"): tuple(row.values()) for row in found}


def test_every_potential_ranks_the_materials_that_all_of_them_have(writer, rows):
    fill(writer, XIS)
    # Places of a, b, tm-c: one 1 3 2, two 3 1 2, three 2 1 3; d and e do not count.
    assert intervals(rows) == {
        "a": (1, 2.0, 3),
        "b": (1, 1.0, 3),
        "tm-c": (2, 2.0, 3),
        "d": (None, None, None),
    }
    apart = intervals(rows, "rank_low_no_transition_metal, rank_high_no_transition_metal")
    assert apart == {"a": (1, 2), "b": (1, 2), "tm-c": (None, None), "d": (None, None)}
    counts = intervals(rows, "n_members, n_ranked")
    assert counts == {"a": (3, 3), "b": (3, 3), "tm-c": (3, 3), "d": (2, None)}


def test_the_spread_of_xi_stands_in_ranks_and_candidates(writer, rows):
    fill(writer, XIS)
    xis = [XIS[name]["a"] for name in XIS]
    expected = (statistics.mean(xis), statistics.stdev(xis), 0.5, 0.9)
    found = intervals(rows, "Xi_mean, Xi_std, Xi_min, Xi_max")["a"]
    assert found == pytest.approx(expected)
    wide = rows(
        "SELECT potential, rank, Xi_min, Xi_max, Xi_std, rank_low, rank_high, n_ensemble_members"
        " FROM candidates WHERE material_id = 'a' ORDER BY potential"
    )
    assert [row["rank"] for row in wide] == [1, 3, 3]
    for row in wide:
        assert (row["Xi_min"], row["Xi_max"], row["Xi_std"]) == pytest.approx((0.5, 0.9, found[1]))
        assert (row["rank_low"], row["rank_high"], row["n_ensemble_members"]) == (1, 3, 3)
    (alone,) = rows("SELECT * FROM candidates WHERE material_id = 'e'")
    names = ("Xi_min", "Xi_max", "Xi_std", "rank_low", "rank_high", "n_ensemble_members")
    assert [alone[name] for name in names] == [None] * 6


def test_every_numeric_descriptor_has_a_spread(writer, rows):
    fill(writer, XIS)
    found = rows("SELECT * FROM ensemble_descriptors WHERE material_id = 'a'")
    numeric = {key.name for key in DESCRIPTOR_KEYS if key.dtype == "DOUBLE"} - {"cell_volume"}
    assert {row["descriptor"] for row in found} == numeric
    (xi,) = (row for row in found if row["descriptor"] == "Xi")
    values = (xi["value_mean"], xi["value_min"], xi["value_max"])
    assert values == pytest.approx((2 / 3, 0.5, 0.9))
    assert math.isclose(xi["value_std"], statistics.stdev([0.9, 0.6, 0.5]))
    assert (xi["n_values"], xi["n_members"]) == (3, 3)


def test_a_barrier_that_some_potentials_do_not_find_counts_those_that_do(writer, rows):
    fill(writer, XIS)
    (row,) = rows(
        "SELECT n_values, n_members, value_std, value_max FROM ensemble_descriptors"
        " WHERE descriptor = 'percolation_barrier_3d_ev' AND material_id = 'd'"
    )
    assert tuple(row.values()) == (1, 2, None, 0.8)


def test_one_potential_is_no_ensemble(writer, rows):
    fill(writer, {"one": XIS["one"]})
    for name in ("ensemble_members", "ensemble_ranks", "ensemble_descriptors"):
        assert rows(f"SELECT * FROM {name}") == []


@pytest.mark.parametrize(
    "other",
    [
        {"grid_protocol": "paper"},
        {"mobile_species": "Na"},
        {"scan_protocol": "empty_framework"},
        {"exclusion_radius_ang": 1.0},
        {"grid_spacing_ang": 0.5},
        {"accuracy": "screen"},
    ],
)
def test_potentials_with_other_settings_are_no_ensemble(writer, rows, other):
    fill(writer, {"one": XIS["one"]})
    fill(writer, {"two": XIS["two"]}, **other)
    assert rows("SELECT * FROM ensemble_members") == []


def test_potentials_with_their_own_symmetry_modes_are_one_ensemble(writer, rows):
    fill(writer, {"one": {"a": 0.9, "b": 0.5}}, symmetry_mode="proper")
    fill(writer, {"two": {"a": 0.6, "b": 0.8}}, symmetry_mode="all")
    assert intervals(rows) == {"a": (1, 1.5, 2), "b": (1, 1.5, 2)}


def test_a_potential_with_several_symmetry_modes_is_one_member(writer, rows):
    fill(writer, XIS)
    fill(writer, {"one": {"a": 0.0}}, symmetry_mode="none")
    members = rows(
        "SELECT potential, symmetry_mode, n_materials, n_potentials FROM ensemble_members"
    )
    assert [tuple(row.values()) for row in members] == [
        ("one", "proper", 4, 3),
        ("three", "proper", 4, 3),
        ("two", "proper", 4, 3),
    ]
    assert intervals(rows)["a"] == (1, 2.0, 3)


def test_a_material_without_xi_or_gone_is_not_ranked(writer, rows):
    fill(writer, {"one": {"a": 0.9, "b": None, "d": 0.95}, "two": {"a": 0.8, "b": 0.9, "d": 0.9}})
    stone = {"source": "db", "structure_id": "s-d", "reason": "gone", "run_id": "r"}
    writer.ledger.bury([stone | {"material_id": "d", "gone_at": datetime.now(UTC)}])
    assert intervals(rows, "rank_low, rank_high, n_ranked") == {"a": (1, 1, 1)}
    assert rows("SELECT * FROM ensemble_descriptors WHERE material_id = 'd'") == []
