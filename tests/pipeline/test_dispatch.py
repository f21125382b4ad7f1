"""The dispatcher with a client that computes nothing: how much is out, and in what order."""

import itertools
import random
from dataclasses import replace
from queue import Empty
from types import SimpleNamespace

import pytest
from distributed.scheduler import KilledWorker

from ionlake.errors import ClusterError, LakeError
from ionlake.lake.writer import open_writer
from ionlake.pes.scan import Verification
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline import dispatch
from ionlake.pipeline.blocks import BLOCK_SECONDS, GRANULE
from ionlake.pipeline.bundle import Bundle
from ionlake.pipeline.clock import Clock
from ionlake.pipeline.context import RunContext
from ionlake.pipeline.cost import CrystalCost
from ionlake.pipeline.dispatch import MOST_OUT, Dispatcher
from ionlake.pipeline.jobs import (
    FinishedDescription,
    FinishedScan,
    PlannedOrbit,
    PlannedScan,
    StagedBlock,
    StepFailure,
    VerifiedOrbit,
)
from ionlake.pipeline.plan import Method, Task, Todo
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.work import Outlook, Work
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled

COST = CrystalCost(0.01, 0.1, (0.1, 0.2), 400, 0.1, 0.5)
METHOD = Method.resolve(ScanSettings(), CosineLandscape().card, "batched-1")
ORBITS = (PlannedOrbit(0, 70_000), PlannedOrbit(3, 10_000))


class FakeFuture:
    def __init__(self, result):
        self._result = result

    def cancelled(self):
        return False

    def exception(self):
        return None

    def result(self):
        return self._result

    def add_done_callback(self, callback):
        self.callback = callback


class FakeClient:
    """Pretends to compute: whatever is out comes back in random order."""

    status = "running"
    cluster = None

    def __init__(self, workers, answer):
        self.workers, self.answer = workers, answer
        self.out, self.most, self.sent, self.cancelled = [], 0, [], []
        self._random = random.Random(0)

    def scheduler_info(self, n_workers):
        return {"workers": dict.fromkeys(range(self.workers))}

    def submit(self, _attempt, step, *args, **_options):
        self.sent.append((step.__name__, args))
        future = FakeFuture(self.answer(step.__name__, args))
        self.out.append(future)
        self.most = max(self.most, len(self.out))
        return future

    def cancel(self, futures):
        self.cancelled += futures
        self.out = [future for future in self.out if future not in futures]

    def get(self, timeout):
        """Stands in for the queue of futures that are done."""
        return self.out.pop(self._random.randrange(len(self.out)))

    def put(self, _future):
        raise AssertionError("the fake client finishes futures by itself")


@pytest.fixture
def run(tmp_path):
    potentials = {METHOD.card.potential_id: PotentialSettings(name="analytic")}
    with open_writer(tmp_path / "lake", create=True) as writer:
        yield RunContext("run", writer, potentials, Reporter())


@pytest.fixture(autouse=True)
def no_rows(monkeypatch):
    monkeypatch.setattr("ionlake.pipeline.bundle.commit", lambda *_args: None)
    monkeypatch.setattr("ionlake.pipeline.large.commit", lambda *_args: None)


def tasks_of(seconds):
    structure = load_bundled("LiF-225")
    return [
        Task((f"m{index}",), structure, f"s{index}", f"d{index}", Todo.SCAN, each, METHOD)
        for index, each in enumerate(seconds)
    ]


def answer(step, args):
    match step:
        case "bundle_step":
            return [FinishedScan({}, None, 10, 0.1) for _ in args[0]]
        case "plan_step":
            return PlannedScan(ORBITS, tuple(args[1]), COST, 0.1)
        case "block_step":
            return StagedBlock(
                args[1], args[2], COST.block_s(args[1].n_points), "cpu", args[1].n_points
            )
        case "verify_step":
            return VerifiedOrbit(args[1], Verification(n_energies=5), 0.1)
    return FinishedScan({}, None, 1, 0.5)


def dispatch_with(run, client, tasks):
    dispatcher = Dispatcher(client, run)
    dispatcher._back = client
    dispatcher.do(tasks, lambda: None)
    return dispatcher


