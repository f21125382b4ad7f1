from datetime import UTC, datetime

import pytest

from tests.lake.fake_lake import (
    descriptor_row,
    identifier,
    ion_rows,
    material_row,
    put_material,
    put_scan,
    scan_row,
    structure_row,
)


def fill(writer, xis, **changes):
    for name, xi in xis.items():
        put_material(writer, name, f"s-{name}", has_transition_metal=name.startswith("tm"))
        scan = scan_row(f"s-{name}", **changes)
        descriptors = descriptor_row(scan["scan_id"], xi)
        writer.ledger.commit_scan(scan)
        writer.ledger.commit_descriptors(descriptors, ion_rows(descriptors))


def test_ranks_count_down_from_the_highest_xi(writer, rows):
    fill(writer, {"low": 0.1, "tm-high": 0.9, "mid": 0.5, "none": None, "tm-low": 0.2})
    ranked = rows("SELECT material_id, rank, rank_no_transition_metal FROM rankings")
    assert [tuple(row.values()) for row in ranked] == [
        ("tm-high", 1, None),
        ("mid", 2, 1),
        ("tm-low", 3, None),
        ("low", 4, 2),
        ("none", None, None),
    ]


def test_equal_xi_is_equal_rank(writer, rows):
    fill(writer, {"a": 0.5, "b": 0.5, "c": 0.1})
    assert [row["rank"] for row in rows("SELECT rank FROM rankings")] == [1, 1, 3]


@pytest.mark.parametrize(
    "other",
    [
        {"grid_protocol": "paper"},
        {"mobile_species": "Na"},
        {"potential": "other"},
        {"potential_id": "p-next"},
        {"scan_protocol": "empty_framework"},
        {"exclusion_radius_ang": 1.0},
        {"grid_spacing_ang": 0.5},
        {"symmetry_mode": "none"},
        {"accuracy": "capped"},
    ],
)
def test_what_does_not_compare_is_ranked_apart(writer, rows, other):
    fill(writer, {"a": 0.5, "b": 0.1})
    for name, xi in {"a": 0.4, "b": 0.9}.items():
        scan = scan_row(f"s-{name}", **other)
        scan["scan_id"] = identifier(name, other)
        descriptors = descriptor_row(scan["scan_id"], xi)
        writer.ledger.commit_scan(scan)
        writer.ledger.commit_descriptors(descriptors, ion_rows(descriptors))
    (column, value), *_ = other.items()
    first_pool = rows(
        f"SELECT material_id, rank FROM candidates WHERE {column} <> '{value}' ORDER BY rank"
    )
    second_pool = rows(
        f"SELECT material_id, rank FROM candidates WHERE {column} = '{value}' ORDER BY rank"
    )
    assert [tuple(row.values()) for row in first_pool] == [("a", 1), ("b", 2)]
    assert [tuple(row.values()) for row in second_pool] == [("b", 1), ("a", 2)]


def test_only_the_newest_scan_and_description_of_a_kind_are_current(writer, rows):
    fill(writer, {"a": 0.5})
    for version, xi in ((2, 0.6), (3, 0.7)):
        scan = scan_row("s-a", scan_version=version)
        scan["scan_id"] = f"v{version}"
        writer.ledger.commit_scan(scan)
        for described in (1, 2):
            row = descriptor_row(
                scan["scan_id"],
                xi + described / 100,
                descriptor_version=described,
                descriptor_id=identifier(version, described),
            )
            writer.ledger.commit_descriptors(row, ion_rows(row))
    assert [row["scan_id"] for row in rows("SELECT scan_id FROM grids")] == ["v3"]
    for view in ("descriptors", "rankings", "candidates"):
        assert [row["Xi"] for row in rows(f"SELECT Xi FROM {view}")] == [0.72]
    assert len(rows("SELECT * FROM scans")) == 3


def test_a_scan_without_descriptors_has_a_grid_and_no_rank(writer, rows):
    writer.ledger.put_materials([(material_row(), structure_row())])
    writer.ledger.commit_scan(scan_row())
    assert [row["descriptor_id"] for row in rows("SELECT descriptor_id FROM grids")] == [None]
    assert rows("SELECT * FROM candidates") == []


def test_the_old_structure_of_a_material_is_not_ranked(writer, rows):
    fill(writer, {"a": 0.5})
    put_material(writer, "a", "s-new")
    assert rows("SELECT * FROM candidates") == []
    assert len(rows("SELECT * FROM scans")) == 1


def test_one_crystal_under_two_names_is_two_materials(writer, rows):
    fill(writer, {"a": 0.5})
    put_material(writer, "twin", "s-a")
    ranked = rows("SELECT material_id, rank, Xi FROM candidates ORDER BY ALL")
    assert [tuple(row.values()) for row in ranked] == [("a", 1, 0.5), ("twin", 1, 0.5)]


