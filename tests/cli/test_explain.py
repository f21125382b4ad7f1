"""``ionlake explain`` on crystals in a known landscape."""

import json

import pytest

from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return make_lake(tmp_path_factory.mktemp("explain") / "lake").root


@pytest.mark.parametrize("descriptor", ["Xi", "mpe", "percolation_barrier_1d_ev", "cell_volume"])
def test_it_tells_the_number_first(command, lake, descriptor):
    status, out, _ = command("explain", "LiF-225", descriptor, "--lake", lake)
    assert status == 0
    assert out.startswith(f"LiF-225 (LiF): {descriptor} = ")
    assert "scan_id" in out
    assert "by a run that is not in the lake" in out


def test_json_holds_the_same(command, lake):
    _, out, _ = command("explain", "LiF-225", "percolation_barrier_1d_ev", "--lake", lake, "--json")
    found = json.loads(out)
    assert found["value"] == found["path"]["barrier_ev"]
    assert found["identities"]["structure_id"]
    assert found["how"]


def test_an_unknown_name_is_one_line(command, lake):
    status, out, err = command("explain", "LiF-225", "Chi", "--lake", lake)
    assert status == 2
    assert not out
    assert "expected one such as" in err
