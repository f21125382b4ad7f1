"""SQL over grids: the same numbers as the grids hold, and no grid opened in vain."""

import numpy as np
import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import QueryError
from ionlake.lake import schema
from ionlake.lake.sql import grid_functions
from ionlake.lake.writer import open_writer
from ionlake.names import PointStatus
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.real_lake import make_lake, put_crystal

NAMES = ("LiF-225", "LiI-225", "Li2O-225")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("sql") / "lake", NAMES).root


@pytest.fixture
def lake(root):
    with ionlake.open_lake(root) as opened:
        yield opened


def test_pes_gives_every_point_of_the_grid(lake):
    grid = lake.grid("Li2O-225").load()
    points = lake.query("FROM pes('Li2O-225') ORDER BY mobile_ion, i_a, i_b, i_c")
    assert set(points.material_id) == {"Li2O-225"}
    np.testing.assert_array_equal(points.energy_ev, grid.energy.values.ravel())
    names = [PointStatus(value).name.lower() for value in grid.status.values.ravel()]
    assert points.status.tolist() == names
    ion, *indices = np.unravel_index(np.arange(grid.energy.size), grid.energy.shape)
    np.testing.assert_array_equal(points.mobile_ion, ion)
    np.testing.assert_array_equal(points[["i_a", "i_b", "i_c"]], np.transpose(indices))
    fractional = np.transpose(indices) / grid.energy.shape[1:]
    np.testing.assert_allclose(points[["a", "b", "c"]], fractional)
    cartesian = fractional @ np.array(grid.attrs["cell"])
    np.testing.assert_allclose(points[["x_ang", "y_ang", "z_ang"]], cartesian, atol=1e-12)


def test_level_map_gives_the_levels_beside_the_energies(lake):
    levels = lake.grid("Li2O-225").ionlake.levels().level
    points = lake.query("FROM level_map('Li2O-225') ORDER BY mobile_ion, i_a, i_b, i_c")
    np.testing.assert_array_equal(points.level_ev, levels.values.ravel())
    known = points.energy_ev.notna()
    assert (points.level_ev[known] >= points.energy_ev[known] - 1e-6).all()
    assert points.level_ev[~known].isna().all()


def test_free_volumes_are_those_of_the_descriptors(lake):
    frame = lake.query(
        "SELECT free_volume(material_id, 0.5) AS d, connected_free_volume(material_id, 0.5) AS c,"
        " fv_0p5_disconnected_union, fv_0p5_connected_union FROM candidates"
    )
    np.testing.assert_allclose(frame.d, frame.fv_0p5_disconnected_union)
    np.testing.assert_allclose(frame.c, frame.fv_0p5_connected_union)
    assert lake.query("SELECT free_volume('LiF-225', NULL) AS v").v.isna().all()


def test_pes_at_meets_the_points_and_is_null_next_to_excluded_ones(lake):
    frame = lake.query(
        "SELECT energy_ev, pes_at(material_id, mobile_ion, a + 2, b - 1, c) AS at"
        " FROM pes('LiI-225')"
    )
    np.testing.assert_array_equal(frame.energy_ev, frame["at"])
    (places,) = lake.arrow(
        "SELECT pes_at('LiI-225', 0, 0.01, 0.02, 0) AS near_the_site,"
        " pes_at('LiI-225', 0, 0.5, 0.5, 0.49) AS beside_iodine"
    ).to_pylist()
    assert 0 < places["near_the_site"] < 0.1
    assert places["beside_iodine"] is None
    assert lake.query("SELECT pes_at(NULL, 0, 0, 0, 0) AS v").v.isna().all()


def test_grid_stats_count_the_points(lake):
    (row,) = lake.arrow("FROM grid_stats('LiF-225')").to_pylist()
    grid = lake.grid("LiF-225").load()
    assert row["n_points"] == grid.energy.size
    assert row["n_excluded"] == int((grid.status == PointStatus.EXCLUDED).sum())
    assert row["n_evaluated"] + row["n_copied"] == int(grid.energy.notnull().sum())
    assert row["highest_energy_ev"] == float(grid.energy.max())


