"""The shipped ensemble, on the smallest crystals and coarse grids."""

import pytest

import ionlake
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.recipe import ClusterSettings, load_recipe
from ionlake.pipeline.run import run_recipe


@pytest.mark.model
def test_three_packaged_potentials_differ_and_rank_the_same_crystals(tmp_path):
    shipped = load_recipe("ensemble")
    small = {
        "source": shipped.source.model_copy(update={"max_sites": 2}),
        "scan": ScanSettings(spacing_ang=0.8),
        "cluster": ClusterSettings(kind="local", workers=2),  # processes: see BUILDING
    }
    summary = run_recipe(shipped.model_copy(update=small), tmp_path / "lake")

    assert summary.materials_failed == 0
    assert summary.materials_computed == 3 * summary.materials_read
    with ionlake.open_lake(tmp_path / "lake") as lake:
        ranks = lake.query("FROM ensemble_ranks")
        rows = lake.query("SELECT potential, mpe FROM candidates WHERE material_id = 'LiF-225'")
    assert set(rows.potential) == {"sevennet-0", "7net-l3i5", "7net-mf-0@PBE"}
    assert rows.mpe.nunique() == 3
    assert set(ranks.n_members) == {3}
    assert set(ranks.n_ranked) == {summary.materials_read}
    assert (ranks.rank_low <= ranks.rank_high).all()
