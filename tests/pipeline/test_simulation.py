"""Runs in virtual time: the clock, the workers, what stands in for computing, and all together."""

import threading
import time
from queue import Empty, SimpleQueue
from types import SimpleNamespace

import numpy as np
import pytest

from ionlake.errors import SettingsError
from ionlake.lake import schema
from ionlake.lake.grids import open_grid
from ionlake.lake.ledger import Ledger
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.blocks import Block
from ionlake.pipeline.jobs import GridPlace, ScanItem, ScanJob
from ionlake.pipeline.plan import Method
from ionlake.pipeline.recipe import PotentialSettings, Recipe
from ionlake.pipeline.simulation import simulate as simulating
from ionlake.pipeline.simulation import virtual_workers
from ionlake.pipeline.simulation.grid_writing import GridWriting
from ionlake.pipeline.simulation.model import real_scan
from ionlake.pipeline.simulation.stand_in import StandIn
from ionlake.pipeline.simulation.virtual_clock import VirtualClock
from ionlake.pipeline.simulation.virtual_workers import VirtualWorkers
from ionlake.pipeline.steps import block_step, bundle_step, plan_step, scan_step, verify_step
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled

METHOD = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")
HOUR = 3600.0


def lasting(seconds):
    """A step that would take so long, as virtual workers get it."""
    return seconds


def workers_of(count, clock=None):
    clock = clock or VirtualClock()
    clock.events = VirtualWorkers(clock, count, lambda _step, args: (args[0], args[0]))
    return clock, clock.events


def send(workers, results, *durations, **options):
    for each in durations:
        workers.submit(None, lasting, each, **options).add_done_callback(results.put)


def test_waits_are_skipped_and_work_is_not():
    clock, workers = workers_of(1)
    results, began, real = SimpleQueue(), clock.now(), time.perf_counter()
    send(workers, results, 1000.0)
    time.sleep(0.05)
    assert clock.next_from(results, 1e9).result() == 1000.0
    assert clock.now() - began == pytest.approx(1000.0, abs=1.0)
    assert time.perf_counter() - real < 10.0
    with clock.standing_still():
        time.sleep(0.05)
    before = clock.now()
    time.sleep(0.05)
    assert clock.now() - before >= 0.05


def test_a_wait_that_brings_nothing_ends_when_it_should():
    clock, workers = workers_of(1)
    results, began = SimpleQueue(), clock.now()
    send(workers, results, 100.0)
    with pytest.raises(Empty):
        clock.next_from(results, 30.0)
    assert 30.0 <= clock.now() - began < 31.0
    clock.next_from(results, 100.0)
    assert clock.now() - began == pytest.approx(100.0, abs=1.0)


def test_time_is_not_skipped_while_a_thread_beside_the_run_is_at_work():
    clock, workers = workers_of(1)
    results, began, inside = SimpleQueue(), threading.Event(), threading.Event()

    def beside():
        with clock.at_work():
            inside.set()
            began.wait(5.0)
            time.sleep(0.2)

    thread = threading.Thread(target=beside)
    thread.start()
    inside.wait(5.0)
    send(workers, results, 1000.0)
    real = time.perf_counter()
    began.set()
    clock.next_from(results, 1e9)
    assert time.perf_counter() - real >= 0.15
    thread.join()
    assert len(clock.beside_s) == 1


def test_the_run_being_busy_does_not_stop_the_workers():
    """Results that are ready meanwhile are there at once; the free worker had gone on."""
    clock, workers = workers_of(1)
    results, began = SimpleQueue(), clock.now()
    send(workers, results, 0.05, 0.05)
    time.sleep(0.4)
    clock.next_from(results, 10.0)
    clock.next_from(results, 10.0)
    assert clock.now() - began < 0.6
    assert workers.record.compute_s == pytest.approx(0.1)


def test_free_workers_take_what_is_most_urgent():
    clock, workers = workers_of(1)
    results = SimpleQueue()
    send(workers, results, 10.0, 20.0)
    send(workers, results, 30.0, priority=1)
    order = [clock.next_from(results, 1e9).result() for _ in range(3)]
    assert order == [10.0, 30.0, 20.0]


