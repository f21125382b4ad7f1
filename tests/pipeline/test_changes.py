"""The diff of a source and what a run decides from it, on invented rows and real crystals."""

from dataclasses import replace

import pytest

from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.changes import Change, Offer, compare, departed
from ionlake.pipeline.decision import decide
from ionlake.pipeline.failing import failure_of
from ionlake.pipeline.known import Known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Method
from ionlake.pipeline.promise import promise
from ionlake.pipeline.recipe import Recipe
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.sources.interface import SourceEntry
from tests.lake.fake_lake import material_row

MIRROR = RunOptions(mirror=True)


def known_of(*rows, buried=(), **recipes):
    names = [row["material_id"] for row in rows]
    return Known(
        materials={row["material_id"]: row for row in rows},
        tombstones={name: {} for name in buried},
        recipes={name: set(recipes.get(name, ["mine"])) for name in names if name not in buried},
    )


def changes(offer, known):
    return {each.material_id: (each.kind, each.reason) for each in compare(offer, known, "mine")}


def offer_of(*rows, **others):
    return Offer("db", {row["material_id"]: row for row in rows}, **others)


def test_each_material_is_one_kind_of_change():
    old = [material_row(name) for name in ("same", "priced", "moved", "lost", "back", "odd")]
    now = [
        material_row("same", run_id="later", database_version="2", source_updated_at="today"),
        material_row("priced", band_gap_ev=4.0, energy_above_hull_ev_per_atom=0.01),
        material_row("moved", structure_id="s-other", band_gap_ev=1.0),
        material_row("back"),
        material_row("fresh"),
    ]
    found = changes(offer_of(*now, unreadable=["odd"]), known_of(*old, buried=["back"]))
    assert found == {
        "same": (Change.UNCHANGED, ""),
        "priced": (
            Change.PROPERTIES,
            "band_gap_ev: 5.0 → 4.0; energy_above_hull_ev_per_atom: none → 0.01",
        ),
        "moved": (Change.STRUCTURE, "structure_id: s-Li2O → s-other"),
        "back": (Change.RETURNED, "offered again"),
        "fresh": (Change.NEW, "not in the lake yet"),
        "lost": (Change.GONE, "no longer offered by db"),
    }


def test_what_another_recipe_offers_is_not_gone():
    rows = material_row("shared"), material_row("theirs")
    known = known_of(*rows, shared=["mine", "other"], theirs=["other"])
    assert changes(offer_of(), known) == {}
    assert departed(offer_of(), known, "mine") == {"shared"}


def test_deprecated_materials_are_gone_once_and_new_ones_never_come():
    known = known_of(material_row("old"), material_row("dead"), buried=["dead"])
    found = changes(offer_of(deprecated=["old", "dead", "unknown"]), known)
    assert found == {"old": (Change.GONE, "deprecated by db")}


@pytest.fixture
def recipe():
    return Recipe.model_validate(
        {"name": "mine", "source": {"kind": "bundled"}, "potential": {"name": "analytic"}}
    )


@pytest.fixture
def decided(recipe):
    method = Method.resolve(recipe.scan, CosineLandscape().card, "batched-1")

    def decision(entries, known=None, options=MIRROR, recipe=recipe):
        return decide("db", entries, known or Known(), recipe, [method], options)

    return decision


def names(pairs):
    return {material_id for material_id, _ in pairs}


def entry(name):
    return SourceEntry(name, load_bundled(name))


def test_a_run_that_does_not_mirror_takes_nothing_out(decided):
    known = known_of(material_row("lost"))
    assert decided([], known).counts["gone"] == 1
    adding = decided([], known, RunOptions())
    assert adding.counts["gone"] == 0
    assert adding.departed == frozenset()


def test_deprecated_entries_are_neither_computed_nor_failures(decided):
    entries = [replace(entry("LiF-225"), deprecated=True), entry("LiI-225")]
    decision = decided(entries)
    assert [task.material_ids for task in decision.tasks] == [("LiI-225",)]
    assert decision.failures == ()


def test_a_limit_takes_what_is_promising_for_its_cost_first(decided):
    entries = [entry(name) for name in ("LiCoO2-166", "LiF-225", "Li3N-191")]
    everything = decided(entries)
    costs = [task.seconds / promise(task.structure, "Li") for task in everything.chosen]
    assert costs == sorted(costs)
    two = decided(entries, options=RunOptions(limit=2))
    assert two.chosen == everything.chosen[:2]
    assert names(two.to_do) == {"LiCoO2-166", "LiF-225", "Li3N-191"}


def failed(decision, attempts):
    """What the lake knows after the first material of a decision has failed so often."""
    task = decision.chosen[0]
    method = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")
    failure = failure_of(method, "run", task.material_ids[0], "scan", "E", "no", task.structure)
    row = failure.row(None, 3) | {"attempts": attempts}
    return failure, Known(failures={failure.failure_id: row})


def test_a_material_that_failed_often_waits_until_somebody_asks(decided, recipe):
    entries = [entry("LiF-225"), entry("LiI-225")]
    first = decided(entries)
    failure, twice = failed(first, 2)
    assert len(decided(entries, twice).chosen) == 2
    _, thrice = failed(first, 3)
    waiting = decided(entries, thrice)
    assert waiting.quarantined == ((failure.material_id, failure.potential_id),)
    assert names(waiting.to_do) == {"LiF-225", "LiI-225"} - {failure.material_id}
    assert len(waiting.chosen) == 1
    assert len(decided(entries, thrice, RunOptions(retry=True)).chosen) == 2
    (only,) = decided(entries, thrice, RunOptions(failed_only=True)).chosen
    assert only.material_ids == (failure.material_id,)
    patient = recipe.model_copy(update={"max_attempts": 5})
    assert len(decided(entries, thrice, recipe=patient).chosen) == 2


def test_other_inputs_are_another_chance(decided):
    entries = [entry("LiF-225")]
    failure, known = failed(decided(entries), 3)
    changed = {failure.failure_id: known.failures[failure.failure_id] | {"inputs_id": "old"}}
    assert len(decided(entries, Known(failures=changed)).chosen) == 1


def test_what_cannot_be_read_is_told_three_times(decided):
    broken = SourceEntry("bad", None, error="no cell: mend it", error_type="StructureError")
    (failure,) = decided([broken]).failures
    row = failure.row(None, 3) | {"attempts": 3}
    known = Known(failures={failure.failure_id: row})
    again = decided([broken], known)
    assert (again.failures, again.quarantined) == ((), (("bad", None),))
    other = replace(broken, error="no atoms: mend it")
    assert len(decided([other], known).failures) == 1