def test_candidates_carry_chemistry_flags_and_provenance(writer, rows):
    near, far = structure_row("s-near"), structure_row("s-far")
    pairs = [(material_row(f"m-{s['structure_id']}", s["structure_id"]), s) for s in (near, far)]
    writer.ledger.put_materials(pairs)
    put_scan(writer, "s-near", xi=0.9)
    put_scan(writer, "s-far", xi=0.1, min_image_distance_ang=5.0)
    first, second = rows("SELECT * FROM candidates")
    assert (first["image_closer_than_5_ang"], second["image_closer_than_5_ang"]) == (True, False)
    assert first["any_minimum_far_from_site"] is True
    assert first["any_minimum_below_base"] is False
    assert first["percolation_barrier_3d_ev"] is None
    assert first["fv_0p5_connected_union"] == 0.125
    assert first["space_group_symbol"] == "Fm-3m"
    assert first["licence"] == "CC0-1.0"
    assert first["grid_protocol"] == "commensurate"


def put_images(writer, name, xi, distance, guard=None, **changes):
    """A scan in which images are so far apart, in a supercell if that was asked for."""
    if guard is not None:
        changes |= {
            "image_guard_ang": guard,
            "scan_protocol": f"frozen_framework_supercell-{guard}",
        }
    scan = scan_row(f"s-{name}", min_image_distance_ang=distance, **changes)
    scan["scan_id"] = identifier(name, distance, changes)
    put_material(writer, name, f"s-{name}", has_transition_metal=name.startswith("tm"))
    descriptors = descriptor_row(scan["scan_id"], xi)
    writer.ledger.commit_scan(scan)
    writer.ledger.commit_descriptors(descriptors, ion_rows(descriptors))


def test_a_small_cell_is_ranked_by_its_supercell_beside_large_cells_as_they_are(writer, rows):
    put_images(writer, "small", 0.9, 3.0)
    put_images(writer, "small", 0.2, 6.0, guard=6)
    put_images(writer, "large", 0.5, 6.0)
    put_images(writer, "left out", 0.8, 5.9)
    put_images(writer, "tm", 0.7, 9.0)
    put_images(writer, "other grid", 0.6, 5.0, grid_protocol="paper")
    put_images(writer, "too small", 0.6, 4.9, grid_protocol="paper")
    found = rows(
        "SELECT material_id, Xi, rank, rank_no_transition_metal, scan_protocol,"
        " safe_image_distance_ang FROM rankings_image_safe WHERE grid_protocol = 'commensurate'"
    )
    assert [tuple(row.values()) for row in found] == [
        ("tm", 0.7, 1, None, "frozen_framework", 6.0),
        ("large", 0.5, 2, 1, "frozen_framework", 6.0),
        ("small", 0.2, 3, 2, "frozen_framework_supercell-6", 6.0),
    ]
    paper = rows("SELECT * FROM rankings_image_safe WHERE grid_protocol = 'paper'")
    assert [(row["material_id"], row["safe_image_distance_ang"]) for row in paper] == [
        ("other grid", 5.0)
    ]


def test_two_distances_are_two_lists_and_supercells_a_pool_of_their_own(writer, rows):
    put_images(writer, "a", 0.9, 3.0)
    put_images(writer, "a", 0.4, 6.0, guard=5)
    put_images(writer, "a", 0.3, 9.0, guard=8)
    put_images(writer, "b", 0.5, 6.0)
    safe = rows("SELECT safe_image_distance_ang, material_id, Xi, rank FROM rankings_image_safe")
    assert [tuple(row.values()) for row in safe] == [
        (5.0, "b", 0.5, 1),
        (5.0, "a", 0.4, 2),
        (8.0, "a", 0.3, 1),
    ]
    assert [row["rank"] for row in rows("SELECT rank FROM rankings WHERE material_id = 'a'")] == [
        *(1, 1, 1)
    ]
    flags = rows("SELECT min_image_distance_ang, image_closer_than_5_ang FROM candidates")
    assert [tuple(row.values()) for row in flags] == [
        *((3.0, True), (6.0, False), (6.0, False), (9.0, False))
    ]


def test_the_wide_view_has_every_descriptor_under_its_own_name(writer, rows):
    fill(writer, {"a": 0.5})
    (row,) = rows("SELECT * FROM descriptors")
    assert row["material_id"] == "a"
    names = (
        "Xi",
        "mpe",
        "mpe_robust_0p03",
        "fv_0p5_connected_union",
        "Wmasked1p5_fv_4p0_connected",
    )
    for name in names:
        assert row[name] is not None


def test_what_has_left_its_source_is_not_ranked_but_its_grids_stay(writer, rows):
    fill(writer, {"best": 0.9, "mid": 0.5})
    stone = {"source": "db", "structure_id": "s-best", "reason": "no longer offered", "run_id": "r"}
    writer.ledger.bury([stone | {"material_id": "best", "gone_at": datetime.now(UTC)}])
    for view in ("rankings", "candidates"):
        ranked = rows(f"SELECT material_id, rank FROM {view}")
        assert [tuple(row.values()) for row in ranked] == [("mid", 1)]
    assert {row["material_id"] for row in rows("SELECT material_id FROM grids")} == {"best", "mid"}
    assert rows("SELECT material_id FROM tombstones") == [{"material_id": "best"}]
