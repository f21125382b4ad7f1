"""What waits in a lake, by its ledger alone."""

import pytest

from ionlake.lake import schema
from ionlake.lake.failures import Failure
from ionlake.lake.health import read_health
from ionlake.lake.ledger import Ledger
from tests.lake.fake_lake import (
    descriptor_row,
    ion_rows,
    material_row,
    scan_row,
    structure_row,
)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def plan(ledger, run_id, *to_do, recipe="mine", noted=True):
    """A run that finds these materials to do."""
    ledger.start_run(run_id, recipe, {}, {})
    ledger.note_plan(run_id, to_do=len(to_do), quarantined=0, gone=0)
    if noted:
        ledger.note_to_do(run_id, [(name, "p-toy", _descriptors(name)) for name in to_do])


def describe(ledger, name, run_id):
    scan = scan_row(f"s-{name}", run_id=run_id)
    ledger.put_materials([(material_row(name, f"s-{name}"), structure_row(f"s-{name}"))])
    ledger.commit_scan(scan)
    row = descriptor_row(scan["scan_id"], run_id=run_id)
    ledger.commit_descriptors(row, ion_rows(row))


def fail(ledger, name, run_id):
    failure = Failure(name, "scan", "GridError", "no", run_id, f"s-{name}", potential_id="p-toy")
    ledger.record_failure(failure)


def pending(ledger):
    return read_health(ledger, writing=False).pending


def _descriptors(name):
    return descriptor_row(scan_row(f"s-{name}")["scan_id"])["descriptor_id"]


@pytest.mark.parametrize("noted", [True, False])
def test_what_was_to_do_and_neither_was_done_nor_failed_waits(ledger, noted):
    plan(ledger, "r1", "a", "b", "c", noted=noted)
    assert pending(ledger) == 3
    describe(ledger, "a", "r1")
    fail(ledger, "b", "r1")
    assert pending(ledger) == 1
    plan(ledger, "r2", "b", "c", noted=noted)
    assert pending(ledger) == 2


def test_a_material_waits_once_for_all_recipes_that_want_the_same_of_it(ledger):
    plan(ledger, "r1", "a", "b")
    plan(ledger, "r2", "b", "c", recipe="other")
    assert pending(ledger) == 3
    plan(ledger, "r3")
    assert pending(ledger) == 2


def test_what_waits_in_merged_lakes_of_an_older_ionlake_is_not_known(ledger):
    plan(ledger, "r1", "a", noted=False)
    plan(ledger, "r2", recipe=schema.MERGE)
    assert pending(ledger) is None
    plan(ledger, "r3", "b")
    assert pending(ledger) == 1
