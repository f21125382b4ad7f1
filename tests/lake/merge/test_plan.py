"""What a lake takes over from another, decided from keys alone."""

from dataclasses import replace

import pytest

from ionlake.descriptors.keys import DESCRIPTOR_VERSION
from ionlake.descriptors.pathways import PATHWAY_VERSION
from ionlake.lake.merge.holdings import (
    HeldDescription,
    HeldFailure,
    HeldMaterial,
    HeldScan,
    Holdings,
)
from ionlake.lake.merge.plan import MergeRefusedError, plan_merge, standing_failures
from ionlake.pes.identity import SCAN_VERSION

EMPTY = Holdings()


def holding(material="m", structure="s", run="run-1", **changes):
    """One material with its scan and descriptors."""
    scan = HeldScan(SCAN_VERSION, f"digest-{structure}", (structure, "Li"))
    described = HeldDescription(f"scan-{structure}", DESCRIPTOR_VERSION, PATHWAY_VERSION)
    return replace(
        Holdings(
            materials={material: HeldMaterial(structure, run)},
            structures={structure},
            scans={f"scan-{structure}": scan},
            descriptions={f"described-{structure}": described},
        ),
        **changes,
    )


def failing(**changes):
    values = {"material_id": "m", "structure_id": "s", "stage": "scan", "inputs_id": "scan-t"}
    return HeldFailure(**values | {"run_id": "run-1", "failed_at": "2026-01-01"} | changes)


def test_an_empty_lake_takes_over_all_and_then_nothing():
    plan = plan_merge(holding(), EMPTY)
    assert (plan.materials, plan.structures) == (("m",), ("s",))
    assert (plan.scans, plan.descriptions) == (("scan-s",), ("described-s",))
    again = plan_merge(holding(), holding())
    assert not any((again.materials, again.structures, again.scans, again.descriptions))


def test_descriptors_are_taken_for_a_scan_that_is_there_if_it_is_the_same_to_the_bit():
    bare = holding(descriptions={})
    assert plan_merge(holding(), bare).descriptions == ("described-s",)
    other = {"scan-s": HeldScan(SCAN_VERSION, "other bits", ("s", "Li"))}
    assert plan_merge(holding(), replace(bare, scans=other)).descriptions == ()


def test_the_later_row_of_a_material_counts():
    assert plan_merge(holding(run="run-2"), holding(run="run-1")).materials == ("m",)
    assert plan_merge(holding(run="run-1"), holding(run="run-2")).materials == ()


def test_one_name_for_two_crystals_is_refused():
    with pytest.raises(MergeRefusedError, match=r"^m have other structures there than here"):
        plan_merge(holding(structure="t", run="run-2"), holding())


def test_a_structure_that_is_known_to_have_changed_is_no_conflict():
    changed = holding(structure="t", former={"m": {"s"}})
    assert plan_merge(changed, holding()).materials == ("m",)
    back = plan_merge(holding(run="run-9"), changed)
    assert back.materials == ()
    assert back.scans == ("scan-s",)


def test_a_structure_that_went_to_and_fro_is_that_of_the_later_run():
    one = holding(structure="t", former={"m": {"s"}}, run="run-2")
    other = holding(structure="s", former={"m": {"t"}}, run="run-3")
    assert plan_merge(other, one).materials == ("m",)
    assert plan_merge(one, other).materials == ()


@pytest.mark.parametrize("gone_there", [True, False])
def test_nothing_is_taken_out_and_nothing_comes_back(gone_there):
    there, here = holding(run="run-2"), holding(run="run-1")
    buried = {"m": HeldMaterial("s", "run-2", gone=True)}
    if gone_there:
        there = replace(there, materials=buried)
    else:
        here = replace(here, materials=buried)
    assert plan_merge(there, here).materials == ()


def test_a_material_that_is_new_and_gone_comes_with_its_tombstone():
    gone = holding(materials={"m": HeldMaterial("s", "run-1", gone=True)})
    assert plan_merge(gone, EMPTY).buried == ("m",)
    assert plan_merge(holding(), EMPTY).buried == ()


def test_of_runs_that_both_have_none_waits_whose_recipe_has_been_run_again_in_either():
    there, here = holding(runs={"r1", "r2"}, waiting={"r2"}), holding(runs={"r1"}, waiting={"r1"})
    plan = plan_merge(there, here)
    assert (plan.waiting, plan.settled) == (("r2",), ("r1",))
    back = plan_merge(here, there)
    assert (back.waiting, back.settled) == ((), ())
    other = plan_merge(holding(runs={"r3"}, waiting={"r3"}), here)
    assert (other.waiting, other.settled) == (("r3",), ())


def with_scan_version(version):
    return holding(scans={"scan-s": HeldScan(version, "digest-s", ("s", "Li"))})


def with_description(**changes):
    described = HeldDescription("scan-s", DESCRIPTOR_VERSION, PATHWAY_VERSION)
    return holding(descriptions={"described-s": replace(described, **changes)})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (with_scan_version(SCAN_VERSION - 1), "its scans .* version 0 .* run ionlake update"),
        (with_scan_version(SCAN_VERSION + 1), f"version {SCAN_VERSION + 1} of their algorithm"),
        (with_description(version=0), "its descriptors .* run ionlake update"),
        (with_description(pathways=0), "its paths .* run ionlake trace"),
    ],
)
def test_results_of_other_versions_are_refused(source, words):
    with pytest.raises(MergeRefusedError, match=words):
        plan_merge(source, EMPTY)


def test_results_that_newer_ones_have_replaced_are_left_behind():
    grown = holding()
    old_scan = HeldScan(SCAN_VERSION - 1, "digest", ("s", "Li"))
    old_words = HeldDescription("scan-s", DESCRIPTOR_VERSION - 1)
    grown = replace(
        grown,
        scans={"old": old_scan, **grown.scans},
        descriptions={"old-words": old_words, **grown.descriptions},
    )
    plan = plan_merge(grown, EMPTY)
    assert (plan.scans, plan.descriptions) == (("scan-s",), ("described-s",))


@pytest.mark.parametrize(
    ("failure", "stands"),
    [
        (failing(), True),
        (failing(inputs_id="scan-s"), False),
        (failing(stage="describe", inputs_id="described-s"), False),
        (failing(structure_id="former"), False),
        (failing(stage="read", structure_id=None, inputs_id="words"), False),
        (failing(stage="read", structure_id=None, inputs_id="words", run_id="run-2"), True),
        (failing(material_id="other", stage="read", structure_id=None), True),
    ],
)
def test_a_failure_stands_unless_what_is_there_now_makes_it_obsolete(failure, stands):
    found = standing_failures(Holdings(failures={"f": failure}), holding())
    assert found == (["f"] if stands else [])


def test_of_two_attempts_at_the_same_the_later_one_counts():
    early, late = (Holdings(failures={"f": failing(failed_at=day)}) for day in ("1", "2"))
    assert standing_failures(late, early) == ["f"]
    assert standing_failures(early, late) == []