def test_twenty_thousand_small_materials_never_flood_the_scheduler(run):
    client = FakeClient(4, answer)
    dispatcher = dispatch_with(run, client, tasks_of([0.1] * 20_000))
    assert len(run.committed) == 20_000
    assert client.most <= MOST_OUT * 4
    items = [args[0] for _, args in client.sent]
    assert sum(map(len, items)) == 20_000
    assert len(items) < 1000
    assert max(map(len, items)) > 50
    assert len(items[-1]) <= 6  # half a second of work at the end
    assert dispatcher.outlook.remaining_s == pytest.approx(0, abs=1e-6)


def test_large_scans_are_planned_cut_verified_and_finished(run):
    client = FakeClient(2, answer)
    dispatcher = dispatch_with(run, client, tasks_of([0.1] * 100 + [800.0] * 3))
    assert len(run.committed) == 103
    assert client.most <= MOST_OUT * 2
    sent = [name for name, _ in client.sent]
    assert sent.count("plan_step") == sent.count("finish_scan_step") == 3
    assert sent.count("verify_step") == 6
    blocks = [args[1] for name, args in client.sent if name == "block_step"]
    assert sum(block.n_points for block in blocks) == 3 * 80_000
    lengths = [COST.block_s(block.n_points) for block in blocks]
    assert max(lengths) <= BLOCK_SECONDS * 1.1 + COST.build_s
    assert min(block.n_points for block in blocks) >= GRANULE / 2
    assert dispatcher.outlook.remaining_s == pytest.approx(0, abs=1e-6)
    assert run.n_energies == 100 * 10 + 3 * (80_000 + 2 * 5 + 1)


def test_a_failing_block_calls_the_other_blocks_back_and_harms_no_other_scan(run):
    count = itertools.count()

    def failing(step, args):
        if step == "block_step" and args[0].scan_id == "s0" and next(count) == 4:
            return StepFailure("GridError", "no")
        return answer(step, args)

    client = FakeClient(2, failing)
    dispatcher = dispatch_with(run, client, tasks_of([800.0] * 3))
    assert [failure.material_id for failure in run.failures] == ["m0"]
    assert {task.scan_id for task in run.committed} == {"s1", "s2"}
    assert dispatcher.outlook.remaining_s == pytest.approx(0, abs=1e-6)


def test_a_copy_that_is_not_confirmed_in_a_bundle_is_scanned_alone_without_symmetry(run):
    def doubting(step, args):
        results = answer(step, args)
        if step == "bundle_step":
            results[0] = StepFailure("CertificateError", "no", certificate=True)
        return results

    client = FakeClient(2, doubting)
    dispatch_with(run, client, tasks_of([0.2, 0.1]))
    assert len(run.committed) == 2
    (job,) = {args[0] for name, args in client.sent if name == "plan_step"}
    assert not job.reduced


def test_a_bundle_whose_worker_dies_is_done_again_one_by_one(run):
    def deadly(step, args):
        ids = [item.job.scan_id for item in args[0]]
        return StepFailure("KilledWorker", "lost") if "s3" in ids else answer(step, args)

    client = FakeClient(1, deadly)
    dispatch_with(run, client, tasks_of([0.01] * 30))
    assert [failure.material_id for failure in run.failures] == ["m3"]
    assert len(run.committed) == 29


class LostFuture(FakeFuture):
    def exception(self):
        return KilledWorker("task", "worker", 3)


class DeadlyClient(FakeClient):
    """Loses the worker of the deadly scan, and whatever else is out at that moment."""

    def __init__(self, workers, deadly):
        super().__init__(workers, answer)
        self.deadly = deadly

    def get(self, timeout):
        ids = {id(future): future.ids for future in self.out}
        future = super().get(timeout)
        lost = any(self.deadly & found for found in ids.values())
        return _as(LostFuture, future) if lost else future

    def submit(self, _attempt, step, *args, **_options):
        future = super().submit(_attempt, step, *args)
        jobs = [item.job for item in args[0]] if step.__name__ == "bundle_step" else [args[0]]
        future.ids = {job.scan_id for job in jobs}
        return future


def test_only_what_was_alone_when_its_worker_was_lost_has_failed(run):
    client = DeadlyClient(2, {"s3"})
    dispatch_with(run, client, tasks_of([0.5] * 20 + [800.0]))
    assert [failure.material_id for failure in run.failures] == ["m3"]
    assert "this and nothing else" in run.failures[0].message
    assert len(run.committed) == 20


