from contextlib import closing
from datetime import UTC, datetime

import pytest

from ionlake.lake.comparison import Reason, compare_releases, material_change, rank_moves
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.release import publish_release
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import descriptor_row, ion_rows, material_row, put_material, put_scan


@pytest.fixture
def writer(tmp_path):
    """Release 1: mp-1 and mp-2, ranked 1 and 2."""
    with open_writer(tmp_path / "lake", create=True) as opened:
        for number, xi in ((1, 0.8), (2, 0.6)):
            put_material(opened, f"mp-{number}", f"s-{number}")
            put_scan(opened, f"s-{number}", xi=xi)
        publish_release(opened.layout, opened.ledger)
        yield opened


def compared(writer):
    """What the rows of the ledger change in release 1."""
    number = publish_release(writer.layout, writer.ledger).number
    with (
        closing(ReleaseReader.open(writer.layout, 1)) as before,
        closing(ReleaseReader.open(writer.layout, number)) as after,
    ):
        return compare_releases(before, after)


def moves(comparison):
    return {
        move.material_id: (
            (move.xi_before, move.xi_after),
            (move.rank_before, move.rank_after),
            move.reasons,
        )
        for move in comparison.moved
    }


def test_a_release_is_like_itself(writer):
    with closing(ReleaseReader.open(writer.layout, 1)) as release:
        same = compare_releases(release, release)
    assert (same.came, same.went, same.changed, same.moved) == ((), (), (), ())


def test_a_material_that_has_left_its_source_went(writer):
    words = {"source": "db", "structure_id": "s-1", "reason": "gone", "run_id": "r2"}
    writer.ledger.bury([{"material_id": "mp-1", "gone_at": datetime.now(UTC)} | words])
    found = compared(writer)
    assert (found.came, found.went) == ((), ("mp-1",))
    assert moves(found)["mp-2"] == ((0.6, 0.6), (2, 1), (Reason.OTHERS,))
    with closing(ReleaseReader.open(writer.layout, 2)) as release:
        assert compare_releases(release, release).went == ()


def test_a_new_material_moves_the_others(writer):
    put_material(writer, "mp-3", "s-3")
    put_scan(writer, "s-3", xi=0.7)
    found = compared(writer)
    assert (found.before, found.after) == (1, 2)
    assert (found.came, found.went, found.changed) == (("mp-3",), (), ())
    assert moves(found) == {
        "mp-2": ((0.6, 0.6), (2, 3), (Reason.OTHERS,)),
        "mp-3": ((None, 0.7), (None, 2), (Reason.NEW,)),
    }


def test_a_changed_structure_is_the_source_s_doing(writer):
    put_material(writer, "mp-1", "s-other")
    put_scan(writer, "s-other", xi=0.1)
    found = compared(writer)
    (change,) = found.changed
    assert change.structure
    assert change.changed["structure_id"] == ("s-1", "s-other")
    assert moves(found) == {
        "mp-1": ((0.8, 0.1), (1, 2), (Reason.STRUCTURE,)),
        "mp-2": ((0.6, 0.6), (2, 1), (Reason.OTHERS,)),
    }
    assert found.moved[0].details == {"structure_id": ("s-1", "s-other")}


def test_changed_properties_move_nothing(writer):
    put_material(writer, "mp-1", "s-1", band_gap_ev=1.5)
    found = compared(writer)
    (change,) = found.changed
    assert not change.structure
    assert change.changed == {"band_gap_ev": (5.0, 1.5)}
    assert found.moved == ()


def test_another_potential_is_the_model_s_doing(writer):
    put_scan(writer, "s-1", xi=0.5, potential="other", potential_id="p-other")
    found = compared(writer)
    assert moves(found) == {"mp-1": ((0.8, 0.5), (1, 1), (Reason.MODEL,))}
    assert found.moved[0].potential == "other"


def test_other_settings_are_named(writer):
    put_scan(writer, "s-1", xi=0.5, grid_protocol="paper")
    (move,) = compared(writer).moved
    assert move.reasons == (Reason.SETTINGS,)
    assert move.details == {"grid_protocol": ("commensurate", "paper")}


def test_a_newer_algorithm_is_named(writer):
    with closing(ReleaseReader.open(writer.layout, 1)) as release:
        (scan,) = release.rows("SELECT scan_id FROM scans WHERE structure_id = 's-1'")
    newer = descriptor_row(scan["scan_id"], 0.9, descriptor_id="newer", descriptor_version=2)
    writer.ledger.commit_descriptors(newer, ion_rows(newer))
    found = compared(writer)
    assert moves(found) == {"mp-1": ((0.8, 0.9), (1, 1), (Reason.ALGORITHM,))}
    assert found.moved[0].details == {"descriptor_version": (1, 2)}


def test_a_withdrawn_scan_is_named(writer):
    with closing(ReleaseReader.open(writer.layout, 1)) as release:
        (scan,) = release.rows("SELECT scan_id FROM scans WHERE structure_id = 's-1'")
    writer.ledger.withdraw(scan["scan_id"])
    assert moves(compared(writer))["mp-1"] == ((0.8, None), (1, None), (Reason.WITHDRAWN,))


def test_columns_of_one_release_only_do_not_count():
    before = material_row(run_id="one")
    after = material_row(run_id="two") | {"licence_url": "somewhere"}
    assert material_change(before, after).changed == {}


def test_rankings_of_an_older_ionlake_can_be_compared():
    before = {"material_id": "a", "formula": "X", "mobile_species": "Li", "Xi": 0.5, "rank": 1}
    before |= {"grid_protocol": "paper", "potential": "toy", "potential_id": "p"}
    (move,) = rank_moves([before], [before | {"accuracy": "full", "Xi": 0.6}])
    assert (move.reasons, move.details) == ((Reason.RECOMPUTED,), {})
    assert rank_moves([before], [before | {"accuracy": "full"}]) == ()