def test_the_tail_is_what_follows_when_not_all_workers_have_work():
    clock, workers = workers_of(2)
    results, began = SimpleQueue(), clock.now()
    send(workers, results, 100.0, 40.0)
    for _ in range(2):
        clock.next_from(results, 1e9)
    record = workers.record
    assert record.ended_at - began == pytest.approx(100.0, abs=1.0)
    assert record.ended_at - record.full_until == pytest.approx(60.0, abs=1.0)
    assert record.idle_after_full_s == pytest.approx(60.0, abs=1.0)
    assert (record.tasks, record.compute_s) == (2, 140.0)


def test_where_there_was_never_enough_work_all_is_tail():
    clock, workers = workers_of(3)
    results, began = SimpleQueue(), clock.now()
    send(workers, results, 100.0)
    clock.next_from(results, 1e9)
    record = workers.record
    assert record.ended_at - record.full_until == pytest.approx(100.0, abs=1.0)
    assert record.full_until == pytest.approx(began, abs=1.0)
    assert record.idle_after_full_s == pytest.approx(200.0, abs=2.0)


def test_a_slow_scheduler_holds_its_workers_up(monkeypatch):
    monkeypatch.setattr(virtual_workers, "SCHEDULER_S", 1.0)
    clock, workers = workers_of(100)
    results, began = SimpleQueue(), clock.now()
    send(workers, results, *[5.0] * 100)
    for _ in range(100):
        clock.next_from(results, 1e9)
    assert clock.now() - began == pytest.approx(105.0, abs=2.0)


@pytest.fixture
def model(tmp_path):
    return real_scan(tmp_path)


@pytest.fixture
def stand_in(model):
    finished, grid = model
    methods = {METHOD.card.potential_id: METHOD}
    return StandIn(methods, finished, GridWriting(0.2, grid, every=1))


def job_of(name="LiCoO2-166", scan_id="0123456789abcdef"):
    settings = PotentialSettings(name="analytic", device="cpu")
    structure = load_bundled(name)
    return ScanJob(scan_id, structure, METHOD.settings, settings, METHOD.card.potential_id, "run")


def test_a_scan_has_one_fate_however_it_is_cut_up(stand_in, tmp_path):
    job, place = job_of(), GridPlace(tmp_path / "grid.zarr", "grids/grid.zarr")
    _, planned = stand_in(plan_step, (job, []))
    (orbit, *others) = planned.orbits
    seconds, block = stand_in(block_step, (job, Block(orbit.ion, 0, orbit.n_points), place.path))
    check_s, _ = stand_in(verify_step, (job, 0, [block]))
    whole_s, finished = stand_in(scan_step, (job, place))
    fate = stand_in._fate(job)
    parts = (len(others) + 1) * (seconds + check_s) + planned.seconds
    written = stand_in.writing.seconds
    assert whole_s == pytest.approx(parts + fate.cost.finish_s * fate.slowness + written, rel=1e-6)
    assert finished.scan["points_evaluated"] == sum(each.n_points for each in planned.orbits)


def test_fates_deviate_by_chance_that_can_be_repeated(stand_in):
    fates = [stand_in._fate(job_of(scan_id=f"{n:016x}")) for n in range(200)]
    slowness = np.log([each.slowness for each in fates])
    assert abs(slowness.mean()) < 0.05
    assert 0.23 < slowness.std() < 0.33
    again = stand_in._draw(job_of(scan_id=f"{7:016x}"))
    assert (again.points, again.slowness) == (fates[7].points, fates[7].slowness)


