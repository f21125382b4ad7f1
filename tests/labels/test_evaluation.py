"""Descriptors of a lake judged by its labels, from rows to the table evaluations."""

import shutil

import numpy as np
import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError, MissingExtraError, SettingsError
from ionlake.lake.writer import open_writer
from ionlake.pipeline.comparison import compare_sides
from ionlake.pipeline.evaluation import Draws, evaluate_lake, evaluate_release
from ionlake.pipeline.labels import import_csv
from ionlake.ranking.evaluate import METRICS
from tests.labels.lakes import FEW, MADE, describe, few_predictors, grow, labelled_lake

DRAWS = Draws(20, 1)


@pytest.fixture(scope="module", autouse=True)
def _few():
    with few_predictors():
        yield


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    root = labelled_lake(folder / "lake").root
    (folder / "made.csv").write_text(MADE)
    import_csv(root, folder / "made.csv")
    return root


@pytest.fixture(scope="module")
def trial(published):
    (found,) = evaluate_release(published, draws=DRAWS).trials
    return found


@pytest.fixture
def lake(published, tmp_path):
    return shutil.copytree(published, tmp_path / "lake")


def ask(lake, sql, **which):
    with ionlake.open_lake(lake, **which) as opened:
        return [tuple(row.values()) for row in opened.arrow(sql).to_pylist()]


def verdict(trial, name):
    (found,) = [each for each in trial.verdicts if each.predictor.name == name]
    return found


def scores(trial, name):
    return {s.metric: s.interval.value for s in verdict(trial, name).evaluation.scores}


def test_room_temperature_rows_of_described_materials_are_judged(trial):
    """Not the row at 500 K, nor that of a material the lake lacks; LiI has two rows."""
    assert [row["row_key"] for row in trial.labelled.rows] == ["cl", "f", "i", "i2", "o"]
    assert trial.classified.weight.tolist() == [1, 1, 0.5, 0.5, 1]
    counts = verdict(trial, "Xi").evaluation.counts
    assert (counts.n_rows, counts.n_structures, counts.n_positive, counts.n_negative) == (
        *(5, 4, 2, 3),
    )


def test_each_descriptor_is_read_in_its_own_sense(trial):
    """All numbers grow with the conductivity: good for volumes and Ξ, bad for energies."""
    for name, auc in (("Xi", 1), ("fv_1p5_connected_union", 1), ("mpe", 0)):
        assert scores(trial, name)["roc_auc"] == auc, name
    assert scores(trial, "Xi")["spearman"] > 0.9 > -0.9 > scores(trial, "mpe")["spearman"]


def test_barriers_above_the_cap_are_the_worst_and_tied(trial):
    found = verdict(trial, "percolation_barrier_3d_ev")
    assert np.isinf(found.values).all()
    assert scores(trial, "percolation_barrier_3d_ev")["roc_auc"] == 0.5
    assert found.evaluation.counts.n_without_value == 0


def test_evaluations_are_stored_once_can_be_traced_and_follow_the_lake(lake, tmp_path):
    first = evaluate_lake(lake, draws=DRAWS)
    assert (first.release, first.stored) == (2, 3)
    assert evaluate_lake(lake, draws=DRAWS).stored is None
    n = len(FEW) * len(METRICS)
    assert ask(lake, "SELECT count(*), count(DISTINCT evaluation_id) FROM evaluations") == [(n, n)]
    (row,) = ask(
        lake,
        "SELECT label_set, classes, value, perfect_value, random_value, n_rows, potential,"
        " grid_protocol, descriptor_version, n_resamples, seed, release, threshold_ev"
        " FROM evaluations WHERE descriptor = 'Xi' AND metric = 'roc_auc'",
    )
    assert row == ("made", "experiment", 1, 1, 0.5, 5, "toy", "commensurate", 1, 20, 1, 2, None)
    thresholds = ask(lake, "SELECT DISTINCT threshold_ev FROM evaluations ORDER BY ALL")
    assert (0.5,) in thresholds
    assert len(thresholds) == 17

    _follow_the_lake(lake, tmp_path)


def _follow_the_lake(lake, tmp_path):
    """A further row changes the evaluations; the older release keeps its own."""
    more = tmp_path / "more.csv"
    more.write_text("label_set,material_id,sigma_s_cm\nmade,Li2O-225,1e-9\n")
    grow(lake)
    import_csv(lake, more)
    stored = evaluate_lake(lake, draws=DRAWS).stored
    sql = "SELECT n_rows, value FROM evaluations WHERE descriptor = 'Xi' AND metric = 'roc_auc'"
    assert ask(lake, sql) == [(6, 1.0)]
    assert ask(lake, sql, release=3) == [(5, 1.0)]
    with open_writer(lake) as writer:
        assert stored == 6
        assert writer.ledger.put_evaluations({"made"}, []) == len(FEW) * len(METRICS)


