"""Runs with several potentials: what is computed, what fails, what is foreseen and explained."""

from dataclasses import dataclass, replace

import pytest

import ionlake
from ionlake.errors import SettingsError
from ionlake.lake.health import read_health
from ionlake.lake.ledger import Ledger
from ionlake.pipeline import steps
from ionlake.pipeline.decision import decide
from ionlake.pipeline.dry_run import dry_run
from ionlake.pipeline.known import Known
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.plan import Todo
from ionlake.pipeline.preview import preview
from ionlake.pipeline.recipe import Recipe, load_recipe, parse_recipe
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.run import make_methods, run_recipe
from ionlake.pipeline.why import explain
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.sources.interface import SourceEntry


@dataclass(frozen=True)
class Landscape(CosineLandscape):
    """A landscape with a name of its own."""

    name: str = ""
    elements: frozenset[int] | None = None

    @property
    def card(self):
        return replace(super().card, name=self.name, atomic_numbers=self.elements)


POTENTIALS = {
    "soft": Landscape(amplitudes_ev=(0.2, 0.2, 0.2), name="soft"),
    "firm": Landscape(amplitudes_ev=(0.4, 0.4, 0.4), name="firm"),
    "narrow": Landscape(name="narrow", elements=frozenset({3, 8, 17})),
    "soft-again": Landscape(amplitudes_ev=(0.2, 0.2, 0.2), name="soft"),
}


@pytest.fixture(autouse=True)
def potentials(monkeypatch):
    def load(name, **_settings):
        return POTENTIALS[name]

    monkeypatch.setattr("ionlake.pipeline.run.load_potential", load)
    monkeypatch.setattr(steps, "worker_potential", lambda settings: POTENTIALS[settings.name])


@pytest.fixture
def with_potentials(crystals, scheduler):
    def make(*names):
        which = {"potential": {"name": names[0]}} if len(names) == 1 else {"ensemble": [*names]}
        settings = {
            "name": "several",
            "source": {"kind": "files", "paths": [str(crystals)]},
            "scan": {"spacing_ang": 0.5},
            "cluster": scheduler,
        }
        return Recipe.model_validate(settings | which)

    return make


@pytest.fixture
def usable(crystals):
    """Only LiF, under two names, and Li3OCl."""
    for name in ("naf", "broken", "mixed"):
        (crystals / f"{name}.cif").unlink()


def asked(lake, sql):
    with ionlake.open_lake(lake) as opened:
        return opened.query(sql)


def spoil(monkeypatch, potential, formula):
    real = steps.scan_orbit

    def fragile(plan, orbit, used, progress=None):
        if (used.card.name, plan.structure.formula) == (potential, formula):
            raise ValueError("not this one")
        return real(plan, orbit, used, progress)

    monkeypatch.setattr(steps, "scan_orbit", fragile)
    return lambda: monkeypatch.setattr(steps, "scan_orbit", real)


def test_every_member_scans_every_material_into_one_release(with_potentials, lake):
    summary = run_recipe(with_potentials("soft", "firm"), lake)

    assert (summary.materials_computed, summary.release) == (6, 1)
    # What is wrong with a crystal itself is no failure of each potential.
    failed = asked(lake, "SELECT material_id FROM failures ORDER BY ALL").material_id
    assert failed.tolist() == ["broken", "mixed", "naf"]
    assert summary.materials_failed == 3
    scans = asked(lake, "SELECT potential, count(*) AS n FROM scans GROUP BY ALL ORDER BY ALL")
    assert scans.to_dict("list") == {"potential": ["firm", "soft"], "n": [2, 2]}
    found = asked(lake, "SELECT * FROM candidates WHERE material_id = 'lif'")
    assert set(found.n_ensemble_members) == {2}
    assert found.Xi.min() == found.Xi_min[0] < found.Xi_max[0] == found.Xi.max()


def test_a_new_member_alone_is_computed(with_potentials, lake, usable):
    run_recipe(with_potentials("soft"), lake)
    both = with_potentials("soft", "firm")

    foreseen = dry_run(both, lake, RunOptions())
    assert {each.potentials for each in foreseen.materials} == {("firm",)}
    assert foreseen.materials[0].reasons == ("firm: never scanned",)
    assert preview(both, lake, workers=1).total.to_do == 3
    stages = [
        (each.potential, each.stage, each.current) for each in explain("lif", lake, both).stages
    ]
    assert stages == [
        (None, "row", True),
        *(("soft", stage, True) for stage in ("scan", "descriptors")),
        *(("firm", stage, False) for stage in ("scan", "descriptors")),
    ]

    second = run_recipe(both, lake)
    assert (second.materials_computed, second.materials_reused) == (3, 3)
    assert all(each.current for each in explain("lif", lake).stages)
    third = run_recipe(with_potentials("firm", "soft"), lake)
    assert (third.energies_evaluated, third.materials_reused) == (0, 6)
    assert third.release == second.release


def test_one_member_fails_at_one_material(with_potentials, lake, usable, monkeypatch):
    recipe = with_potentials("soft", "firm")
    mend = spoil(monkeypatch, "firm", "LiF")

    first = run_recipe(recipe, lake)
    assert (first.materials_computed, first.materials_failed, first.materials_pending) == (4, 2, 0)
    failures = asked(lake, "SELECT material_id, potential, stage FROM failures ORDER BY ALL")
    assert [tuple(row) for row in failures.itertuples(index=False)] == [
        ("lif", "firm", "scan"),
        ("lif_again", "firm", "scan"),
    ]
    for _ in range(2):
        run_recipe(recipe, lake)
    waiting = run_recipe(recipe, lake)
    assert (waiting.materials_quarantined, waiting.materials_reused) == (2, 4)
    assert dry_run(recipe, lake, RunOptions()).quarantined == ("lif", "lif_again")
    mend()
    mended = run_recipe(recipe, lake, options=RunOptions(retry=True))
    assert (mended.materials_computed, mended.materials_reused) == (2, 4)
    assert asked(lake, "SELECT * FROM failures").empty