def test_rows_and_grids_are_as_large_as_real_ones(stand_in, tmp_path, monkeypatch):
    job, place = job_of("Li3N-191"), GridPlace(tmp_path / "grid.zarr", "grids/grid.zarr")
    kept = []
    monkeypatch.setattr("shutil.rmtree", lambda path: kept.append(open_grid(path).load()))
    (finished,) = stand_in(bundle_step, ([ScanItem(job, place)],))[1]
    (grid,) = kept
    rows = finished.described
    assert len(rows.mobile_ions) == len(rows.chunks) == 3 == grid.sizes["mobile_ion"]
    assert finished.scan["points_total"] == grid["energy"].size == stand_in.writing.points
    assert set(rows.descriptors) == set(schema.DESCRIPTOR_VALUES.column_names)
    assert stand_in.writing.written_bytes > 3 * grid["energy"].size
    assert stand_in.writing.all_bytes == stand_in.writing.written_bytes


def test_a_step_that_a_first_run_does_not_take_is_an_error(stand_in):
    with pytest.raises(NotImplementedError, match="empty lake"):
        stand_in(SimpleNamespace(__name__="describe_step"), ())


@pytest.fixture
def recipe():
    return Recipe.model_validate(
        {
            "name": "bundled",
            "source": {"kind": "bundled"},
            "potential": {"name": "analytic"},
            "cluster": {"kind": "local", "workers": 1},
        }
    )


def test_a_simulated_run_is_a_run(recipe, monkeypatch):
    looked_at = {}

    def look(stage, reporter, writing, started, lake):
        with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
            looked_at.update(scans=ledger.count(schema.SCANS), runs=list(ledger.rows(schema.RUNS)))
        return summary(stage, reporter, writing, started, lake)

    summary = simulating._summary
    monkeypatch.setattr(simulating, "_summary", look)
    found = simulating.simulate(recipe, 4, write_every=5)
    assert found.materials == looked_at["scans"] > 10
    assert looked_at["runs"][0]["status"] == "finished"
    assert 0 < found.grids_written < found.materials
    assert found.grids_gb > 0
    least = found.core_hours / 4
    assert least < found.wall_hours < least + (found.preparing_s + found.tail_s + 60.0) / HOUR
    assert found.busy_share == pytest.approx(
        found.core_hours * HOUR / (4 * (found.wall_hours * HOUR - found.preparing_s)), rel=0.2
    )


def test_more_workers_shorten_a_run_and_change_nothing_else(recipe):
    few, many = (simulating.simulate(recipe, count, write_every=0) for count in (1, 8))
    assert few.materials == many.materials
    assert few.grids_written == many.grids_written == 0
    assert few.grids_gb is None
    assert many.core_hours == pytest.approx(few.core_hours, rel=0.3)
    computing = [each.wall_hours - each.preparing_s / HOUR for each in (few, many)]
    assert computing[1] < computing[0]


def test_a_recipe_with_nothing_to_compute_is_an_error(tmp_path):
    load_bundled("MgO-225").to_pymatgen().to(filename=str(tmp_path / "MgO.cif"))
    settings = {
        "name": "empty",
        "source": {"kind": "files", "paths": [str(tmp_path)]},
        "potential": {"name": "analytic"},
    }
    with pytest.raises(SettingsError, match="of the recipe empty can be computed"):
        simulating.simulate(Recipe.model_validate(settings), 2)


def test_an_interrupted_simulation_ends_as_one(recipe, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(VirtualWorkers, "happen", interrupt)
    with pytest.raises(KeyboardInterrupt):
        simulating.simulate(recipe, 2)


def test_whoever_follows_is_told_what_is_done(recipe):
    told = []
    simulating.simulate(recipe, 3, progress=lambda *each: told.append(each))
    assert told[-1][0] == "3 workers"
    assert told[-1][1] == told[-1][2] == len(told)


def test_the_least_of_three_rates_is_the_bottleneck(recipe, monkeypatch):
    assert simulating.simulate(recipe, 1, write_every=0).bottleneck == "workers"
    monkeypatch.setattr(virtual_workers, "SCHEDULER_S", 2.0)
    found = simulating.simulate(recipe, 64, write_every=0)
    assert found.bottleneck == "scheduler"
    assert found.limits_per_min["scheduler"] == min(found.limits_per_min.values())


def test_the_busiest_span_is_found():
    assert simulating._most_within([0.0, 50.0, 59.0, 61.0, 200.0], 60.0) == 3
    assert simulating._most_within([], 60.0) == 0