def test_a_lake_without_labels_or_without_labelled_scans_says_so(lake, tmp_path):
    with pytest.raises(LakeError, match="no labels of set 'x': its sets are made"):
        evaluate_release(lake, "x")
    with pytest.raises(LakeError, match="the lake has no labels: import some"):
        evaluate_release(lake, number=1)
    other = tmp_path / "other.csv"
    other.write_text("label_set,formula,sigma_s_cm\no,Na3N,1e-3\n")
    import_csv(lake, other)
    with pytest.raises(LakeError, match="no material that is described in release 3 has a label"):
        evaluate_release(lake, "o")


def test_computed_labels_have_both_definitions(lake, tmp_path):
    """LiF has only three temperatures, so no extrapolation; Li3OCl is a conductor twice."""
    path = tmp_path / "md.csv"
    path.write_text(
        "label_set,material_id,method,temperature_k,sigma_s_cm,sigma_err,sigma_300k,"
        "log10_sigma_300k_err,n_temperatures,chi2_ndof\n"
        "md,Li3OCl-221,aimd,1000,0.5,0.1,1e-2,0.1,4,1\n"
        "md,LiCl-225,aimd,1000,0.2,0.01,1e-4,0.1,4,2\n"
        "md,LiF-225,aimd,1000,0.001,0.0001,1e-1,0.1,3,1\n"
        "md,LiI-225,aimd,500,0.001,0.0001,,,,\n"
    )
    import_csv(lake, path)
    trials = evaluate_release(lake, "md", draws=DRAWS).trials
    found = {
        str(trial.labelled.definition): [
            (row["material_id"], bool(p), bool(n))
            for row, p, n in zip(
                trial.labelled.rows,
                trial.classified.positive,
                trial.classified.negative,
                strict=True,
            )
        ]
        for trial in trials
    }
    hot = [("Li3OCl-221", True, False), ("LiCl-225", True, False), ("LiF-225", False, True)]
    cold = [("Li3OCl-221", True, False), ("LiCl-225", False, False), ("LiF-225", False, True)]
    assert found == {"aimd_1000k": hot, "aimd_300k": cold}


def test_two_potentials_and_two_releases_are_compared_on_what_both_have(lake):
    with open_writer(lake) as writer:
        for name, xi in (("Li3OCl-221", 0.1), ("LiCl-225", 0.2), ("LiF-225", 0.8)):
            describe(writer, name, xi, potential="other")
        describe(writer, "LiI-225", 0.99)
        publish(writer.layout, writer.ledger)
    by_potential = compare_sides(lake, ("toy", "other"), draws=DRAWS)
    assert len(by_potential) == len(FEW)
    xi = by_potential[0]
    found = {each.metric: each for each in xi.differences}
    assert (xi.predictor.name, xi.counts.n_rows) == ("Xi", 3)
    assert (found["roc_auc"].first.value, found["roc_auc"].second.value) == (1, 0)
    assert found["roc_auc"].difference.value == -1
    assert "potential" not in xi.settings
    by_release = compare_sides(lake, ("2", "3"), "made", draws=DRAWS)
    found = {each.metric: each for each in by_release[0].differences}
    assert by_release[0].counts.n_rows == 5
    assert found["roc_auc"].first.value == 1 > found["roc_auc"].second.value


def test_sides_that_do_not_compare_say_why(lake):
    with pytest.raises(SettingsError, match=r"no potential 'm3gnet' .* expected two of toy"):
        compare_sides(lake, ("toy", "m3gnet"))
    with pytest.raises(LakeError, match="has no release 9: its releases are 1, 2"):
        compare_sides(lake, ("1", "9"))


def test_the_figure_shows_thresholds_single_scores_and_curves(trial, tmp_path, monkeypatch):
    from ionlake.catalog.figures.scores import save_scores, score_figure
    from ionlake.pipeline.score_panels import score_panel

    panel = score_panel(trial)
    assert len(panel.families["fv_connected_union"]) == 16
    assert len(panel.curves) == 5
    left, middle, right = score_figure([panel]).axes
    assert len(left.get_lines()) == len(panel.families) + 2
    assert len(middle.get_xticklabels()) == len(panel.single)
    assert {"Ξ", "percolation energy", "random guess"} <= {
        t.get_text() for t in right.get_legend().get_texts()
    }
    save_scores([panel], tmp_path / "scores.svg")
    assert "<svg" in (tmp_path / "scores.svg").read_text()
    with pytest.raises(SettingsError, match=r"figure is 'scores.txt'; .* ends in \.png"):
        save_scores([panel], tmp_path / "scores.txt")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[plots\]'"):
        score_figure([panel])