def test_a_member_that_does_not_know_an_element_fails_alone(with_potentials, lake, usable):
    summary = run_recipe(with_potentials("soft", "narrow"), lake)
    assert (summary.materials_computed, summary.materials_failed) == (4, 2)
    failures = asked(lake, "SELECT DISTINCT potential, stage, error FROM failures")
    assert failures.iloc[0].tolist() == ["narrow", "check", "PotentialError"]
    unfit = preview(with_potentials("soft", "narrow"), workers=1).unfit
    assert [(each.error, each.materials) for each in unfit] == [("PotentialError", 2)]


def test_a_run_that_is_cut_off_goes_on(with_potentials, lake, usable):
    class Impatient(Reporter):
        def material_done(self, name):
            raise KeyboardInterrupt

    recipe = with_potentials("soft", "firm")
    cut = run_recipe(recipe, lake, Impatient())
    assert cut.interrupted
    assert cut.materials_computed + cut.materials_pending == 6
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert read_health(ledger, writing=False).pending == cut.materials_pending
    rest = run_recipe(recipe, lake)
    assert rest.materials_computed == cut.materials_pending
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert read_health(ledger, writing=False).pending == 0


def test_progress_names_the_member(with_potentials, lake, usable):
    told = []

    class Listener(Reporter):
        def material_done(self, name):
            told.append(name)

    run_recipe(with_potentials("soft", "firm"), lake, Listener())
    assert sorted(told) == [
        "POSCAR_li3ocl with firm",
        "POSCAR_li3ocl with soft",
        "lif, lif_again with firm",
        "lif, lif_again with soft",
    ]


def test_tasks_of_one_structure_stand_together_and_a_limit_counts_structures(with_potentials):
    recipe = with_potentials("firm", "soft")
    names = ("LiCoO2-166", "LiF-225", "Li3N-191")
    entries = [SourceEntry(name, load_bundled(name)) for name in names]

    def chosen(limit=None):
        options = RunOptions(limit=limit)
        decision = decide("db", entries, Known(), recipe, make_methods(recipe), options)
        return [(task.material_ids[0], task.method.card.name) for task in decision.chosen]

    everything = chosen()
    assert [name for name, _ in everything[::2]] == [name for name, _ in everything[1::2]]
    assert [potential for _, potential in everything] == ["firm", "soft"] * 3
    assert chosen(limit=1) == everything[:2]


def test_a_forecast_adds_up_over_the_members(with_potentials):
    both = preview(with_potentials("soft", "firm"), workers=1)
    single = [preview(with_potentials(name), workers=1) for name in ("soft", "firm")]
    for name in ("to_do", "points", "storage_bytes", "core_hours"):
        parts = [getattr(each.total, name) for each in single]
        assert getattr(both.total, name) == pytest.approx(sum(parts))
    assert [each.potential for each in both.potentials] == ["soft", "firm"]
    assert sum(each.points for each in both.potentials) == both.total.points
    assert {each.todo for each in both.longest} == {Todo.SCAN.value}


def test_a_potential_that_is_named_twice_is_an_error(with_potentials, lake):
    with pytest.raises(SettingsError, match="has soft-again twice"):
        run_recipe(with_potentials("soft", "firm", "soft-again"), lake)
    assert not lake.exists()


def test_large_scans_use_their_own_potential(with_potentials, lake, usable, all_large):
    run_recipe(with_potentials("soft", "firm"), lake)
    barriers = asked(
        lake,
        "SELECT potential, mpe FROM candidates WHERE material_id = 'lif' ORDER BY potential",
    )
    assert barriers.mpe[0] == pytest.approx(2 * barriers.mpe[1], rel=1e-5)


def test_names_and_mappings_make_an_ensemble_that_a_run_stores():
    text = "name: x\nsource: {kind: bundled}\nensemble: [a, {name: b@PBE, dtype: float64}]"
    recipe = parse_recipe(text, "x")
    assert [(each.name, each.dtype) for each in recipe.potentials] == [
        ("a", "float32"),
        ("b@PBE", "float64"),
    ]
    assert Recipe.model_validate(recipe.stored()).potentials == recipe.potentials
    single = parse_recipe("name: x\nsource: {kind: bundled}", "x")
    assert "ensemble" not in single.stored()
    assert Recipe.model_validate(single.stored()).potentials == single.potentials


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("potential: {name: a}\nensemble: [a, b]", "x: potential and ensemble are both there"),
        ("ensemble: [a]", "x: ensemble has 1 potentials, expected at least 2"),
        ("ensemble: a", "x: ensemble: input should be a valid tuple, got 'a'"),
        ("ensemble: [a, {nome: b}]", r"unknown key ensemble.1.nome; did you mean name\?"),
        ("ensemble: [a, {name: b, device: tpu}]", "ensemble.1.device: .*tpu"),
    ],
)
def test_a_wrong_ensemble_is_told_in_one_line(lines, message):
    with pytest.raises(SettingsError, match=message):
        parse_recipe(f"name: x\nsource: {{kind: bundled}}\n{lines}", "x")


def test_checkpoints_of_an_ensemble_lie_beside_the_recipe(tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"weights")
    path = tmp_path / "recipe.yaml"
    path.write_text("name: x\nsource: {kind: bundled}\nensemble: [sevennet-0, mine.pth@PBE]\n")
    names = [each.name for each in load_recipe(path).potentials]
    assert names == ["sevennet-0", f"{tmp_path / 'mine.pth'}@PBE"]
