"""Shares of a recipe in lakes of their own, and the one lake they come to."""

import pytest

from ionlake.catalog.merge import merge
from ionlake.errors import SettingsError
from ionlake.lake import schema
from ionlake.lake.health import read_health
from ionlake.lake.ledger import Ledger
from ionlake.pipeline.dry_run import dry_run
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.preview import preview
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.shard import WHOLE, Shard
from tests.chaos.lakes import differences

THIRDS = [Shard(number, 3) for number in (1, 2, 3)]
NAMES = [f"mp-{number}" for number in range(3000)]


def test_every_material_is_in_one_share_and_shares_are_of_a_size():
    counts = [sum(shard.holds(name) for name in NAMES) for shard in THIRDS]
    assert sum(counts) == len(NAMES)
    assert min(counts) > 900
    assert all(WHOLE.holds(name) for name in NAMES)


def test_the_share_of_a_material_never_changes():
    """Lakes of shards that are submitted again would compute it twice."""
    assert [Shard.parse("2/3").holds(f"mp-{n}") for n in range(8)] == EXPECTED


EXPECTED = [True, False, False, False, False, True, False, True]


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/0", "a/b", "1/3/4"])
def test_shares_that_do_not_exist_are_refused(text):
    with pytest.raises(SettingsError, match="expected K/N"):
        Shard.parse(text)


@pytest.fixture
def parts(recipe, tmp_path):
    """Lakes of the three shares of a recipe."""
    lakes = [tmp_path / f"part-{shard.number}" for shard in THIRDS]
    for lake, shard in zip(lakes, THIRDS, strict=True):
        run_recipe(recipe, lake, options=RunOptions(shard=shard))
    return lakes


def test_the_union_of_shares_is_the_single_run_bit_by_bit(recipe, parts, lake, tmp_path):
    done = merge(parts, lake)
    run_recipe(recipe, tmp_path / "single")
    assert done.complete
    assert differences(lake, tmp_path / "single") == []
    assert [each.materials for each in done.taken].count(0) < 2
    again = run_recipe(recipe, lake)
    assert (again.materials_computed, again.energies_evaluated) == (0, 0)


def test_what_waits_in_the_shares_waits_in_their_union(recipe, lake, tmp_path):
    waiting = 0
    for shard in THIRDS:
        options = RunOptions(shard=shard, limit=0)
        done = run_recipe(recipe, tmp_path / f"part-{shard.number}", options=options)
        waiting += done.materials_pending
    merge([tmp_path / f"part-{shard.number}" for shard in THIRDS], lake)
    assert _pending(lake) == waiting == 3
    run_recipe(recipe, lake, options=RunOptions(limit=1))
    assert 0 < _pending(lake) < waiting


def _pending(lake):
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        return read_health(ledger, writing=False).pending


def test_a_share_of_a_plan_is_what_its_run_reads(recipe):
    shares = [preview(recipe, quick=True, shard=shard).materials_read for shard in THIRDS]
    assert sum(shares) == preview(recipe, quick=True).materials_read


def test_an_update_of_one_share_leaves_the_rest_of_a_lake_alone(recipe, lake, crystals):
    run_recipe(recipe, lake)
    for path in crystals.iterdir():
        path.unlink()
    (crystals / "none.cif").write_text("")
    options = RunOptions(mirror=True, shard=THIRDS[0])
    run_recipe(recipe, lake, options=options)
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        names = {row["material_id"] for row in ledger.rows(schema.MATERIALS)}
        gone = {row["material_id"] for row in ledger.rows(schema.TOMBSTONES)}
    assert gone == {name for name in names if THIRDS[0].holds(name)}
    assert names != gone != set()
    later = dry_run(recipe, lake, RunOptions(mirror=True))
    assert later.changes["gone"] == len(names - gone)
