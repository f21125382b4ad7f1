"""``ionlake figure`` as a user types it."""

import pytest

from ionlake.lake.writer import open_writer
from tests.catalog.figures.lakes import CONDUCTOR, INSULATOR, lake_with_dynamics
from tests.labels.lakes import few_predictors
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return lake_with_dynamics(tmp_path_factory.mktemp("figure"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("bare") / "lake").root


@pytest.mark.parametrize(
    "words",
    [
        ("pathway", CONDUCTOR, "--threshold-ev", "0.4"),
        ("scores", "--resamples", "20"),
        ("arrhenius", CONDUCTOR, INSULATOR, "--sigma"),
        ("histogram",),
        ("rank", "--top", "2", "--pool", "no_transition_metal"),
    ],
    ids=lambda words: words[0],
)
def test_each_figure_has_a_name_by_default(command, lake, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    with few_predictors():
        status, output, _ = command("figure", *words, "--dpi", 40, "--lake", lake)
    assert (status, output) == (0, f"{words[0]}.png\n")
    assert (tmp_path / f"{words[0]}.png").read_bytes().startswith(b"\x89PNG")


def test_a_pathway_as_a_page(command, lake, tmp_path):
    path = tmp_path / "pathway.html"
    assert command("figure", "pathway", CONDUCTOR, "-o", path, "--lake", lake)[0] == 0
    assert "Plotly.newPlot" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rank", "-o", "rank.jpg"), "'rank.jpg'; expected a name that ends in .png, .svg"),
        (("rank", "--pool", "best"), "pool is 'best'; expected all or no_transition_metal"),
        (("rank", "--potential", "other"), "ranks no material like that: run a recipe"),
        (("pathway", "nothing"), "no material 'nothing' in release"),
        (("pathway", CONDUCTOR, "--threshold-ev", "-1"), "threshold is -1.0 eV; expected"),
        (("arrhenius", CONDUCTOR), "run ionlake md on it, or ionlake md import"),
        (("arrhenius", "nothing"), "no material 'nothing' in release"),
        (("histogram",), "selected as random and top: run ionlake md md_validation"),
        (("scores",), "has no labels: import some with ionlake labels import"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_missing_is_told_with_the_command_that_makes_it(command, bare, words, told):
    status, output, error = command("figure", *words, "--lake", bare)
    assert status
    assert not output
    assert told in error


def test_pools_that_do_not_compare_are_not_mixed(command, tmp_path):
    from ionlake.catalog.publish import publish
    from tests.lake.real_lake import put_crystal

    root = make_lake(tmp_path / "lake").root
    with open_writer(root) as writer:
        put_crystal(writer, "LiF-225", spacing_ang=0.5)
        publish(writer.layout, writer.ledger)
    status, _, error = command("figure", "rank", "--lake", root)
    assert status == 2
    assert "2 pools that do not compare" in error