class SetClock(Clock):
    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def set(self, time):
        self.time = time


def test_when_the_time_is_over_what_is_out_is_taken_in_and_nothing_begun(run):
    clock = run.clock = SetClock()
    client = FakeClient(2, answer)
    dispatcher = Dispatcher(client, run)
    dispatcher._back = client
    done = dispatcher.do(tasks_of([4.0] * 40), lambda: clock.set(11.0), until=10.0)
    assert not done
    assert len(run.committed) == sum(len(args[0]) for _, args in client.sent)
    assert 0 < len(run.committed) < 40


def test_a_scheduler_that_vanishes_ends_the_run_by_name(run):
    class Vanished(FakeFuture):
        def cancelled(self):
            return True

    client = FakeClient(2, answer)
    submit = client.submit
    client.submit = lambda *args, **options: _as(Vanished, submit(*args, **options))
    with pytest.raises(ClusterError, match="went away in the middle"):
        dispatch_with(run, client, tasks_of([1.0] * 4))
    assert run.failures == []


def _as(kind, future):
    future.__class__ = kind
    return future


def test_a_run_whose_workers_never_come_back_ends(run):
    clock, asked = SetClock(), []
    run.clock = clock

    class Deserted(FakeClient):
        cluster = SimpleNamespace(worker_spec={0: None}, scale=asked.append)

        def get(self, timeout):
            clock.set(clock.time + timeout)
            self.workers = 0
            raise Empty

    with pytest.raises(ClusterError, match="all workers were lost"):
        dispatch_with(run, Deserted(1, answer), tasks_of([1.0]))
    assert clock.time == pytest.approx(dispatch.WITHOUT_WORKERS_S, abs=30)
    assert set(asked) == {1}


def test_a_disk_that_is_full_is_no_materials_fault(run):
    def full(step, args):
        return [StepFailure("LakeError", "no space", storage=True) for _ in args[0]]

    with pytest.raises(LakeError, match="make space"):
        dispatch_with(run, FakeClient(1, full), tasks_of([1.0] * 4))
    assert run.failures == []


def test_work_that_is_out_is_added_up_as_it_goes():
    outlook = Outlook(Reporter())
    out = [Work(None, None, (), 0.1), Work(None, None, (), 0.2, leads_to_s=3.0)]
    for work in out:
        outlook.sent(work)
    assert outlook.out_s == pytest.approx(0.3)
    assert outlook.ahead_s == pytest.approx(3.1)
    outlook.came_back(out[0])
    assert (outlook.out_s, outlook.ahead_s) == pytest.approx((0.2, 3.0))
    outlook.came_back(out[1])
    assert (outlook.out_s, outlook.ahead_s) == (0.0, 0.0)


def test_sizes_follow_the_measured_speed(run):
    """On workers ten times slower than predicted, bundles hold fewer materials."""

    def slow(step, args):
        return [replace(each, seconds=1.0) for each in answer(step, args)]

    at_speed, at_tenth = FakeClient(1, answer), FakeClient(1, slow)
    for client in (at_speed, at_tenth):
        dispatch_with(run, client, tasks_of([0.1] * 2000))
    assert len(at_tenth.sent) > 3 * len(at_speed.sent)


def test_a_large_grid_that_is_only_described_is_one_task(run, monkeypatch):
    monkeypatch.setattr(Bundle, "_item", lambda _self, task: task)

    def describe(_step, args):
        return [FinishedDescription(None, 0.1) for _ in args[0]]

    client = FakeClient(2, describe)
    tasks = [replace(task, todo=Todo.DESCRIBE) for task in tasks_of([1.0, 500.0])]
    dispatch_with(run, client, tasks)
    assert [name for name, _ in client.sent] == ["bundle_step"] * 2
    assert len(run.committed) == 2


def test_workers_are_counted_again(run, monkeypatch):
    monkeypatch.setattr(dispatch, "_COUNT_EVERY_S", -1.0)
    client = FakeClient(1, answer)
    dispatcher = Dispatcher(client, run)
    dispatcher._back = client
    dispatcher.do(tasks_of([0.1] * 10), lambda: setattr(client, "workers", 7))
    assert dispatcher.outlook.workers == 7
