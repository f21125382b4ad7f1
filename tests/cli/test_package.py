"""``ionlake package`` on a small lake."""

import json

import pytest

from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("package") / "lake").root


def test_it_says_what_it_wrote_and_asks_for_names(command, lake, tmp_path):
    status, out, err = command("package", "--lake", lake, "-o", tmp_path / "set")
    assert status == 0
    assert out.endswith(f"tables in {tmp_path / 'set'}\n")
    assert "use --author" in err


def test_json_counts_rows(command, lake, tmp_path):
    options = ("--release", "1", "--grids", "--json", "-o", tmp_path / "set")
    _, out, _ = command("package", "--lake", lake, *options)
    found = json.loads(out)
    assert found["n_grids"] == found["tables"]["materials"] == 2
    assert command("package", "--lake", lake, *options)[0] == 2