def test_conditions_on_the_material_are_applied_before_grids_are_opened(lake):
    """On whichever side of the join they stand."""
    for condition in ("c.material_id = 'LiF-225'", "p.material_id = 'LiF-225'", "c.mpe < 0.28"):
        with ionlake.open_lake(lake.path) as fresh:
            (n,) = fresh.query(
                "SELECT count(*) AS n FROM candidates c, pes(c.material_id, scan := c.scan_id) p"
                f" WHERE {condition} AND energy_ev < 0.1"
            ).n
            assert n > 0
            assert fresh.grids_opened == 1
            assert fresh.query("SELECT grids_opened() AS n").n.tolist() == [1]


def test_a_plan_alone_opens_nothing(lake):
    lake.query("EXPLAIN FROM pes('LiF-225')")
    assert lake.grids_opened == 0


def test_relations_join_in_any_order_of_nesting(lake):
    frame = lake.query(
        "SELECT c.material_id, (SELECT count(*) FROM pes(c.material_id)) AS n, s.n_points"
        " FROM candidates c, grid_stats(c.material_id) s WHERE mobile_ion = 0 ORDER BY ALL"
    )
    assert frame.material_id.tolist() == sorted(NAMES)
    assert (frame.n >= frame.n_points).all()


def test_only_grids_with_such_points_are_opened(lake):
    statement = "FROM sites_below(0.31, beyond_ang := 2.0)"
    found = lake.query(statement)
    may = lake.query(
        "SELECT DISTINCT material_id FROM grids JOIN grid_chunks USING (scan_id)"
        " WHERE lowest_beyond_2p0_ang_ev < 0.31"
    )
    assert set(found.material_id) == set(may.material_id) == {"LiI-225"}
    assert lake.grids_opened == len(may)
    everything = lake.query(
        "SELECT count(*) AS n FROM grids g, pes(g.material_id, scan := g.scan_id) p"
        " WHERE energy_ev < 0.31"
    )
    assert len(lake.query("FROM sites_below(0.31)")) == everything.n[0]
    assert (found.energy_ev < 0.31).all()
    assert (found.site_distance_ang > 2.0).all()


def test_grids_without_statistics_are_opened(tmp_path):
    layout = make_lake(tmp_path / "lake", ("LiF-225", "LiI-225"))
    with ionlake.open_lake(layout.root) as lake:
        before = lake.query("FROM sites_below(0.31, beyond_ang := 2.2) ORDER BY ALL")
        assert lake.grids_opened == 1
    with open_writer(layout.root) as writer:
        for scan in list(writer.ledger.rows(schema.SCANS)):
            writer.ledger.put_grid_chunks(scan["scan_id"], [])
        publish(layout, writer.ledger)
    with ionlake.open_lake(layout.root) as lake:
        after = lake.query("FROM sites_below(0.31, beyond_ang := 2.2) ORDER BY ALL")
        assert lake.grids_opened == 2
    assert after.equals(before)


def test_several_grids_of_a_material_are_told_apart_by_the_scan(tmp_path):
    layout = make_lake(tmp_path / "lake", ("LiF-225",))
    with open_writer(layout.root) as writer:
        put_crystal(writer, "LiF-225", spacing_ang=0.8)
        publish(layout, writer.ledger)
    with ionlake.open_lake(layout.root) as lake:
        with pytest.raises(QueryError, match="LiF-225 has 2 grids that fit"):
            lake.query("FROM pes('LiF-225')")
        counts = lake.query(
            "SELECT count(*) AS n FROM grids g, pes(g.material_id, scan := g.scan_id) p"
            " GROUP BY g.scan_id"
        )
        assert len(counts) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mp-1' OR '1'='1", "no material"),
        ("../../etc/passwd", "no material"),
        ("/etc/passwd", "no material"),
        ("LiF225", "did you mean LiF-225"),
    ],
)
def test_names_are_names_and_errors_are_one_line(lake, name, message):
    for statement in ("FROM pes(?)", "FROM grid_stats(?)", "SELECT free_volume(?, 0.5)"):
        with pytest.raises(QueryError, match=message) as raised:
            lake.query(statement, [name])
        assert "\n" not in str(raised.value)
        assert "UDF" not in str(raised.value)


