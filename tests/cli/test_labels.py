"""The commands about labels, as a user types them."""

import json
import shutil

import pytest

from ionlake.lake.layout import LakeLayout
from ionlake.lake.lock import writer_lock
from tests.labels.lakes import FEW, MADE, few_predictors, labelled_lake


@pytest.fixture(scope="module", autouse=True)
def _few():
    with few_predictors():
        yield


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return labelled_lake(tmp_path_factory.mktemp("labels-cli") / "lake").root


@pytest.fixture
def lake(published, tmp_path):
    return shutil.copytree(published, tmp_path / "lake")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "made.csv"
    path.write_text(MADE)
    return path


def test_import_match_and_list(command, lake, table):
    status, out, _ = command("labels", "list", "--lake", lake)
    assert (status, out) == (0, "no labels: import some with ionlake labels import FILE.csv\n")
    status, out, _ = command("labels", "import", table, "--lake", lake)
    assert (status, out.splitlines()) == (
        0,
        [
            "7 rows: 7 new, 0 corrected, 0 as before; 1 are upper bounds",
            "matched: 6 by material id; 1 belong to no material",
            "  made gone: no material has the composition Na3N",
            "release 2",
        ],
    )
    status, out, _ = command("labels", "match", "--lake", lake)
    assert (status, out.splitlines()[-1]) == (0, "nothing changed")
    status, out, _ = command("labels", "match", "--labels", "made", "--lake", lake, "--json")
    assert json.loads(out)["matched"] == {"material_id": 6}
    status, out, _ = command("labels", "list", "--lake", lake, "--json")
    (found,) = json.loads(out)
    assert (found["label_set"], found["rows"], found["upper_bounds"]) == ("made", 7, 1)
    assert (found["by_material_id"], found["unmatched"], found["described"]) == (6, 1, 4)
    assert "made" in command("labels", "list", "--lake", lake)[1]


def test_wrong_tables_and_absent_ones_have_their_exit_status(command, lake, table, tmp_path):
    table.write_text(MADE.replace("1e-6", "fast"))
    status, out, err = command("labels", "import", table, "--lake", lake)
    assert (status, out) == (2, "")
    assert err.startswith("ionlake: ")
    assert "line 3: conductivity is 'fast'" in err
    assert command("labels", "import", tmp_path / "no.csv", "--lake", lake)[0] == 5
    assert command("labels", "import-obelix", "--data", tmp_path, "--lake", lake)[0] == 5
    assert command("labels", "match", "--lake", lake)[0] == 1
    assert command("labels", "match", "--lake", tmp_path / "no")[0] == 1
    with writer_lock(LakeLayout(lake)):
        assert command("labels", "match", "--lake", lake)[0] == 4


def test_evaluate_shows_stores_draws_and_compares(command, lake, table, tmp_path):
    command("labels", "import", table, "--lake", lake)
    status, out, _ = command("evaluate", "--dry-run", "--resamples", 20, "--lake", lake)
    head, names, first, *_ = out.splitlines()
    assert status == 0
    assert head == "labels made, classes experiment; Li, toy, frozen_framework, commensurate, full"
    assert names.split()[:3] == ["descriptor", "rows", "conductors"]
    assert first.split()[:4] == ["Xi", "5", "2", "3"]
    assert "table evaluations" not in out

    figure = tmp_path / "scores.png"
    options = ("--resamples", 20, "--lake", lake)
    status, out, _ = command("evaluate", "--labels", "made", "--figure", figure, *options)
    assert (status, out.splitlines()[-1]) == (0, "table evaluations: in release 3")
    assert figure.read_bytes().startswith(b"\x89PNG")
    status, out, _ = command("evaluate", "--json", *options)
    found = json.loads(out)
    assert (status, found["release"], found["stored_in_release"]) == (0, 3, None)
    (trial,) = found["trials"]
    assert trial["descriptors"][0]["descriptor"] == "Xi"
    assert trial["descriptors"][0]["scores"][1]["interval"]["value"] == 1
    assert (
        len(command("evaluate", "--all", "--release", 3, *options)[1].splitlines()) == len(FEW) + 3
    )

    status, out, _ = command("evaluate", "--compare", 1, 3, *options)
    assert status == 0
    assert out.splitlines()[2].split()[:3] == ["Xi", "score", "5"]
    status, out, _ = command("evaluate", "--compare", "toy", "toy", *options, "--json")
    assert json.loads(out)["descriptors"][0]["metrics"][1]["difference"]["value"] == 0


def test_what_evaluate_cannot_do(command, lake, table, tmp_path):
    status, _, err = command("evaluate", "--lake", lake)
    assert status == 1
    assert "ionlake labels import FILE.csv" in err
    command("labels", "import", table, "--lake", lake)
    status, _, err = command("evaluate", "--compare", "toy", "x", "--lake", lake)
    assert (status, "there is no potential 'x'" in err) == (2, True)
    assert command("evaluate", "--compare", 1, 2, "--figure", "a.png", "--lake", lake)[0] == 2
    options = ("--resamples", 5, "--dry-run", "--lake", lake)
    assert command("evaluate", "--figure", tmp_path / "a.txt", *options)[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("labels",),
        ("labels", "import"),
        ("labels", "import-obelix"),
        ("labels", "match"),
        ("labels", "list"),
        ("evaluate",),
    ],
)
def test_help_has_examples(command, words):
    status, out, _ = command(*words, "--help")
    assert status == 0
    assert "Examples:" in out or words == ("labels",)
