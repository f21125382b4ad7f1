"""Paths in the lake: with the descriptors, or filled in later from the stored grids."""

import shutil

import pytest

import ionlake
from ionlake.lake import schema
from ionlake.lake.writer import open_writer
from ionlake.pipeline.trace import trace_lake
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("trace") / "lake").root


@pytest.fixture
def lake(made, tmp_path):
    return shutil.copytree(made, tmp_path / "lake")


def pathways(root):
    with ionlake.open_lake(root) as opened:
        return opened.arrow("SELECT * FROM pathways ORDER BY ALL").to_pylist()


def forget_paths(root):
    """As an ionlake without paths left the lake."""
    with open_writer(root) as writer:
        for descriptor_id in writer.ledger.finished_descriptors():
            writer.ledger.put_pathways(descriptor_id, [])
        assert writer.ledger.count(schema.PATHWAYS) == 0


def test_described_scans_have_the_paths_of_their_barriers(lake):
    with ionlake.open_lake(lake) as opened:
        rows = opened.arrow(
            "SELECT * FROM pathways JOIN descriptor_values USING (descriptor_id)"
        ).to_pylist()
        assert len(rows) == 6
        for row in rows:
            assert row["sets_material_value"]
            assert row["barrier_ev"] == row[f"percolation_barrier_{row['dimension']}d_ev"]
            assert max(row["energies_ev"]) == row["barrier_ev"]
            assert row["energies_ev"][row["bottleneck"]] == row["barrier_ev"]
            assert len(row["bottleneck_elements"]) == len(row["bottleneck_distances_ang"]) == 6


def test_points_are_those_of_the_path_on_demand(lake):
    with ionlake.open_lake(lake) as opened:
        points = opened.query(
            "FROM pathway_points WHERE material_id = 'LiF-225' AND dimension = 2 ORDER BY point"
        )
        path = opened.pathway("LiF-225", 2)
    assert (points.energy_ev.to_numpy() == path.energy_ev.values).all()
    assert (points[["a", "b", "c"]].to_numpy() == path.fractional.values).all()


def test_paths_are_filled_in_without_touching_descriptors(lake):
    before = pathways(lake)
    with ionlake.open_lake(lake) as opened:
        descriptors = opened.arrow("FROM descriptor_values")
    forget_paths(lake)
    assert trace_lake(lake).n_scans == 2
    assert pathways(lake) == before
    with ionlake.open_lake(lake) as opened:
        assert opened.arrow("FROM descriptor_values") == descriptors
        release = opened.release
    assert trace_lake(lake).n_scans == 0
    with ionlake.open_lake(lake) as opened:
        assert opened.release == release


def test_a_grid_that_is_lost_stops_no_other(lake):
    forget_paths(lake)
    shutil.rmtree(next((lake / "grids").glob("*/*.zarr")))
    found = trace_lake(lake)
    assert found.n_scans == 1
    assert len(found.unreadable) == 1
    assert len(pathways(lake)) == 3


def test_withdrawn_scans_take_their_paths_along(lake):
    with open_writer(lake) as writer:
        scan_id = min(writer.ledger.finished_scans())
        writer.ledger.withdraw(scan_id)
        assert writer.ledger.count(schema.PATHWAYS) == 3


def test_statistics_of_chunks_are_filled_in_too(lake):
    def chunks():
        with ionlake.open_lake(lake) as opened:
            return opened.query("FROM grid_chunks ORDER BY ALL")

    before = chunks()
    with open_writer(lake) as writer:
        for scan_id in writer.ledger.finished_scans():
            writer.ledger.put_grid_chunks(scan_id, [])
    found = trace_lake(lake)
    assert (found.n_scans, found.n_grids) == (0, 2)
    assert len(before) > 0
    assert chunks().equals(before)