def test_an_ion_that_is_not_there_is_an_error(lake):
    with pytest.raises(QueryError, match="LiF-225 has no mobile ion 7; expected 0 to 0"):
        lake.query("SELECT pes_at('LiF-225', 7, 0, 0, 0)")


def test_a_statement_cannot_bring_everything_into_memory(lake, monkeypatch):
    monkeypatch.setattr(grid_functions, "MOST_POINTS", 7)
    with pytest.raises(QueryError, match="more than 7 points at once: ask for fewer materials"):
        lake.query("SELECT max(energy_ev) FROM candidates c, pes(c.material_id)")


def test_older_releases_have_grids_and_no_statistics(tmp_path):
    """A release whose file lacks the table of chunks still answers."""
    import duckdb

    layout = make_lake(tmp_path / "lake", ("LiF-225",))
    with duckdb.connect(layout.release(1)) as connection:
        connection.execute("DROP TABLE grid_chunks")
    with ionlake.open_lake(layout.root) as lake:
        assert len(lake.query("FROM sites_below(0.1)")) > 0


def test_best_by_chemistry_has_the_best_of_each_system(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as writer:
        for name, system, xi in (("a", "Li-O", 0.5), ("b", "Li-O", 0.9), ("c", "F-Li", 0.1)):
            put_material(writer, name, f"s-{name}", chemical_system=system)
            put_scan(writer, f"s-{name}", xi=xi)
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(tmp_path / "lake") as lake:
        rows = lake.arrow("SELECT chemical_system, material_id, n_materials FROM best_by_chemistry")
        found = [tuple(row.values()) for row in rows.to_pylist()]
    assert found == [("Li-O", "b", 2), ("F-Li", "c", 1)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("by_chemical_system('F-Li')", {"LiF-225"}),
        ("by_chemical_system('Li - F')", {"LiF-225"}),
        ("by_chemical_system('Li')", set()),
        ("by_elements()", set(NAMES)),
        ("by_elements(all_of := ['Li', 'O'])", {"Li2O-225"}),
        ("by_elements(none_of := ['O', 'F'])", {"LiI-225"}),
        ("by_elements(within := ['Li', 'F', 'I', 'S'])", {"LiF-225", "LiI-225"}),
        ("by_elements(all_of := ['Li'], none_of := ['I'], within := ['Li', 'F'])", {"LiF-225"}),
        ("by_stability()", set()),
    ],
)
def test_macros_choose_by_chemistry(lake, statement, found):
    assert set(lake.query(f"FROM {statement}").material_id) == found


def test_stability_is_as_the_paper_selects_unless_told_otherwise(tmp_path):
    values = {"on": (0.0, 5.0), "above": (0.2, 5.0), "metal": (0.0, 0.1), "unknown": (None, 5.0)}
    with open_writer(tmp_path / "lake", create=True) as writer:
        for name, (hull, gap) in values.items():
            energies = {"energy_above_hull_ev_per_atom": hull, "band_gap_ev": gap}
            put_material(writer, name, f"s-{name}", **energies)
            put_scan(writer, f"s-{name}")
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(tmp_path / "lake") as lake:
        assert lake.query("FROM by_stability()").material_id.tolist() == ["on"]
        wide = lake.query("FROM by_stability(hull_ev_per_atom := 0.5, gap_ev := 0)")
        assert set(wide.material_id) == {"on", "above", "metal"}


def test_every_macro_says_what_it_gives_and_every_column_what_it_means(lake):
    macros = lake.query(
        "SELECT function_name, comment FROM duckdb_functions() WHERE database_name = 'memory'"
        " AND function_type LIKE '%macro' AND NOT starts_with(function_name, '_')"
    )
    assert len(macros) >= 10
    assert macros.comment.notna().all()
    columns = lake.query("SELECT comment FROM duckdb_columns() WHERE database_name = 'lake'")
    assert columns.comment.notna().all()
